"""HTTP with Checkly, through requests: credentials, timeouts, the rate limit, retries, and every failure as a ChecklyError."""

import sys
import threading
from collections.abc import Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy

from checkly_dynamic._version import __version__
from checkly_dynamic.api.answers import Answer, read_answer, refusal
from checkly_dynamic.api.connection import NotingAdapter, Session, check_ca_bundle, transport_error
from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import SHORTEST_SEND, Sending
from checkly_dynamic.errors import ApiError, ChecklyError, InvalidResponse, TransportError

_CONNECT_SECONDS = 10.0
_MAX_BYTES = 4 * 1024 * 1024
_MAX_TRIGGER_BYTES = 32 * 1024 * 1024
"""The answer to a trigger names every check that was started: thousands in a large account."""

_USER_AGENT = f"checkly-dynamic/{__version__} (Pulumi; Python {sys.version_info.major}.{sys.version_info.minor})"


class Http:
    """HTTP with one Checkly account. *secrets* are masked in all answers, like the API key."""

    def __init__(
        self,
        settings: Settings,
        *,
        secrets: Sequence[str] = (),
        retries: Retries | None = None,
        rate_limit: RateLimit | None = None,
    ) -> None:
        if settings.api_url.startswith("https:"):
            check_ca_bundle()
        self._settings = settings
        self._secrets = [settings.api_key.reveal(), *secrets]
        self._retries = retries or Retries()
        self._rate_limit = rate_limit or RateLimit.shared(settings.api_url, settings.account_id)
        # This machine is never reached through a proxy; for other servers, the environment sets the proxy.
        self._proxies = {"no_proxy": urlsplit(settings.api_url).hostname or ""} if settings.is_local else None
        self._closed = threading.Event()
        self._thread = threading.local()
        self._session = self._new_session()

    def close(self) -> None:
        """Close the kept connections. An abandoned thread that is still retrying sends nothing more."""
        self._closed.set()
        self._session.close()

    def get(
        self,
        path: str,
        *,
        action: str,
        about_session: bool = False,
        query: Mapping[str, Any] | None = None,
        deadline: Deadline,
        seconds: float = 15.0,
    ) -> Any:
        """Send a GET and return the JSON value; repeat it after a temporary failure. The server may be silent for *seconds*."""

        def once() -> Any:
            self._take_turn(deadline)
            answer = self._exchange(self._session, "GET", path, seconds, Sending(lambda: None), params=query)
            return self._body(answer, action, about_session=about_session)

        return self._retries.run(once, deadline, is_read=True)

    def post_once(
        self, path: str, body: Mapping[str, Any], *, action: str, deadline: Deadline, sending: Sending
    ) -> Any:
        """Send a POST that must not run twice, and return the JSON value; repeat it only if it certainly was not received."""

        def once() -> Any:
            self._take_turn(deadline)
            if deadline.remaining() < SHORTEST_SEND:
                msg = "no time was left to send the request and to wait for its answer"
                raise TransportError(msg, sent="no", retry=False)
            sending.before_trigger()
            seconds = max(1.0, deadline.remaining())
            # Not on a kept connection: if the server is just closing it, it is not known whether the request was read.
            with self._new_session() as session:
                answer = self._exchange(session, "POST", path, seconds, sending, json=body)
            if answer.status == 429:
                sending.refused()
            return self._body(answer, action, about_session=False)

        return self._retries.run(once, deadline, is_read=False)

    def _body(self, answer: Answer, action: str, *, about_session: bool) -> Any:
        if answer.status not in (200, 201):
            key_source = self._settings.sources["api_key"]
            raise refusal(answer, action=action, key_source=key_source, about_session=about_session)
        if answer.body is None:
            raise InvalidResponse(f"the answer from {self._settings.origin} is not JSON")
        return answer.body

    def _new_session(self) -> requests.Session:
        session = Session()
        adapter = NotingAdapter(self._begin)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.auth = self._authorize  # with it, requests does not look for a .netrc
        session.headers.update(
            {"X-Checkly-Account": self._settings.account_id, "User-Agent": _USER_AGENT, "Accept": "application/json"}
        )
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session

    def _take_turn(self, deadline: Deadline) -> None:
        """Wait until the rate limit allows one more request."""
        wait = self._rate_limit.turn(deadline.remaining())
        if wait > deadline.remaining():
            msg = "the account's rate limit of 600 requests a minute is used up, and the deadline comes before the next request"
            raise ApiError(msg, status=429, retry_after=wait, sent="no")
        if wait:
            deadline.clock.wait(self._closed, wait)
        if self._closed.is_set():
            raise TransportError("the client was closed", sent="no", retry=False)

    def _exchange(
        self,
        session: requests.Session,
        method: str,
        path: str,
        seconds: float,
        sending: Sending,
        **arguments: Any,
    ) -> Answer:
        self._thread.sending = sending
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
                limit = _MAX_TRIGGER_BYTES if method == "POST" else _MAX_BYTES
                return read_answer(response, secrets=self._secrets, max_bytes=limit)
        except ChecklyError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the HTTP stack raises becomes a ChecklyError
            url = self._settings.api_url
            proxied = self._proxies is None and select_proxy(url, get_environ_proxies(url)) is not None
            problem = transport_error(error, self._settings.origin, sent=sending.sent, proxied=proxied)
        # Outside the except block, so that the original, which holds the request's headers, is not chained to it.
        raise problem

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._settings.api_key.reveal()}"
        return request

    def _begin(self) -> None:
        self._thread.sending.begin()
