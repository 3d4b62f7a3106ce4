"""The pause that an answer asks for."""

from __future__ import annotations

import io
import time

import pytest
import requests
from hypothesis import given, strategies as st
from urllib3 import HTTPResponse

from checkly_dynamic.api.answers import read_answer

DATE = "Mon, 23 Nov 2026 08:00:00 GMT"


def pause(value, date):
    """Read an answer with this ``Retry-After``."""
    response = requests.Response()
    response.status_code = 429
    response.raw = HTTPResponse(io.BytesIO(b"{}"), preload_content=False)
    response.headers.update({"Retry-After": value, "Date": date})
    return read_answer(response, secrets=(), max_bytes=10_000).retry_after


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
        assert pause(value, DATE) == seconds, value


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])), st.text(st.characters(codec="latin-1")))
def test_any_header_is_read_without_harm(value, date):
    """Whatever a server sends there, a pause is a number that is not negative, or none."""
    seconds = pause(value, date)
    assert seconds is None or seconds >= 0
