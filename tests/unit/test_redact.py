"""What is shown holds no piece of a secret and nothing that a terminal would obey."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.text import Secret, printable, scrub

KEY = "cu_CanaryQ7zX9vKp2LmW4"
LETTERS = st.text("abcXYZ019_-/", max_size=30)


class TestScrub:
    """Six characters in a row are enough to recognise a key, so no six stay."""

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("nothing here", "nothing here"),
            (f"key {KEY} sent", "key *** sent"),
            (f"{KEY}{KEY}", "***"),
            (f"{KEY[:6]}", "***"),
            (f"{KEY[:5]}", KEY[:5]),
            (f"ends with {KEY[-6:]}", "ends with ***"),
            (f"{KEY[3:12]} and {KEY[8:20]}", "*** and ***"),
            (f"x{KEY[4:10]}y", "x***y"),
            ("", ""),
        ],
    )
    def test_examples(self, text, shown):
        """Each run of pieces becomes three asterisks; shorter pieces stay."""
        assert scrub(text, [KEY]) == shown

    def test_several_secrets(self):
        """Pieces of each are hidden, also where they overlap."""
        assert scrub("abcdefghijkl", ["abcdefgh", "efghijkl"]) == "***"

    def test_short_secrets_are_hidden_whole(self):
        """A proxy's password of three letters is hidden where it stands, an empty one nowhere."""
        assert scrub("user:abc@host ab", ["abc", ""]) == "user:***@host ab"

    def test_long_texts(self):
        """A long message takes no noticeable time."""
        began = time.monotonic()
        scrub("x" * 100_000 + KEY, [KEY])
        assert time.monotonic() - began < 1


class TestPrintable:
    """Names and messages come from others."""

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("Home page", "Home page"),
            ("two\nlines\tand  spaces ", "two lines and spaces"),
            ("\x1b[31mred\x1b[0m", "�[31mred�[0m"),
            ("\x9b31m", "�31m"),
            ("bell\x07 null\x00 delete\x7f", "bell� null� delete�"),
            ("evil\u202etxt.exe", "evil�txt.exe"),
            ("zero\u200bwidth", "zero�width"),
            ("half \ud83d", "half �"),
            ("Größe \N{SLICE OF PIZZA}", "Größe \N{SLICE OF PIZZA}"),
            ("\r\nerror: fake line", "error: fake line"),
            ("line\u2028separator\x85next", "line separator next"),
        ],
    )
    def test_examples(self, text, shown):
        """White space becomes one space; what is no visible character becomes the replacement character."""
        assert printable(text) == shown

    def test_the_limit(self):
        """A long text is cut and says so; a text of just the limit is not."""
        assert printable("x" * 300) == "x" * 300
        assert printable("x" * 301) == "x" * 299 + "…"
        assert printable("abc", limit=2) == "a…"
        assert len(printable("x " * 10**7, limit=50)) == 50


def test_a_secret_shows_itself_only_when_asked():
    """Neither str, repr nor a container's repr shows it."""
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert f"{secret} {secret!r} {[secret]} {{'k': {secret}}}".count("***") == 4
    assert not hasattr(secret, "__dict__")


@given(secret=st.text("abcXYZ019_", min_size=6, max_size=20), before=LETTERS, after=LETTERS, data=st.data())
def test_no_piece_stays(secret, before, after, data):
    """For any text with any part of the secret in it, no six characters of the secret stay."""
    start = data.draw(st.integers(0, len(secret)))
    end = data.draw(st.integers(start, len(secret)))
    found = scrub(before + secret[start:end] + after + secret, [secret])
    assert not any(secret[i : i + 6] in found for i in range(len(secret) - 5))


@given(LETTERS)
def test_a_text_without_pieces_stays_as_it_is(text):
    """Nothing else is touched."""
    assert scrub(text, ["?" * 10]) == text


@given(st.text(st.characters()), st.integers(1, 50))
def test_nothing_that_a_terminal_obeys(text, limit):
    """For any text the result is one line of visible characters, no longer than the limit, and UTF-8 can hold it."""
    shown = printable(text, limit=limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(char)[0] == "C" for char in shown)
    assert len(shown.splitlines()) <= 1
    shown.encode()
