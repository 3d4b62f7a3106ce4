"""Shown text has no piece of a secret and no control characters."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.text import printable, scrub

KEY = "cu_CanaryQ7zX9vKp2LmW4"
LETTERS = st.text("abcXYZ019_-/", max_size=30)


@pytest.mark.parametrize(
    ("text", "shown"), [(f"{KEY}{KEY}", "***"), (f"{KEY[:5]}", KEY[:5]), (f"{KEY[3:12]} and {KEY[-6:]}", "*** and ***")]
)
def test_each_piece_of_a_secret_is_replaced(text, shown):
    """Six characters in a row are enough to recognise a key; a short secret is hidden whole, an empty one nowhere."""
    assert scrub(text, [KEY]) == shown
    assert scrub("user:abc@host ab", ["abc", ""]) == "user:***@host ab"
    assert scrub("abcdefghijkl", ["abcdefgh", "efghijkl"]) == "***"
    assert scrub("https://user:p%40ss%2Fw%C3%B6rd@host", ["p@ss/wörd"]) == "https://user:***@host"


@given(secret=st.text("abcXYZ019_", min_size=6, max_size=20), before=LETTERS, after=LETTERS, data=st.data())
def test_no_piece_stays(secret, before, after, data):
    """For any text with any part of the secret in it, no six characters of the secret stay; other texts stay as they are."""
    start = data.draw(st.integers(0, len(secret)))
    found = scrub(before + secret[start:] + after + secret, [secret])
    assert not any(secret[i : i + 6] in found for i in range(len(secret) - 5))
    assert scrub(before, ["?" * 10]) == before


@given(st.text(st.characters()), st.integers(1, 50))
def test_nothing_that_a_terminal_obeys(text, limit):
    """For any text the result is one line of visible characters, no longer than the limit, and UTF-8 can hold it."""
    shown = printable(text, limit=limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(char)[0] == "C" for char in shown)
    assert len(shown.splitlines()) <= 1
    shown.encode()
