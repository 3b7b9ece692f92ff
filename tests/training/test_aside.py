"""Calls on a second thread: one after the other, their results and their errors as if they were made here."""

import threading

import pytest

from training.aside import Aside


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_each_call_is_made_once_and_in_order(threads: int) -> None:
    made: list[int] = []

    def call(number: int) -> int:
        made.append(number)
        return number

    with Aside(threads=threads) as aside:
        results = [aside.begin(lambda number=number: call(number)) for number in range(3)]  # type: ignore[misc]
        assert [result() for result in results] == [0, 1, 2]
        assert [result() for result in results] == [0, 1, 2]
    assert made == [0, 1, 2]


def test_with_one_thread_all_happens_in_this_one() -> None:
    with Aside(threads=1) as aside:
        assert aside.begin(threading.get_ident)() == threading.get_ident()
    with Aside(threads=2) as aside:
        assert aside.begin(threading.get_ident)() != threading.get_ident()


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_is_raised_where_the_result_is_asked_for(threads: int) -> None:
    with Aside(threads=threads) as aside:
        result = aside.begin(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            result()


def test_what_waits_is_not_begun_when_the_first_thread_fails() -> None:
    made: list[str] = []
    started, go = threading.Event(), threading.Event()

    def first() -> None:
        started.set()
        go.wait()
        made.append("first")

    def fails() -> None:
        with Aside(threads=2) as aside:
            aside.begin(first)
            aside.begin(lambda: made.append("second"))
            started.wait()
            threading.Timer(0.05, go.set).start()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert made == ["first"]
