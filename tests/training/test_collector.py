"""The collector of garbage is as it was after what it was kept from."""

import gc

import pytest

from training.collector import collector_paused, records_set_aside


@pytest.mark.parametrize("enabled", [True, False])
def test_a_pause_ends_with_an_error_too_and_begins_nothing_that_was_off(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(ZeroDivisionError), collector_paused():
            _ = 1 // gc.isenabled()
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


def test_what_is_set_aside_comes_back() -> None:
    before = gc.get_freeze_count()
    with records_set_aside():
        assert gc.get_freeze_count() > before
    with pytest.raises(ZeroDivisionError), records_set_aside():
        _ = 1 // 0
    assert gc.get_freeze_count() == 0
