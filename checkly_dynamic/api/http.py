"""
HTTP with Checkly, through requests: credentials, timeouts, retries, and every failure as one of our errors.

Knows no endpoints and no sessions; answers are JSON values. An operation that must end at a deadline runs in a thread that its
caller leaves (:func:`checkly_dynamic.core.deadline.leave_at`), so nothing here polices a socket.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from checkly_dynamic._version import __version__
from checkly_dynamic.api.answers import Answer, read_answer
from checkly_dynamic.api.connection import NotingAdapter
from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.api.settings import Settings, is_loopback
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import Sending
from checkly_dynamic.core.text import Secret, printable
from checkly_dynamic.errors import ApiError, ChecklyError, ConfigError, InvalidResponse, TransportError

__all__ = ["Http"]

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 15.0
_MAX_BYTES = 4 * 1024 * 1024
_MAX_TRIGGER_BYTES = 32 * 1024 * 1024
"""The answer to a trigger names every check that was started: thousands in a large account."""

_SHORTEST_SEND = 2.0
"""With less time than this left, in seconds, no trigger request is sent: the answer with the session ids might come too late."""

_USER_AGENT = f"checkly-dynamic/{__version__} (Pulumi; Python {sys.version_info.major}.{sys.version_info.minor})"


class _Bearer(AuthBase):
    """Sends the API key. With an auth object, requests looks for no ``.netrc``."""

    def __init__(self, api_key: Secret) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key.reveal()}"
        return request


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
        _check_ca_bundle(settings.api_url)
        self._settings = settings
        self._secrets = [settings.api_key.reveal(), *secrets]
        self._retries = retries or Retries()
        self._rate_limit = rate_limit or RateLimit.shared(settings.api_url, settings.account_id)
        self._session = self._new_session(requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections))

    def close(self) -> None:
        """Close the kept connections."""
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
                msg = f"the answer of {self._origin} is not JSON"
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
            if deadline.remaining() < _SHORTEST_SEND:
                msg = "no time was left to send the request and to wait for its answer"
                raise TransportError(msg, sent="no", retry=False)
            sending.allowed()
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
    def _origin(self) -> str:
        """Scheme, host and port only: a path may hold something secret."""
        parts = urlsplit(self._settings.api_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _new_session(self, adapter: requests.adapters.BaseAdapter) -> requests.Session:
        session = requests.Session()
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.auth = _Bearer(self._settings.api_key)
        session.headers.update(
            {"X-Checkly-Account": self._settings.account_id, "User-Agent": _USER_AGENT, "Accept": "application/json"}
        )
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # This machine itself is never reached through a proxy.
        session.trust_env = not is_loopback(urlsplit(self._settings.api_url).hostname or "")
        return session

    def _take_turn(self, deadline: Deadline) -> None:
        """Wait until the rate limit allows one more request."""
        wait = self._rate_limit.turn(deadline.remaining())
        if wait > deadline.remaining():
            msg = "the account's rate limit of 600 requests a minute is used up for longer than there is time"
            raise ApiError(msg, status=429, retry_after=wait, sent="no")
        if wait:
            deadline.clock.wait(threading.Event(), wait)

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
                allow_redirects=False,
                stream=True,
                **arguments,
            ) as response:
                limit = _MAX_TRIGGER_BYTES if sending else _MAX_BYTES
                answer = read_answer(response, secrets=self._secrets, max_bytes=limit)
        except ChecklyError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - whatever the HTTP stack raises becomes one of our errors
            problem = self._transport_error(error, sent=None if sending is None else sending.sent)
        else:
            if answer.status != 429:
                return answer
            problem = ApiError(
                f"429: too many requests{_asked(answer)}{said(answer)}", status=429, retry_after=answer.retry_after
            )
        # Outside the except block, so that the original, which holds the request's headers, is not chained to it.
        raise problem

    def _transport_error(self, error: Exception, *, sent: bool | None) -> TransportError:
        """Describe an exception of the HTTP stack in our own words, because foreign ones may name a proxy with its password."""
        where = self._origin
        causes = list(_causes(error))
        timed_out = isinstance(error, requests.exceptions.Timeout) or any(isinstance(c, TimeoutError) for c in causes)
        # A trigger request knows from its connection whether it was sent; for a read the exception is good enough.
        connected = sent if sent is not None else not any(isinstance(c, _NOT_CONNECTED) for c in (error, *causes))
        if not connected:
            return _not_connected(error, causes, where, timed_out=timed_out)
        if timed_out:
            return TransportError(f"the answer of {where} did not arrive in time")
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return InvalidResponse(f"the answer of {where} could not be read")
        return TransportError(f"the connection to {where} broke before the answer was complete")


def _not_connected(error: Exception, causes: list[BaseException], where: str, *, timed_out: bool) -> TransportError:
    tls = next((cause for cause in causes if type(cause).__name__ == "SSLCertVerificationError"), None)
    if tls is not None or isinstance(error, requests.exceptions.SSLError):
        return TransportError(_tls_message(where, tls), sent="no", retry=False)
    if isinstance(error, requests.exceptions.ProxyError):
        status = re.search(r"Tunnel connection failed: (\d{3})\b", str(error))
        why = f"it answered CONNECT with {status[1]}" if status else "no connection was established"
        return TransportError(
            f"the proxy for {where} could not be used (see HTTPS_PROXY and NO_PROXY): {why}", sent="no"
        )
    if isinstance(error, _UNUSABLE):
        msg = f"no request to {where} could be made; are checkly:apiUrl and HTTPS_PROXY right?"
        return TransportError(msg, sent="no", retry=False)
    why = "it did not answer in time" if timed_out else _why(causes)
    return TransportError(f"could not connect to {where}: {why}", sent="no")


_UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
    UnicodeError,
)
_NOT_CONNECTED = (
    ConnectionRefusedError,
    socket.gaierror,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.ConnectTimeout,
    *_UNUSABLE,
)


def failed(answer: Answer) -> ApiError:
    """Return the error for a status of 500 or more."""
    return ApiError(
        f"{answer.status}: Checkly, or a proxy before it, failed{_asked(answer)}{said(answer)}",
        status=answer.status,
        retry_after=answer.retry_after,
    )


def said(answer: Answer) -> str:
    """Quote what an error answer says."""
    return f" (Checkly says: {answer.message})" if answer.message else ""


def _asked(answer: Answer) -> str:
    return "" if answer.retry_after is None else f", asked to wait {answer.retry_after:.0f} s"


def _check_ca_bundle(api_url: str) -> None:
    """Requests would raise a bare OSError for a missing file, in the middle of an update."""
    if not api_url.startswith("https:"):
        return
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(variable)
        if path and not Path(path).exists():
            raise ConfigError([f"environment variable {variable}: the file does not exist"])
        if path:
            return


def _tls_message(where: str, error: BaseException | None) -> str:
    why = printable(str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "the handshake failed"))
    if re.search("basic constraints|authority key identifier|key usage", why, re.IGNORECASE):
        advice = (
            "the certificate authority was found, but its certificate breaks a rule that Python checks since version 3.13; "
            "have it issued again with that extension, or use Python 3.12"
        )
    else:
        advice = "if its certificate is from your own authority, set REQUESTS_CA_BUNDLE to a file with that authority"
    return f"no trusted connection to {where} ({why}); {advice}"


def _why(causes: list[BaseException]) -> str:
    for kind, words in (
        (socket.gaierror, "the host name is not known"),
        (ConnectionRefusedError, "it refused the connection"),
        (ConnectionError, "it closed the connection"),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return "no connection was established"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that it wraps, as cause, context or argument."""
    seen: list[BaseException] = []
    todo: list[Any] = [error]
    while todo and len(seen) < 50:
        item = todo.pop()
        item = getattr(item, "reason", item) if not isinstance(item, BaseException) else item
        if isinstance(item, BaseException) and not any(item is other for other in seen):
            seen.append(item)
            yield item
            todo += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
