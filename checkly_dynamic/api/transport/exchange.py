"""
One HTTP exchange with Checkly: headers, timeouts, retries, and every failure as one of our errors.

Knows no verbs of the API and no sessions; answers are JSON values.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from checkly_dynamic._version import __version__
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.api.transport.answer import Answer, read_answer
from checkly_dynamic.api.transport.budget import Budget
from checkly_dynamic.api.transport.connection import limits
from checkly_dynamic.api.transport.environment import passwords, proxy_for, trust
from checkly_dynamic.api.transport.failures import mapped, origin
from checkly_dynamic.api.transport.pools import pools
from checkly_dynamic.api.transport.retries import Retries
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import (
    ChecklyError,
    ConnectFailed,
    InvalidResponse,
    RateLimited,
    ServerError,
    TransportError,
)

if TYPE_CHECKING:
    import urllib3

__all__ = ["Transport"]

_CONNECT_SECONDS = 10.0
_SHORTEST_SEND = 2.0
"""With less time than this left, in seconds, nothing is started: the answer with the session ids might come too late. Nor is
anything sent when connecting took so long that less than half of it is left."""

_USER_AGENT = f"checkly-dynamic/{__version__} (Pulumi; Python {sys.version_info.major}.{sys.version_info.minor})"


class Transport:
    """
    Connections to one Checkly account, kept alive and shared by threads.

    Args:
        settings: Where to go and with which credentials.

        connections: How many connections are kept alive at most.

        retries: How reads and certainly unsent requests are tried again.

        budget: How many requests may be sent; by default the one that this process shares for the account.

    Raises:
        ConfigError: The environment names a file with certificate authorities that is not there.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        connections: int = 10,
        retries: Retries | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._url = settings.api_url
        self._retries = retries or Retries()
        self._budget = budget or Budget.shared(settings.api_url, settings.account_id)
        self._trust = trust() if settings.api_url.startswith("https:") else None
        self._proxy = proxy_for(settings.api_url)
        self._secrets = [settings.api_key.reveal(), *passwords(self._proxy)]
        self._pools = self._new_pools(connections)
        self._closed = threading.Event()
        self._headers = {
            "Authorization": f"Bearer {settings.api_key.reveal()}",
            "X-Checkly-Account": settings.account_id,
            "User-Agent": _USER_AGENT,
            "Accept": "application/json",
            "Connection": "keep-alive",
        }

    def close(self) -> None:
        """Close the kept connections. Reads that are still under way in other threads end with their current try."""
        self._closed.set()
        _close(self._pools)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def read(
        self, path: str, *, query: Mapping[str, Any] | None = None, deadline: Deadline, seconds: float = 15.0
    ) -> Answer:
        """
        Send a GET, again when it fails in a way that may pass.

        Args:
            path: Such as ``/v1/checks``, appended to the base URL.

            query: Query parameters.

            deadline: Rules everything, also waiting between tries.

            seconds: How long one answer may take.

        Returns:
            Any answer but 429 and the 5xx that pass.

        Raises:
            ServerError: 500, 502, 503 or 504, each time.
            RateLimited: 429, and the deadline does not allow to wait as long as asked.
            TransportError: No usable answer, each time.
        """

        def once() -> Answer:
            self._take_turn(deadline)
            answer = self._exchange("GET", path, self._pools, min(seconds, deadline.remaining()), query=query)
            if answer.status in (500, 502, 503, 504):
                msg = f"{answer.status}: Checkly, or a proxy before it, failed{_asked(answer)}{_said(answer)}"
                raise ServerError(msg, status=answer.status, retry_after=answer.retry_after)
            if answer.status == 200 and not answer.is_json:
                msg = f"the answer of {origin(self._url)} is not JSON"
                raise InvalidResponse(msg)
            return answer

        return self._retries.read(once, deadline)

    def send_once(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        deadline: Deadline,
        seconds: float = 30.0,
        before: Callable[[], None] = lambda: None,
    ) -> Answer:
        """
        Send a POST that must not run twice: again only when it certainly did not run.

        That is: no connection was established, or 429. Checkly has no idempotency key and no list of sessions, so nothing
        else can be known to be safe. Each try has a connection of its own, because a kept one may just be closed by the server,
        and then nobody knows whether the request was read.

        Args:
            path: Such as ``/v1/check-sessions/trigger``.

            body: The JSON body.

            deadline: Rules everything, also waiting between tries.

            seconds: How long the answer may take.

            before: Called before each try; raises when nothing may be sent any more.

        Returns:
            Any answer but 429.

        Raises:
            RateLimited: 429, and the deadline does not allow to wait as long as asked.
            TransportError: No usable answer; its ``sent`` tells whether the request may have run.
        """

        def once() -> Answer:
            self._take_turn(deadline)
            if deadline.remaining() < _SHORTEST_SEND:
                msg = "no time was left to send the request and to wait for its answer"
                raise ConnectFailed(msg)
            before()
            fresh = self._new_pools(1)
            try:
                left = min(seconds, deadline.remaining())
                return self._exchange("POST", path, fresh, left, body=body, for_answer=_SHORTEST_SEND / 2)
            finally:
                _close(fresh)

        return self._retries.unsent(once, deadline, needs=_SHORTEST_SEND)

    def _new_pools(self, connections: int) -> urllib3.PoolManager:
        return pools(connections, trust=self._trust, proxy=self._proxy)

    def _take_turn(self, deadline: Deadline) -> None:
        """Wait until the account's budget allows one more request."""
        wait = self._budget.turn(deadline.remaining())
        if wait > deadline.remaining():
            msg = "the account's budget of requests a minute is used up for longer than there is time"
            raise RateLimited(msg, retry_after=wait, sent="no")
        if wait:
            self._closed.wait(wait)

    def _exchange(
        self,
        method: str,
        path: str,
        manager: urllib3.PoolManager,
        seconds: float,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        for_answer: float = 0.0,
    ) -> Answer:
        if self._closed.is_set() or seconds <= 0:
            ended = TransportError(
                "the client was closed" if self._closed.is_set() else "no time was left to ask Checkly"
            )
            ended.sent = "no"
            raise ended
        headers = dict(self._headers)
        content = None
        url = self._url + path + (f"?{urlencode(query)}" if query else "")
        if body is not None:
            content = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
        end = time.monotonic() + seconds
        connecting = end - seconds + min(_CONNECT_SECONDS, seconds - for_answer)
        problem: ChecklyError | None = None
        try:
            with (
                limits(connecting=connecting, exchange=end),
                manager.urlopen(
                    method,
                    url,
                    body=content,
                    headers=headers,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                ) as response,
            ):
                answer = read_answer(response, secrets=self._secrets)
        except ChecklyError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - whatever the HTTP stack raises must become one of our errors, see below
            problem = mapped(error, origin(self._url))
        if problem is not None:
            # Outside the except block, so that the original, which holds the request's headers, is not chained to it.
            raise problem
        if answer.status == 429:
            msg = f"429: too many requests{_asked(answer)}{_said(answer)}"
            raise RateLimited(msg, retry_after=answer.retry_after)
        return answer


def _close(manager: urllib3.PoolManager) -> None:
    """Close the connections that wait in the pools; ``clear()`` alone forgets the pools and leaves that to the collector."""
    for key in manager.pools.keys():  # noqa: SIM118 - not a dict: it refuses to be iterated, for the sake of threads
        pool = manager.pools.get(key)
        if pool is not None:
            pool.close()
    manager.clear()


def _asked(answer: Answer) -> str:
    return "" if answer.retry_after is None else f", asked to wait {answer.retry_after:.0f} s"


def _said(answer: Answer) -> str:
    return f" (Checkly says: {answer.message})" if answer.message else ""
