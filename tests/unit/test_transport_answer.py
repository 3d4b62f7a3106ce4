"""What is read from an answer's headers and body, apart from any socket."""

from __future__ import annotations

import time

import pytest
from checkly_dynamic.api.transport.answer import _json, _message, _retry_after
from hypothesis import given, strategies as st

DATE = "Mon, 23 Nov 2026 08:00:00 GMT"


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/New_York"])
def zone(request, monkeypatch):
    """Put the machine into a time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("86400", 86_400),
        ("Mon, 23 Nov 2026 08:00:30 GMT", 30),
        ("Monday, 23-Nov-26 08:00:30 GMT", 30),
        ("Mon Nov 23 08:00:30 2026", 30),
        ("Mon, 23 Nov 2026 08:00:30 -0000", 30),
        ("Mon, 23 Nov 2026 09:00:30 +0100", 30),
        ("Mon, 23 Nov 2026 07:59:00 GMT", 0),
        (None, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("1_0", None),
        ("0x10", None),
        ("nan", None),
        ("inf", None),
        ("9" * 400, None),
        ("1, 2", None),
        ("soon", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 08:00:30 GMT", None),
        ("Mon, 23 Nov 99999999999 08:00:30 GMT", None),
    ],
)
def test_retry_after(zone, value, seconds):
    """Seconds and the three forms of an HTTP date are understood in any time zone; everything else is as if it were absent."""
    assert _retry_after(value, DATE) == seconds


def test_without_a_date_of_the_answer_the_own_clock_counts(monkeypatch):
    """Also when the answer's date is nonsense."""
    monkeypatch.setattr(time, "time", lambda: 1_795_420_800.0 - 12)  # 08:00:00 minus 12 seconds
    for date in (None, "", "today"):
        assert _retry_after(DATE, date) == 12


@given(st.text(), st.none() | st.text())
def test_any_header_is_read_without_harm(value, date):
    """Whatever a server sends there, a pause is a number that is not negative, or none."""
    seconds = _retry_after(value, date)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"NaN", b"[Infinity]", b"[-Infinity]", b"1e999", b"[-1e999]", b"\xff", b"<html>", b"{'a': 1}"),
        *(b"[" * 100_000, b"1" * 5_000, b"[1" + b"0" * 400 + b"]"),
    ],
)
def test_what_is_not_json(content):
    """Words that JSON does not have, endless nesting, and numbers that no float holds are refused like any other garbage."""
    assert _json(content) == (None, False)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"null", None),
        (b"[-12, 0]", [-12, 0]),
        (b"1" * 300, int("1" * 300)),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'["\\ud83c\\udf55"]', ["\U0001f355"]),
        (b'["\\ud83c"]', ["�"]),
        (b'{"a\\u001b": ["\\u0000\\u0085\\u202e\\n\\t"]}', {"a�": ["���\n\t"]}),
        ('["Größe \\u200d"]'.encode(), ["Größe \u200d"]),
    ],
)
def test_what_json_becomes(content, value):
    """Values stay as they are, but for characters that a terminal obeys or that no UTF-8 can hold, in keys too."""
    assert _json(content) == (value, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "a", "error": "b"}, "a"),
        ({"error": "b"}, "b"),
        ({"message": ["a"], "error": "b"}, "b"),
        ({"message": None}, ""),
        ([], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_what_an_error_says(body, message):
    """Checkly's own message, or the name of the error, when they are texts."""
    assert _message(body) == message


def test_a_secret_is_hidden_in_every_text_however_it_was_written():
    """An echoed key gets into no field, also when the answer spells it with escapes; a short password spoils no id."""
    key = "cu_0123456789abcdef"
    escaped = "".join(f"\\u{ord(char):04x}" for char in key)
    answer = f'{{"name": "is {escaped}!", "{key}": ["{key}"], "id": "8166fa86-c9b4-4123"}}'.encode()
    assert _json(answer, [key]) == ({"name": "is ***!", "***": ["***"], "id": "8166fa86-c9b4-4123"}, True)
