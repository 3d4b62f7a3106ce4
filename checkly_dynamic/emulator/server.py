"""Uvicorn around the application: a protocol that hands over its transport, and a server in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from checkly_dynamic.emulator import scenario as scenarios
from checkly_dynamic.emulator.app import LocalChecklyApp
from checkly_dynamic.emulator.delivery import TRANSPORT
from checkly_dynamic.emulator.guards import FALLBACK_ACCOUNT

Result = TypeVar("Result")
START_SECONDS = 10.0
# Clients keep connections for reuse; a server that closes them early makes their next request fail now and then.
KEEP_ALIVE_SECONDS = 75
# Connections that may wait to be accepted: many clients often come at once.
BACKLOG = 2048


class TransportProtocol(H11Protocol):
    """HTTP/1.1 whose requests can reach their connection, so that a fault can break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        """Put the transport into the scope of every request of this connection."""
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = app


def bind(host: str, port: int) -> socket.socket:
    """
    Open the listening socket; port 0 takes a free one.

    From here on connections are taken; they wait until the server serves them.

    Raises:
        OSError: The address is in use or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, because only then does asyncio send small answers at once (TCP_NODELAY).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class LocalServer(uvicorn.Server):
    """A server that answers open long polls before it stops, so that stopping takes no time."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        application: Any = self.config.app
        application.store.reset()
        await super().shutdown(sockets)


def make_server(app: LocalChecklyApp) -> uvicorn.Server:
    """Return a quiet server for the application."""
    config = uvicorn.Config(
        app,
        http=TransportProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        backlog=BACKLOG,
    )
    return LocalServer(config)


def serve(
    host: str,
    port: int,
    scenario_file: str | None,
    *,
    seed: int,
    speed: float,
    check_answers: bool,
    say: Callable[[str], object],
) -> None:
    """
    Serve until interrupted, after telling where it is and which variables point a client there.

    Raises:
        ScenarioError: The scenario cannot be used.
        OSError: The address is in use or not of this machine.
    """
    data = scenarios.load(scenario_file) if scenario_file else scenarios.default()
    scenario = scenarios.build(data, seed)
    app = LocalChecklyApp(scenario, seed=seed, speed=speed, check_answers=check_answers)
    listening = bind(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    say(f"Local Checkly at {url} ({len(scenario.checks)} checks); open it in a browser. Ctrl-C ends it.\n")
    say(f"  export CHECKLY_API_URL={url}")
    if scenario.api_key:
        say("  # export CHECKLY_API_KEY=…   the apiKey of your scenario")
    else:
        say("  export CHECKLY_API_KEY=made-up-key")
    say(f"  export CHECKLY_ACCOUNT_ID={scenario.account_id or FALLBACK_ACCOUNT}")
    say("  export CHECKLY_ENV=local   # for Checkly's own command line")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(make_server(app).serve(sockets=[listening]))


class ThreadedServer:
    """
    A server in a daemon thread, for tests.

    Args:
        app: The application.
        host: Address to listen on.
        port: 0 for a free one.
    """

    def __init__(self, app: LocalChecklyApp, host: str, port: int) -> None:
        self.app = app
        self._socket = bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._server = make_server(app)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"local-checkly-{self.port}", daemon=True)

    def start(self) -> None:
        """
        Start and wait until requests are served.

        Raises:
            RuntimeError: It did not come up.
        """
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise RuntimeError("the local Checkly did not start")

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._server.serve(sockets=[self._socket])

    def call(self, function: Callable[[], Result]) -> Result:
        """Run a function on the server's loop, where the state lives, and return its result."""

        async def run() -> Result:
            return function()

        return self._submit(run())

    def _submit(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        assert self._loop is not None, "the server was not started"
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(START_SECONDS)

    def stop(self) -> None:
        """Stop; open long polls are answered first."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join(START_SECONDS)
        self._socket.close()
