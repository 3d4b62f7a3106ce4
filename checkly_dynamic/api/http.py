"""
HTTP with Checkly, through requests: credentials, timeouts, retries, and every failure as one of our errors.

Knows no endpoints and no sessions; answers are JSON values. An operation that must end at a deadline runs in a thread that its
caller leaves (:func:`checkly_dynamic.core.deadline.leave_at`), so nothing here polices a socket.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy

from checkly_dynamic._version import __version__
from checkly_dynamic.api.answers import Answer, asked, failed, read_answer, said
from checkly_dynamic.api.connection import Bearer, NotingAdapter, Session, check_ca_bundle
from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.api.transport_errors import transport_error
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import SHORTEST_SEND, Sending
from checkly_dynamic.errors import ApiError, ChecklyError, InvalidResponse, TransportError

__all__ = ["Http"]

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 15.0
_MAX_BYTES = 4 * 1024 * 1024
_MAX_TRIGGER_BYTES = 32 * 1024 * 1024
"""The answer to a trigger names every check that was started: thousands in a large account."""

_USER_AGENT = f"checkly-dynamic/{__version__} (Pulumi; Python {sys.version_info.major}.{sys.version_info.minor})"


class Http:
    """
    HTTP with one Checkly account.

    Args:
        settings: Where to go and with which credentials.
        connections: How many connections are kept alive at most; threads share them.
        secrets: What is masked in all answers, beside the API key.
        retries: How reads and certainly unsent requests are tried again.
        rate_limit: How many requests may be sent; by default the limit that this process shares for the account.

    Raises:
        ConfigError: The environment names a file with certificate authorities that does not exist.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        connections: int = 10,
        secrets: Sequence[str] = (),
        retries: Retries | None = None,
        rate_limit: RateLimit | None = None,
    ) -> None:
        check_ca_bundle(settings.api_url)
        self._settings = settings
        self._secrets = [settings.api_key.reveal(), *secrets]
        self._retries = retries or Retries()
        self._rate_limit = rate_limit or RateLimit.shared(settings.api_url, settings.account_id)
        # This machine itself is never reached through a proxy; other proxies are those of the environment.
        self._proxies = {"no_proxy": urlsplit(settings.api_url).hostname or ""} if settings.is_local else None
        self._closed = threading.Event()
        self._session = self._new_session(requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections))

    def close(self) -> None:
        """Close the kept connections. Who still tries again in an abandoned thread sends nothing more."""
        self._closed.set()
        self._session.close()

    def get(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        deadline: Deadline,
        seconds: float = _READ_SECONDS,
    ) -> Answer:
        """
        Send a GET, again when it fails in a way that may pass.

        Args:
            path: Such as ``/v1/checks``, appended to the base URL.
            query: Query parameters.
            deadline: Ends the tries.
            seconds: How long the server may be silent.

        Returns:
            Any answer but 429, 500, 502, 503 and 504.

        Raises:
            ApiError: 429, and the deadline does not allow to wait as long as asked; or 500, 502, 503 or 504, each time.
            TransportError: No usable answer, each time.
        """

        def once() -> Answer:
            self._take_turn(deadline)
            answer = self._exchange(self._session, "GET", path, seconds, params=query)
            if answer.status in (500, 502, 503, 504):
                raise failed(answer)
            if answer.status == 200 and not answer.is_json:
                msg = f"the answer from {self.origin} is not JSON"
                raise InvalidResponse(msg)
            return answer

        return self._retries.read(once, deadline)

    def post_once(self, path: str, body: Mapping[str, Any], *, deadline: Deadline, sending: Sending) -> Answer:
        """
        Send a POST that must not run twice: again only when it certainly was not received.

        That is: the connection never began to send it, or 429. Each try has a connection of its own, because a kept one may just
        be closed by the server, and then nobody knows whether the request was read.

        Args:
            path: Such as ``/v1/check-sessions/trigger``.
            body: The JSON body.
            deadline: Ends the tries; a POST that was sent is waited for until then.
            sending: Notes whether the request is on its way.

        Returns:
            Any answer but 429.

        Raises:
            ApiError: 429, and the deadline does not allow to wait as long as asked.
            TransportError: No usable answer; its ``sent`` tells whether the request may have been received.
            OperationCancelled: Nothing may be started any more.
        """
        content = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}

        def once() -> Answer:
            self._take_turn(deadline)
            if deadline.remaining() < SHORTEST_SEND:
                msg = "no time was left to send the request and to wait for its answer"
                raise TransportError(msg, sent="no", retry=False)
            sending.before_trigger()
            with self._new_session(NotingAdapter(sending.begin)) as session:
                seconds = max(1.0, deadline.remaining())
                try:
                    return self._exchange(
                        session, "POST", path, seconds, sending=sending, data=content, headers=headers
                    )
                except ApiError:  # 429
                    sending.refused()
                    raise

        return self._retries.unsent(once, deadline)

    @property
    def origin(self) -> str:
        """Scheme, host and port only: a path may hold something secret."""
        parts = urlsplit(self._settings.api_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _is_proxied(self) -> bool:
        url = self._settings.api_url
        return self._proxies is None and select_proxy(url, get_environ_proxies(url)) is not None

    def _new_session(self, adapter: requests.adapters.BaseAdapter) -> requests.Session:
        session = Session()
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.auth = Bearer(self._settings.api_key)
        session.headers.update(
            {"X-Checkly-Account": self._settings.account_id, "User-Agent": _USER_AGENT, "Accept": "application/json"}
        )
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session

    def _take_turn(self, deadline: Deadline) -> None:
        """Wait until the rate limit allows one more request."""
        wait = self._rate_limit.turn(deadline.remaining())
        if wait > deadline.remaining():
            msg = (
                "the account's rate limit of 600 requests a minute is used up, "
                "and the deadline comes before it allows another request"
            )
            raise ApiError(msg, status=429, retry_after=wait, sent="no")
        if wait:
            deadline.clock.wait(self._closed, wait)
        if self._closed.is_set():
            msg = "the client was closed"
            raise TransportError(msg, sent="no", retry=False)

    def _exchange(
        self,
        session: requests.Session,
        method: str,
        path: str,
        seconds: float,
        *,
        sending: Sending | None = None,
        **arguments: Any,
    ) -> Answer:
        problem: ChecklyError
        try:
            with session.request(
                method,
                self._settings.api_url + path,
                timeout=(_CONNECT_SECONDS, seconds),
                proxies=self._proxies,
                allow_redirects=False,
                stream=True,
                **arguments,
            ) as response:
                limit = _MAX_TRIGGER_BYTES if sending else _MAX_BYTES
                answer = read_answer(response, secrets=self._secrets, max_bytes=limit)
        except ChecklyError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - whatever the HTTP stack raises becomes one of our errors
            sent = None if sending is None else sending.sent
            problem = transport_error(error, self.origin, sent=sent, proxied=self._is_proxied())
        else:
            if answer.status != 429:
                return answer
            problem = ApiError(
                f"429: too many requests{asked(answer)}{said(answer)}", status=429, retry_after=answer.retry_after
            )
        # Outside the except block, so that the original, which holds the request's headers, is not chained to it.
        raise problem
