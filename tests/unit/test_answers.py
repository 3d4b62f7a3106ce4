"""How an answer is read: the pause it asks for, its JSON, and what is shown of it."""

from __future__ import annotations

import io
import time

import pytest
import requests
from hypothesis import given, strategies as st
from urllib3 import HTTPResponse

from checkly_dynamic.api.answers import read_answer

KEY = "cu_0123456789abcdef"
DATE = "Mon, 23 Nov 2026 08:00:00 GMT"


def read(content=b"{}", *, status=200, **headers):
    """Read an answer with these bytes and headers."""
    response = requests.Response()
    response.status_code = status
    response.raw = HTTPResponse(io.BytesIO(content), preload_content=False)
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return read_answer(response, secrets=(KEY,), max_bytes=10_000)


@pytest.fixture
def tokyo(monkeypatch):
    """Put the machine into another time zone than the server."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_retry_after():
    """Seconds and the three forms of an HTTP date, compared with the answer's own date; anything else is as if absent."""
    dates = ("Mon, 23 Nov 2026 08:00:30 GMT", "Monday, 23-Nov-26 08:00:30 GMT", "Mon Nov 23 08:00:30 2026")
    known = {" 7 ": 7, "1.5": 1.5, "Mon, 23 Nov 2026 07:59:00 GMT": 0, **dict.fromkeys(dates, 30)}
    odd = ("", "-1", "1e3", "nan", "9" * 400, "1, 2", "٣", "Mon, 23 Nov 99999999999 08:00:30 GMT")
    for value, seconds in {**known, **dict.fromkeys(odd)}.items():
        assert read(Retry_After=value, Date=DATE).retry_after == seconds, value


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])), st.text(st.characters(codec="latin-1")))
def test_any_header_is_read_without_harm(value, date):
    """Whatever a server sends there, a pause is a number that is not negative, or none."""
    seconds = read(Retry_After=value, Date=date).retry_after
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"1" * 300, int("1" * 300)),
        (
            b'{"a\\u001b": ["\\u0000\\u202e\\n\\t"]}',
            {"a\N{REPLACEMENT CHARACTER}": ["\N{REPLACEMENT CHARACTER}" * 2 + "\n\t"]},
        ),
        (f'{{"{KEY}": ["is {KEY}!"], "id": "8166fa86"}}'.encode(), {"***": ["is ***!"], "id": "8166fa86"}),
    ],
    ids=["number", "controls", "secret"],
)
def test_what_json_becomes(content, value):
    """Values stay as they are, but for secrets and for characters that a terminal obeys, in keys too."""
    assert read(content).body == value


def test_what_an_error_says():
    """Checkly's own message, or the name of the error, without any part of the key."""
    assert read(b'{"message": ["a"], "error": "b"}', status=400).message == "b"
    assert read(f'{{"message": "key {KEY[2:12]} is wrong"}}'.encode(), status=400).message == "key *** is wrong"
