"""
A server between the client and the local Checkly that spoils requests and answers by a schedule.

The fault with a request's number is applied before the request is passed on, so that it has no effect, or to the answer.
"""

import gzip
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from fault_server import SLOW, Closed, Exchange, FaultServer, Step, answer, head, spoilt, whole

LOST = {**spoilt(200), **SLOW}


def _status(status: int, **headers: str) -> Step:
    body = {"statusCode": status, "message": "chaos"}
    return answer(status, body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def _not_found(exchange: Exchange) -> None:
    words = "No matching checks were found." if exchange.request.method == "POST" else "Check session not found."
    answer(404, {"statusCode": 404, "error": "Not Found", "message": words})(exchange)


BEFORE: dict[str, Step] = {
    **{f"{name}, unread": step for name, step in LOST.items()},
    "429": _status(429, Retry_After="0"),
    "429 for a moment": _status(429, Retry_After="0.2"),
    "429 with nonsense": _status(429, Retry_After="soon"),
    "429 for a day": _status(429, Retry_After="86400"),
    "not found": _not_found,
    "proxy's 404": answer(404, []),
    **{
        f"{status}, unread": _status(status, Location="/elsewhere")
        for status in (301, 308, 400, 401, 408, 418, 502, 504)
    },
}
"""The request has no effect."""


def _another(body: bytes) -> bytes:
    other = re.sub(rb'"(check|test)SessionId":"', rb'"\1SessionId":"x', body)
    return re.sub(rb'"status":"[A-Z_]+"', b'"status":"PASSED"', other)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: whole(200, b""),
    "body cut": lambda body: whole(200, body)[:-20],
    "body cut without length": lambda body: head(200) + body[: len(body) // 2],
    "nan": lambda body: whole(200, body.replace(b'"', b"NaN", 1)),
    "502 after it ran": lambda body: whole(502, body),
    "408 after it ran": lambda body: whole(408, body),
    "204 after it ran": lambda _: head(204),
    "another shape": lambda _: whole(200, b'{"sessions": [{"checkSessionId": 7}], "status": [], "results": 7}'),
    "results are no list": lambda body: whole(200, re.sub(rb'"results":\[.*\]', b'"results":7', body)),
    "another, good session": lambda body: whole(200, _another(body)),
}
"""The request had its effect, but its answer is spoilt or, for some, lost."""


def _in_chunks(status: int, body: bytes) -> bytes:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    return head(status, {"Transfer-Encoding": "chunked"}) + chunks + b"0\r\n\r\n"


HARMLESS: dict[str, Callable[[int, bytes], bytes]] = {
    "": whole,
    "compressed": lambda status, body: whole(status, gzip.compress(body), {"Content-Encoding": "gzip"}),
    "in chunks": _in_chunks,
    "called html": lambda status, body: whole(status, body, {"Content-Type": "text/html"}),
    "half an emoji": lambda status, body: whole(status, body.replace(b'"name":"', b'"name":"\\ud83d\\u001b[31m')),
    "strange word": lambda status, body: whole(status, body.replace(b'"API"', b'"QUANTUM"')),
}
"""The answer is a usual one, or at least readable; without a fault it is whole."""

FAULTS = [*BEFORE, *LOST, *SPOILT, *filter(None, HARMLESS)]


@dataclass
class Mangler:
    """
    The script of a :class:`FaultServer`: it passes requests on and spoils them by a schedule.

    Attributes:
        url: Where the local Checkly listens.
        server: The server that plays this script.
        schedule: Number of the request, from 0 → name of the fault.
        told: The complete answers to triggers that reached the client: time (monotonic), status and body.
    """

    url: str
    server: FaultServer
    schedule: Mapping[int, str]
    told: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.script[:] = [self._play]

    def _play(self, exchange: Exchange) -> None:
        request = exchange.request
        number = next(n for n, one in enumerate(self.server.requests) if one is request)
        fault = self.schedule.get(number, "")
        if fault in BEFORE:
            BEFORE[fault](exchange)
            return
        url = f"{self.url}{request.path}"
        passed = requests.request(request.method, url, data=request.body, headers=request.headers, timeout=20)
        if fault in LOST:
            LOST[fault](exchange)
        elif fault in SPOILT:
            exchange.send(SPOILT[fault](passed.content))
            raise Closed
        else:
            if request.method == "POST":
                self.told.append((time.monotonic(), passed.status_code, passed.json()))
            exchange.send(HARMLESS[fault](passed.status_code, passed.content))
