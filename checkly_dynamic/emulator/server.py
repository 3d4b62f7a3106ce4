"""Uvicorn server of the application, for the command and for tests."""

import asyncio
import contextlib
import socket
from typing import Any

import click
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from checkly_dynamic.emulator.app import LocalChecklyApp
from checkly_dynamic.emulator.faults import TRANSPORT
from checkly_dynamic.emulator.scenario import Scenario, default, load
from checkly_dynamic.emulator.store import Store

# Clients keep connections for reuse; a server that closes them early makes their next request fail now and then.
KEEP_ALIVE_SECONDS = 75


class TransportProtocol(H11Protocol):
    """HTTP/1.1 whose requests can reach their connection, so that a fault can break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        """Put the transport into the scope of every request of this connection."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = app


class LocalServer(uvicorn.Server):
    """A quiet server for the application; port 0 takes a free one. It listens at once: connections wait for it."""

    def __init__(self, app: LocalChecklyApp, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=TransportProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )
        self._store = app.store
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, port), family=family)
        # A client does not send its key over plain HTTP to another address than this machine's own.
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what the user asked for
        self.url = f"http://{f'[{shown}]' if ':' in shown else shown}:{self.socket.getsockname()[1]}"

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the server; answer open long polls first, so that it stops at once."""
        self._store.reset()
        await super().shutdown(sockets)


def serve(host: str, port: int, scenario_file: str | None, *, seed: int, speed: float) -> None:
    """Serve until interrupted; first print the address and the variables that point a client to it."""
    scenario = Scenario(load(scenario_file) if scenario_file else default(), seed)
    server = LocalServer(LocalChecklyApp(Store(scenario, seed, speed)), host, port)
    number = len(scenario.checks)
    checks = f"{number} check{'' if number == 1 else 's'}"
    click.echo(f"Local Checkly at {server.url} ({checks}); open it in a browser. Ctrl-C ends it.\n")
    click.echo(f"  export CHECKLY_API_URL={server.url}")
    if scenario.api_key:
        click.echo("  # export CHECKLY_API_KEY=…   the apiKey of your scenario")
    else:
        click.echo("  export CHECKLY_API_KEY=made-up-key")
    click.echo(f"  export CHECKLY_ACCOUNT_ID={scenario.default_account}")
    click.echo("  export CHECKLY_ENV=local   # for Checkly's own command line")
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[server.socket])
