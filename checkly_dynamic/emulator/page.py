"""
The page at ``/`` and the pages of sessions: one file, sent as it is.

Its script reads the state from the admin routes and writes everything as text.
"""

import base64
import hashlib
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checkly_dynamic.emulator import packaged_text

CHECK_SESSION = "/accounts/{account}/checks/{check}/check-sessions/{session}"
TEST_SESSION = "/accounts/{account}/test-sessions/{session}"


def routes() -> list[Route]:
    """Return the routes of the pages."""

    async def page(_request: Request) -> Response:
        return Response(html(), 200, headers())

    async def icon(_request: Request) -> Response:
        return Response(status_code=204)

    sessions = [f"{path}{result}" for path in (CHECK_SESSION, TEST_SESSION) for result in ("", "/results/{result}")]
    return [Route("/favicon.ico", icon), *(Route(path, page) for path in ("/", *sessions))]


@cache
def html() -> str:
    """Return the page."""
    return packaged_text("emulator/page.html")


@cache
def headers() -> dict[str, str]:
    """Return headers that let the page run its own script, talk to this server, and nothing else."""
    script = html().partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
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
