"""What the triggers do with the answers of Checkly, without a network and without Pulumi."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Any

import pytest
from pulumi.output import Unknown

from checkly_dynamic.core.operation import Operation, ProcessState
from checkly_dynamic.core.session_results import read_check_session, read_test_session
from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.errors import ApiError
from checkly_dynamic.provider import CheckSessionTriggerProvider, CheckSessionVerdictProvider

FIRST, SECOND = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "12")


CHECKS, TESTS = CheckSessionTriggerResource(), TestSessionTriggerResource()


def session(id_, status="STARTED", check_id=FIRST):
    """Return a session as the API answers it."""
    raw = {
        "checkSessionId": id_,
        "checkId": check_id,
        "status": status,
        "checkSessionLink": f"https://checkly.test/{id_}",
    }
    return read_check_session({**raw, "checkType": "API", "name": f"check {id_}", "runLocations": ["eu"]})


def a_test_session(status="RUNNING", *, check_id=FIRST, results=1):
    """Return a test session and its results, as the API answers them."""
    row = {"testSessionResultId": "r1", "checkId": check_id, "name": "Home", "checkType": "API", "status": "PASSED"}
    link = {"testSessionLink": "https://checkly.test/t1"}
    return read_test_session({"testSessionId": "t1", **link, "status": status, "results": [row] * results})


class Checkly:
    """Stands for the client; answers from what it was given and remembers what was asked."""

    def __init__(self, *started: Any, answers: dict[str, Any] | None = None) -> None:
        self.started, self.answers = list(started), answers or {}
        self.asked: list[str] = []
        self.lines: list[str] = []
        self._lock = threading.Lock()

    def start(self, _kind, _body, *, deadline, sending):
        """Answer one trigger request."""
        sending.begin()
        return self.started.pop(0)

    def get(self, _kind, session_id, *, deadline):
        """Answer one question for a session."""
        assert deadline.remaining() > 0
        with self._lock:
            self.asked.append(session_id)
        answer = self.answers[session_id]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextmanager
    def connect(self, _secrets):
        """Be the client of an operation."""
        yield self

    def operation(self) -> Operation:
        """Return an operation that reaches this client."""
        log: Any = type("Log", (), {"info": lambda _, line: self.lines.append(line)})()
        return Operation(connect=self.connect, log=log, before_trigger=lambda: None, process=ProcessState())  # type: ignore[arg-type]


def test_a_check_that_was_asked_for_and_did_not_run_is_named():
    """A deleted or deactivated check gets no session; of a test session that is known only with its results."""
    target = {"target": {"checkId": [FIRST, SECOND]}, "resourceName": "x"}
    assert CHECKS.run({}, target, Checkly([session("s1")]).operation())["missingCheckIds"] == [SECOND]
    assert TESTS.run({}, target, Checkly(a_test_session()).operation())["missingCheckIds"] == [SECOND]
    for unclear in (a_test_session(results=0), a_test_session(check_id=None)):
        assert TESTS.run({}, target, Checkly(unclear).operation())["missingCheckIds"] == []


def test_a_failure_that_meets_all_stops_the_refresh():
    """A wrong key or a server that is gone is noticed soon, not once for each of a thousand sessions."""
    refused = ApiError("401: the API key was not accepted", status=401)
    stored = CHECKS.outputs([session(f"s{number}") for number in range(1000)])
    checkly, release = Checkly(answers=dict.fromkeys(stored["sessionIds"], refused)), threading.Event()
    get = checkly.get

    def slow(kind, session_id, *, deadline):
        if session_id != "s0":
            release.wait(10)
        return get(kind, session_id, deadline=deadline)

    checkly.get = slow  # type: ignore[method-assign]
    assert CHECKS.read(stored, checkly.operation()) == stored
    assert checkly.asked == ["s0"]
    release.set()
    assert checkly.lines == ["1000 of 1000 statuses were not refreshed: 401: the API key was not accepted"]


def test_a_refresh_does_not_believe_the_status_of_another_check():
    """An answer about another check changes nothing."""
    stored = CHECKS.outputs([session("s1"), session("s2")])
    answers = {"s1": [session("s1", "PASSED", check_id=SECOND)], "s2": [session("s2", "FAILED")]}
    assert CHECKS.read(stored, Checkly(answers=answers).operation())["statuses"] == ["STARTED", "FAILED"]


def test_a_refresh_of_a_test_session_learns_its_results():
    """While it had not ended; afterwards nothing is asked."""
    stored = {"sessionId": "t1", "status": "RUNNING", "results": [], "target": {"checkId": [FIRST, SECOND]}}
    outputs = TESTS.read(stored, Checkly(answers={"t1": a_test_session("PASSED")}).operation())
    assert (outputs["status"], len(outputs["results"]), outputs["missingCheckIds"]) == ("PASSED", 1, [SECOND])
    for ended in (outputs, {"sessionId": "", "status": ""}, {}):
        assert TESTS.read(ended, (checkly := Checkly()).operation()) == ended
        assert checkly.asked == []


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [
        (CheckSessionTriggerProvider, lambda: {"target": {"matchTags": [["a"], Unknown()]}}),
        (CheckSessionVerdictProvider, lambda: {"waitFor": [{"sessionIds": [], "noMatchAllowed": Unknown()}]}),
    ],
    ids=["target", "no match"],
)
def test_nothing_is_started_or_judged_from_what_is_not_known(provider, inputs):
    """Check ignores an unknown value; a create with one could run every check, or be good without any."""
    with pytest.raises(RuntimeError, match="a value is not known, so nothing is started"):
        provider().create({"resourceName": "smoke", **inputs()})


def test_a_verdict_over_a_trigger_that_never_ran_says_so():
    """With --target or --exclude the trigger may be missing; the message is not about a missing field."""
    with pytest.raises(RuntimeError, match="a trigger of this gate has never run; run pulumi up without --target"):
        CheckSessionVerdictProvider().create({"waitFor": [{"deployVersion": "1"}]})
