"""
The page at ``/`` and the pages of sessions: one file, sent as it is.

Its script reads the state from the admin routes and writes everything as text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from checkly_dynamic.emulator.app import LocalChecklyApp

ACCOUNT = "/accounts/{account}"
CHECK_SESSION = f"{ACCOUNT}/checks/{{check}}/check-sessions/{{session}}"
TEST_SESSION = f"{ACCOUNT}/test-sessions/{{session}}"


def routes(app: LocalChecklyApp) -> list[Route]:
    """Return the routes of the pages."""

    async def overview(_request: Request) -> Response:
        return Response(html(), 200, headers())

    async def session(request: Request) -> Response:
        known = app.store.find(request.path_params["session"].lower()) is not None
        return Response(html(), 200 if known else 404, headers())

    async def icon(_request: Request) -> Response:
        return Response(status_code=204)

    sessions = [
        CHECK_SESSION,
        f"{CHECK_SESSION}/results/{{result}}",
        TEST_SESSION,
        f"{TEST_SESSION}/results/{{result}}",
    ]
    return [Route("/", overview), Route("/favicon.ico", icon), *(Route(path, session) for path in sessions)]


@cache
def html() -> str:
    """Return the page."""
    return resources.files("checkly_dynamic.emulator").joinpath("page.html").read_text(encoding="utf-8")


@cache
def headers() -> dict[str, str]:
    """Return headers that let the page run its own script, talk to this server, and nothing else."""
    script = re.search(r"<script>(.*?)</script>", html(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode() if script else ""
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
