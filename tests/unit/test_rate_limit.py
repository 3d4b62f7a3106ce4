"""The account's rate limit: never more than allowed in any window, in the order of asking."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.api.rate_limit import RateLimit


def test_one_limit_for_each_account_and_server():
    """Clients of one account share it, others have their own."""
    account = str(uuid.uuid4())  # the limits live as long as the process, which may have run this test before
    one = RateLimit.shared("https://one.example.com", account)
    assert [one.turn(0) for _ in range(601)] == [0] * 600 + [pytest.approx(61, abs=5)]
    assert RateLimit.shared("https://one.example.com", account) is one
    assert RateLimit.shared("https://one.example.com", "b") is not one
    assert RateLimit.shared("https://two.example.com", account) is not one


@given(st.integers(1, 5), st.lists(st.tuples(st.floats(0, 20), st.floats(0, 30)), max_size=40))
def test_no_window_ever_holds_more(requests, asks):
    """For any requests at any times with any patience: no window of ten seconds holds more than allowed."""
    now = [1000.0]
    limit = RateLimit(requests, 10, monotonic=lambda: now[0])
    sent = []
    for pause, patience in asks:
        now[0] += pause
        wait = limit.turn(patience)
        if wait <= patience:
            sent.append(now[0] + wait)
    assert sent == sorted(sent)
    assert all(later - earlier >= 10 - 1e-6 for earlier, later in zip(sent, sent[requests:], strict=False))
