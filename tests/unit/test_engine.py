"""The engine as a provider sees it: its address, its log, and clean errors."""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from concurrent import futures

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from checkly_dynamic.engine import Engine, EngineLog, clean_errors
from checkly_dynamic.errors import ApiError, ChecklyError, OperationCancelled


@pytest.fixture
def engine():
    """Run an engine that keeps what is logged; give its address and the requests."""
    requests: list[engine_pb2.LogRequest] = []

    class Servicer(engine_pb2_grpc.EngineServicer):
        def Log(self, request, _context):  # noqa: N802 - the name of the RPC
            requests.append(request)
            return empty_pb2.Empty()

    server = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", requests
    server.stop(None).wait()


def test_lines_are_shown_on_the_resource_s_row(engine):
    """Progress is not kept, information and warnings are; control characters do not get through."""
    address, requests = engine
    log = EngineLog(Engine(address), "urn:x", "smoke")
    log.progress("one \x1b[31m")
    log.info("two")
    log.warning("FAILED: 1 of 2\n  Home: FAILED")
    severity = engine_pb2.LogSeverity
    assert [(request.message, request.severity, request.ephemeral) for request in requests] == [
        ("one \N{REPLACEMENT CHARACTER}[31m", severity.INFO, True),
        ("two", severity.INFO, False),
        ("FAILED: 1 of 2\n  Home: FAILED", severity.WARNING, False),
    ]
    assert {request.urn for request in requests} == {"urn:x"}
    EngineLog(Engine(address), "", "smoke").info("three")
    assert requests[-1].message == "smoke: three", "on the row of the stack the line names its resource"


def test_lines_of_many_threads_are_whole(engine):
    """A provider process has several threads."""
    address, requests = engine
    log = EngineLog(Engine(address), "urn:x", "smoke")
    threads = [threading.Thread(target=log.info, args=(letter * 20,)) for letter in "abcd" * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted({request.message for request in requests}) == [letter * 20 for letter in "abcd"]


def test_an_engine_that_has_ended():
    """Nothing is started for it any more, and a line that nobody hears breaks nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        engine = Engine(f"127.0.0.1:{server.getsockname()[1]}")
        engine.must_be_alive()
    with pytest.raises(OperationCancelled, match="the Pulumi engine has ended; nothing more is started"):
        engine.must_be_alive()
    EngineLog(engine, "urn:x", "smoke").info("nobody listens")


@pytest.mark.parametrize("address", ["-q", ":1", "host:", "a:b", "a:²", "127.0.0.1:99999", "127.0.0.1:1"])
def test_anything_else_is_no_engine(address):
    """Under a test runner, or where it cannot be reached from the start, it is not used, and nothing is refused."""
    engine = Engine(address)
    engine.must_be_alive()
    EngineLog(engine, "", "x").warning("nobody listens")
    assert not engine.is_alive()


def shown_by_the_host(error: Exception) -> str:
    """Write an error as the plugin host does, with its traceback."""
    with pytest.raises(Exception) as raised, clean_errors():  # noqa: PT011 - any error, as in the host
        raise error
    return "".join(traceback.format_exception(raised.value))


def test_an_expected_error_is_shown_as_its_message():
    """The host shows a formatted exception: name and message, without a traceback, a module path or a cause."""
    assert shown_by_the_host(ApiError("401: no", status=401)) == "ApiError: 401: no\n"
    assert shown_by_the_host(ChecklyError("a\nb")) == "ChecklyError: a\nb\n"


def test_an_unexpected_error_keeps_its_traceback():
    """A mistake of ours changes nothing for anybody, so that it can be found."""
    assert shown_by_the_host(KeyError("x")).startswith("Traceback")
    with clean_errors():
        pass
    assert not hasattr(sys, "tracebacklimit")
