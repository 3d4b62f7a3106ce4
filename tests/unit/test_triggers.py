"""What the triggers do with the answers of Checkly, without a network and without Pulumi."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Any

import pytest
from pulumi.output import Unknown

from checkly_dynamic.core.operation import Operation, ProcessState
from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.test_results import read_test_session
from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.errors import (
    ApiError,
    ChecklyError,
    NoMatchingChecks,
    OperationCancelled,
    SessionNotFound,
    TransportError,
)
from checkly_dynamic.provider import CheckSessionTriggerProvider, CheckSessionVerdictProvider

FIRST, SECOND = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "12")
TAGS = {"target": {"matchTags": [["a"]]}, "resourceName": "smoke"}
CHECKS, TESTS = CheckSessionTriggerResource(), TestSessionTriggerResource()


def session(id_, status="STARTED", check_id=FIRST):
    """Return a session as the API answers it."""
    raw = {
        "checkSessionId": id_,
        "checkId": check_id,
        "status": status,
        "checkSessionLink": f"https://checkly.test/{id_}",
    }
    return Run.from_api({**raw, "checkType": "API", "name": f"check {id_}", "runLocations": ["eu"]})


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
        self.bodies: list[Any] = []
        self.secrets: list[str] = []
        self.lines: list[str] = []
        self._lock = threading.Lock()

    def start(self, _kind, body, *, deadline, sending):
        """Answer one trigger request; an exception that may have started checks is raised after sending."""
        sending.before_trigger()
        sending.begin()
        assert deadline.remaining() > 100
        self.bodies.append(body)
        answer = self.started.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

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
    def connect(self, secrets):
        """Be the client of an operation."""
        self.secrets += secrets
        yield self

    def operation(self, **more: Any) -> Operation:
        """Return an operation that reaches this client."""
        log: Any = type("Log", (), {"info": lambda _, line: self.lines.append(line)})()
        more = {"before_trigger": lambda: None, "process": ProcessState(), **more}
        return Operation(connect=self.connect, log=log, **more)  # type: ignore[arg-type]


def test_the_outputs_are_the_answer_in_its_order():
    """Sessions exactly as the API returned them; ids, statuses and links in the same order."""
    checkly = Checkly([session("s2"), session("s1", "PASSED")])
    outputs = CHECKS.run({}, {**TAGS, "refreshCache": True}, checkly.operation())
    assert checkly.bodies == [{"target": {"matchTags": [["a"]]}, "refreshCache": True}]
    assert (outputs["sessionIds"], outputs["statuses"]) == (["s2", "s1"], ["STARTED", "PASSED"])
    assert outputs["links"] == ["https://checkly.test/s2", "https://checkly.test/s1"]
    assert outputs["sessions"][0] == session("s2").to_api()
    assert (outputs["missingCheckIds"], outputs["triggeredAt"][-1]) == ([], "Z")
    assert outputs["deployVersion"] == "", (
        "stored also when there is none, so that Pulumi fills in none from the program"
    )


def test_the_outputs_of_a_test_session():
    """Its id, link and status, and what is known of each check; secrets are masked in all answers."""
    checkly = Checkly(a_test_session())
    variables = {"environmentVariables": {"URL": "u", "TOKEN": "s3cret"}, "secretEnvironmentVariables": ["TOKEN"]}
    outputs = TESTS.run({}, {**TAGS, **variables, "deployVersion": " 7"}, checkly.operation())
    assert (outputs["sessionId"], outputs["link"], outputs["status"]) == ("t1", "https://checkly.test/t1", "RUNNING")
    row = {"checkId": FIRST, "name": "Home", "checkType": "API", "runLocation": None, "status": "PASSED"}
    assert outputs["results"] == [{**row, "link": "https://checkly.test/t1"}]
    assert (checkly.secrets, outputs["deployVersion"]) == (["s3cret"], "7")
    sent = [{"key": "URL", "value": "u"}, {"key": "TOKEN", "value": "s3cret", "secret": True}]
    assert checkly.bodies[0]["environmentVariables"] == sent


def test_a_check_that_was_asked_for_and_did_not_run_is_named():
    """A deleted or deactivated check gets no session; of a test session that is known only with its results."""
    target = {"target": {"checkId": [FIRST, SECOND]}, "resourceName": "x"}
    assert CHECKS.run({}, target, Checkly([session("s1")]).operation())["missingCheckIds"] == [SECOND]
    assert TESTS.run({}, target, Checkly(a_test_session()).operation())["missingCheckIds"] == [SECOND]
    for unclear in (a_test_session(results=0), a_test_session(check_id=None)):
        assert TESTS.run({}, target, Checkly(unclear).operation())["missingCheckIds"] == []


@pytest.mark.parametrize("resource", [CHECKS, TESTS], ids=["check", "test"])
def test_no_match_is_an_error_unless_it_was_allowed(resource):
    """With on_no_match="pass" nothing ran and nothing failed; ids that were asked for are still missing."""
    nothing = NoMatchingChecks("404: no active check matches the target", status=404)
    with pytest.raises(NoMatchingChecks, match='correct the target, or set on_no_match="pass"'):
        resource.run({}, TAGS, Checkly(nothing).operation())
    outputs = resource.run({}, {**TAGS, "onNoMatch": "pass"}, Checkly(nothing).operation())
    assert not any(outputs[key] for key in ("sessions", "sessionIds", "sessionId", "results") if key in outputs)


def may_have_started():
    """Return an error after which checks may have started."""
    error = TransportError("the answer did not arrive. Checks may have started")
    error.may_have_started = True
    return error


def test_a_request_whose_outcome_is_unknown_is_not_sent_again_by_a_hook():
    """A resource hook may ask the engine to run a failed create again: the same message, and no second POST."""
    checkly, process = Checkly(may_have_started(), [session("s1")], [session("s2")], [session("s3")]), ProcessState()
    for _ in range(2):
        with pytest.raises(ChecklyError, match=r"^the answer did not arrive\. Checks may have started$"):
            CHECKS.run({}, TAGS, checkly.operation(process=process))
    assert len(checkly.bodies) == 1
    other = {**TAGS, "resourceName": "other"}
    changed = {**TAGS, "target": {"matchTags": [["b"]]}}
    for inputs in (other, changed):
        CHECKS.run({}, inputs, checkly.operation(process=process))
    CHECKS.run({}, TAGS, checkly.operation())
    assert len(checkly.bodies) == 4, "another resource, another body, and another process are not concerned"


def test_a_request_that_was_refused_may_be_sent_again():
    """Nothing has started, so there is nothing to remember."""
    checkly, process = Checkly(ApiError("401", status=401), [session("s1")]), ProcessState()
    with pytest.raises(ApiError):
        CHECKS.run({}, TAGS, checkly.operation(process=process))
    assert CHECKS.run({}, TAGS, checkly.operation(process=process))["sessionIds"] == ["s1"]


def test_nothing_is_sent_when_starting_is_not_allowed_any_more():
    """The engine was killed: what is called before a POST stops it."""

    def gone():
        raise OperationCancelled("the Pulumi engine has ended")

    checkly = Checkly([session("s1")])
    with pytest.raises(OperationCancelled):
        CHECKS.run({}, TAGS, checkly.operation(before_trigger=gone))
    assert checkly.bodies == []


def refreshed(resource, stored, checkly):
    """Refresh stored outputs."""
    return resource.read(stored, checkly.operation())


def outputs_of(*sessions):
    """Return stored outputs."""
    return {**CHECKS.outputs({}, sessions), "deployVersion": "1"}


def test_a_refresh_reads_what_had_not_ended():
    """Final statuses are kept without a request; what cannot be read keeps what is stored, and one line says why."""
    gone = SessionNotFound("404: Checkly does not know this session", status=404)
    checkly = Checkly(answers={"s1": [session("s1", "FAILED")], "s3": gone})
    stored = outputs_of(session("s1"), session("s2", "PASSED"), session("s3"))
    outputs = refreshed(CHECKS, stored, checkly)
    assert (outputs["statuses"], sorted(checkly.asked)) == (["FAILED", "PASSED", "STARTED"], ["s1", "s3"])
    assert (outputs["sessions"][0]["name"], outputs["deployVersion"]) == ("check s1", "1")
    assert checkly.lines == ["1 of 2 statuses were not refreshed: 404: Checkly does not know this session"]
    settled = outputs_of(session("s2", "PASSED"))
    assert refreshed(CHECKS, settled, untouched := Checkly()) == settled
    assert (untouched.asked, untouched.lines) == ([], [])


def test_a_failure_that_meets_all_stops_the_refresh():
    """A wrong key or a server that is gone is noticed soon, not once for each of a thousand sessions."""
    refused = ApiError("401: the API key was not accepted", status=401)
    stored = outputs_of(*(session(f"s{number}") for number in range(1000)))
    checkly, release = Checkly(answers=dict.fromkeys(stored["sessionIds"], refused)), threading.Event()
    get = checkly.get

    def slow(kind, session_id, *, deadline):
        if session_id != "s0":
            release.wait(10)
        return get(kind, session_id, deadline=deadline)

    checkly.get = slow  # type: ignore[method-assign]
    assert refreshed(CHECKS, stored, checkly) == stored
    assert checkly.asked == ["s0"]
    release.set()
    assert checkly.lines == ["1000 of 1000 statuses were not refreshed: 401: the API key was not accepted"]


def test_a_refresh_of_a_test_session_learns_its_results():
    """While it had not ended; afterwards nothing is asked."""
    stored = {"sessionId": "t1", "status": "RUNNING", "results": [], "target": {"checkId": [FIRST, SECOND]}}
    outputs = refreshed(TESTS, stored, Checkly(answers={"t1": a_test_session("PASSED")}))
    assert (outputs["status"], len(outputs["results"]), outputs["missingCheckIds"]) == ("PASSED", 1, [SECOND])
    for ended in (outputs, {"sessionId": "", "status": ""}, {}):
        assert refreshed(TESTS, ended, checkly := Checkly()) == ended
        assert checkly.asked == []


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [
        (CheckSessionTriggerProvider, lambda: {"runAllChecks": Unknown()}),
        (CheckSessionTriggerProvider, lambda: {"target": {"matchTags": [["a"], Unknown()]}}),
        (CheckSessionVerdictProvider, lambda: {"waitFor": [{"sessionIds": [], "noMatchAllowed": Unknown()}]}),
        (CheckSessionVerdictProvider, lambda: {"waitFor": [{"sessionIds": [Unknown()]}]}),
    ],
    ids=["all", "target", "no match", "session"],
)
def test_nothing_is_started_or_judged_from_what_is_not_known(provider, inputs):
    """Check ignores an unknown value; a create with one could run every check, or be good without any."""
    with pytest.raises(RuntimeError, match="a value is not known, so nothing is started"):
        provider().create({"resourceName": "smoke", **inputs()})


def test_a_verdict_over_a_trigger_that_never_ran_says_so():
    """With --target or --exclude the trigger may be missing; the message is not about a missing field."""
    with pytest.raises(RuntimeError, match="a trigger of this gate has never run; run pulumi up without --target"):
        CheckSessionVerdictProvider().create({"waitFor": [{"deployVersion": "1"}]})
