"""The account's budget: never more than allowed in any window, first come first served."""

from __future__ import annotations

import threading
import uuid

import pytest
from checkly_dynamic.api.transport.budget import Budget
from hypothesis import given, strategies as st


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        """Tell the time."""
        return self.now


def test_what_fits_waits_for_nothing():
    """The first 600 requests are sent at once, the next after a minute and a bit."""
    clock = Clock()
    budget = Budget(monotonic=clock)
    assert [budget.turn(999) for _ in range(600)] == [0] * 600
    assert budget.turn(999) == 61
    clock.now += 61
    assert budget.turn(999) == 0


def test_turns_are_taken_in_order():
    """Who waits keeps the turn: later ones come after it."""
    clock = Clock()
    budget = Budget(2, 10, monotonic=clock)
    waits = [budget.turn(999) for _ in range(6)]
    assert waits == [0, 0, 10, 10, 20, 20]


def test_a_turn_that_comes_too_late_is_not_taken():
    """Who cannot wait that long uses nothing up."""
    clock = Clock()
    budget = Budget(1, 10, monotonic=clock)
    assert budget.turn(0) == 0
    assert budget.turn(9.9) == 10
    assert budget.turn(10) == 10
    assert budget.turn(999) == 20


def test_one_budget_for_each_account_and_server():
    """Clients of one account share it, others have their own."""
    account = str(uuid.uuid4())  # the budgets live as long as the process, which may have run this test before
    one = Budget.shared("https://one.example.com", account)
    assert [one.turn(0) for _ in range(601)] == [0] * 600 + [pytest.approx(61, abs=5)]
    assert Budget.shared("https://one.example.com", account) is one
    assert Budget.shared("https://one.example.com", "b") is not one
    assert Budget.shared("https://two.example.com", account) is not one


@given(
    requests=st.integers(1, 5),
    asks=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 30)), max_size=40),
)
def test_no_window_ever_holds_more(requests, asks):
    """For any requests at any times with any patience: no window of ten seconds holds more than allowed."""
    clock = Clock()
    budget = Budget(requests, 10, monotonic=clock)
    sent = []
    for pause, patience in asks:
        clock.now += pause
        wait = budget.turn(patience)
        assert wait >= 0
        if wait <= patience:
            sent.append(clock.now + wait)
    assert sent == sorted(sent)
    assert all(later - earlier >= 10 - 1e-6 for earlier, later in zip(sent, sent[requests:], strict=False))


@pytest.mark.parametrize("threads", [8])
def test_threads_do_not_share_a_turn(threads):
    """Asked from many threads at once, each turn is given once."""
    budget = Budget(100, 50, monotonic=Clock())
    waits = []

    def ask():
        for _ in range(100):
            waits.append(budget.turn(10_000))  # noqa: PERF401 - the threads interleave on purpose

    workers = [threading.Thread(target=ask) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(waits) == [50 * (n // 100) for n in range(800)]
