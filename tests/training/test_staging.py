from hypothesis import given
from hypothesis import strategies as st

from recsys.event import Event
from recsys.record import Micros
from training.staging import MEMORY_BYTES, Staging


def event(number: int, variant: str | None = None) -> Event:
    return Event(type="view", article_id=str(number), at=Micros(number), variant=variant)


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=8), st.data())
def test_groups_are_found_at_their_places_in_any_order(groups: list[list[int]], data: st.DataObject) -> None:
    with Staging(Event) as staged:
        places = [staged.add([event(number) for number in group]) for group in groups]
        order = data.draw(st.permutations(range(len(groups))))
        found = list(staged.read(places[index] for index in order))
    assert found == [[event(number) for number in groups[index]] for index in order]


def test_more_than_fits_into_memory_is_kept_too() -> None:
    group = [event(number, variant="x" * 500) for number in range(10_000)]
    with Staging(Event) as staged:
        places = [staged.add(group) for _ in range(MEMORY_BYTES // 5_000_000 + 2)]
        assert all(found == group for found in staged.read(places[::-6]))
