"""The executable ``pulumi-resource-checkly-sessions``."""

import contextlib
import os
import sys
import threading
import time
from concurrent import futures

import grpc  # type: ignore[import-untyped]  # it has no stubs
from pulumi.runtime.proto import provider_pb2_grpc

from checkly_dynamic.engine import Engine
from checkly_dynamic.errors import OperationCancelled
from checkly_dynamic.plugin.servicer import Provider

_WORKERS = 1_000
"""Threads are started when they are needed. A waiting verdict holds one, and Cancel must always find another."""

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

_LOOK_EVERY = 2.0
"""Seconds between two checks that the engine is still alive."""


def main() -> None:
    """Serve on a free local port, print the port, and exit when the engine ends. Its address is the last argument."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    provider = Provider(Engine(arguments[-1] if arguments else ""))
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_WORKERS), options=_UNLIMITED)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Thread(target=_end_with_engine, args=(provider,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.wait_for_termination()
    os._exit(0)  # an ordinary exit would wait for the threads of running calls


def _end_with_engine(provider: Provider) -> None:
    """End this process when the engine is gone, because a killed engine cannot end its plugins."""
    while True:
        time.sleep(_LOOK_EVERY)
        try:
            provider.engine.must_be_alive()
        except OperationCancelled:
            os._exit(1)
