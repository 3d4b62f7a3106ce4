"""Life inside the plugin host: one voice on stderr, the engine's address, and clean errors."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import traceback

import pytest

from checkly_dynamic import engine as host
from checkly_dynamic.errors import ChecklyError, Unauthorized


def test_a_line_is_whole_and_names_its_resource(capsys):
    """Whatever the text, one line comes out, with the resource's name before it and nothing that a terminal obeys."""
    host.say_for({"resourceName": "smoke"})("two\nlines \x1b[31m and \u202e more\r")
    host.say_for({})("x" * 5000)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "smoke: two lines \N{REPLACEMENT CHARACTER}[31m and \N{REPLACEMENT CHARACTER} more"
    assert second.startswith("checkly: xxx")
    assert len(second) <= 2000


def test_lines_of_many_threads_are_not_mixed_up(capsys):
    """The host has four threads, and each says its lines whole."""

    def talk(name):
        say = host.say_for({"resourceName": name})
        for _ in range(50):
            say(name * 20)

    threads = [threading.Thread(target=talk, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(capsys.readouterr().err.splitlines())) == [f"{letter}: {letter * 20}" for letter in "abcd"]


def test_a_voice_that_nobody_hears_breaks_nothing(monkeypatch):
    """When the engine was killed its end of the pipe is gone; a line that cannot be said must not fail the work."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stderr:
        os.close(reader)
        monkeypatch.setattr(sys, "stderr", stderr)
        host.say_for({})("nobody listens")
        with contextlib.suppress(BrokenPipeError):
            stderr.close()
    host.say_for({})("nobody listens")


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("127.0.0.1:4711", ("127.0.0.1", 4711)),
        ("[::1]:1", ("[::1]", 1)),
        ("-q", None),
        (":1", None),
        ("host:", None),
        ("a:b", None),
        ("a:²", None),
    ],
)
def test_the_engine_is_the_last_argument(monkeypatch, argument, address):
    """Anything that is not host and port is no engine, and no error."""
    monkeypatch.setattr(sys, "argv", ["host", argument])
    assert host.engine_address() == address


def test_only_an_engine_that_answers_counts():
    """An address that accepts a connection is returned; everything else is None."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert host.reachable(address) == address
    assert host.reachable(address) is None
    for nonsense in (None, ("127.0.0.1", 99999), ("a" * 100, 1), ("\ud800", 1), ("[::1]", 1)):
        assert host.reachable(nonsense) is None


@pytest.fixture
def traceback_limit():
    """Put the interpreter's limit back, which the host never does."""
    yield
    if hasattr(sys, "tracebacklimit"):
        del sys.tracebacklimit


def shown_by_the_host(error: Exception) -> str:
    """Write an error as the plugin host does, with its traceback."""
    with pytest.raises(Exception) as raised, host.clean_errors():  # noqa: PT011 - any error, as in the host
        raise error
    return "".join(traceback.format_exception(raised.value))


def test_an_expected_error_is_shown_as_its_message(traceback_limit):
    """The host shows a formatted exception: name and message, without a traceback, a module path or a cause."""
    assert shown_by_the_host(Unauthorized("401: the API key was not accepted", status=401)) == (
        "Unauthorized: 401: the API key was not accepted\n"
    )
    assert shown_by_the_host(ChecklyError("a\nb")) == "ChecklyError: a\nb\n"


def test_an_unexpected_error_keeps_its_traceback():
    """A mistake of ours changes nothing for anybody, so that it can be found."""
    text = shown_by_the_host(KeyError("x"))
    assert text.startswith("Traceback")
    assert "KeyError: 'x'" in text
    assert not hasattr(sys, "tracebacklimit")


def test_no_error_is_no_error():
    """What works passes through."""
    with host.clean_errors():
        pass
    assert not hasattr(sys, "tracebacklimit")
