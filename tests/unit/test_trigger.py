"""What a trigger does with the answers of Checkly, without a network."""

from __future__ import annotations

import threading

import pytest
from pulumi.output import Unknown

from checkly_dynamic.core import trigger
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.errors import NoMatchingChecks, PayloadError, SessionNotFound, Unauthorized
from checkly_dynamic.provider import CheckSessionTriggerProvider, CheckSessionVerdictProvider

FIRST, SECOND, THIRD = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")


def session(id_: str, status: str = "STARTED", check_id: str = FIRST) -> CheckSession:
    """Return a session as the API answers it."""
    raw = {
        "checkSessionId": id_,
        "checkId": check_id,
        "status": status,
        "checkSessionLink": f"https://checkly.test/{id_}",
    }
    return CheckSession.from_api(
        {**raw, "checkType": "API", "name": f"check {id_}", "timeElapsed": 3, "runLocations": ["eu"]}
    )


class Checkly:
    """Stands for the client; answers from a dictionary and remembers what was asked."""

    def __init__(self, answers=None, started=()):
        self.answers, self.started = answers or {}, started
        self.asked: list[str] = []
        self.bodies: list[object] = []
        self._lock = threading.Lock()

    def trigger(self, body, *, deadline, before):
        """Answer one trigger request."""
        before()
        assert deadline.remaining() > 0
        self.bodies.append(body)
        if isinstance(self.started, Exception):
            raise self.started
        return list(self.started)

    def get(self, session_id, *, deadline):
        """Answer one question for a session."""
        assert deadline.remaining() > 0
        with self._lock:
            self.asked.append(session_id)
        answer = self.answers[session_id]
        if isinstance(answer, Exception):
            raise answer
        return answer


def started(inputs, checkly, calls=None):
    """Run a trigger and return its outputs."""
    body = trigger.body(inputs, api_version="v1")
    return trigger.start(inputs, body, checkly, before=lambda: (calls if calls is not None else []).append("before"))


def test_the_outputs_are_the_answer_in_its_order():
    """Sessions exactly as the API returned them; ids, statuses and links in the same order."""
    calls: list[str] = []
    inputs = {"target": {"matchTags": [["a"]]}, "refreshCache": True}
    checkly = Checkly(started=[session("s2"), session("s1", "PASSED")])
    outputs = started(inputs, checkly, calls)
    assert checkly.bodies == [{"target": {"matchTags": [["a"]]}, "refreshCache": True}]
    assert calls == ["before"]
    assert outputs["sessionIds"] == ["s2", "s1"]
    assert outputs["statuses"] == ["STARTED", "PASSED"]
    assert outputs["links"] == ["https://checkly.test/s2", "https://checkly.test/s1"]
    assert list(outputs["sessions"][0]) == [
        *("checkSessionId", "checkSessionLink", "checkId", "checkType", "status"),
        *("startedAt", "stoppedAt", "timeElapsed", "runLocations", "name"),
    ]
    assert outputs["missingCheckIds"] == []
    assert outputs["triggeredAt"].endswith("Z")
    own = {"sessions", "sessionIds", "statuses", "links", "missingCheckIds", "triggeredAt"}
    assert set(outputs) == {*own, "deployVersion"}
    assert outputs["deployVersion"] == "", (
        "stored also when there is none, so that Pulumi fills in none from the program"
    )


def test_a_check_that_was_asked_for_and_did_not_run_is_named():
    """A deleted or deactivated check gets no session, which must not pass for success."""
    outputs = started({"target": {"checkId": [FIRST, SECOND]}}, Checkly(started=[session("s1", check_id=FIRST)]))
    assert outputs["missingCheckIds"] == [SECOND]


def test_no_match_is_an_error_unless_it_was_allowed():
    """With on_no_match="pass" nothing ran and nothing failed; ids that were asked for are still missing."""
    nothing = Checkly(started=NoMatchingChecks("404: no active check matches", status=404))
    for word in ("fail", None):
        with pytest.raises(NoMatchingChecks):
            started({"target": {"matchTags": [["a"]]}, "onNoMatch": word}, nothing)
    outputs = started({"target": {"checkId": [FIRST]}, "onNoMatch": "pass"}, nothing)
    assert outputs["sessions"] == outputs["sessionIds"] == outputs["statuses"] == outputs["links"] == []
    assert outputs["missingCheckIds"] == [FIRST]


def test_nothing_is_sent_when_starting_is_not_allowed_any_more():
    """What is called before a POST may stop it."""

    def stop():
        raise Unauthorized("stop", status=401)

    checkly = Checkly()
    with pytest.raises(Unauthorized):
        trigger.start({}, {}, checkly, before=stop)
    assert checkly.bodies == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_body_is_held_to_the_document_before_it_is_sent(version):
    """Whatever got past check, a body that the document does not allow is not sent."""
    with pytest.raises(PayloadError, match=r"target\.matchTags\[0\]\[0\]: must be a text"):
        trigger.body({"target": {"matchTags": [[7]]}}, api_version=version)
    with pytest.raises(PayloadError, match=r"target\.checkId\[0\]: must be a UUID"):
        trigger.body({"target": {"checkId": ["home"]}}, api_version=version)


def refreshed(stored, checkly):
    """Refresh stored sessions; return the statuses that follow, and what was said."""
    lines: list[str] = []
    outputs = trigger.refreshed({"sessions": [one.to_api() for one in stored]}, checkly, lines.append)
    assert [raw["status"] for raw in outputs["sessions"]] == outputs["statuses"]
    assert outputs["sessionIds"] == [one.id for one in stored]
    return outputs, lines


def test_a_refresh_reads_only_what_had_not_ended():
    """Final sessions are not asked for again; what only the first answer told is kept."""
    later = session("s1", "FAILED")._replace(name="", link="", run_locations=())
    outputs, lines = refreshed([session("s1"), session("s2", "PASSED")], checkly := Checkly({"s1": later}))
    assert checkly.asked == ["s1"]
    assert outputs["statuses"] == ["FAILED", "PASSED"]
    assert outputs["sessions"][0]["name"] == "check s1"
    assert outputs["links"] == ["https://checkly.test/s1", "https://checkly.test/s2"]
    assert lines == []


def test_what_cannot_be_refreshed_keeps_what_is_stored():
    """A forgotten session is one of many: the others are still read, and one line tells how many were not."""
    gone = SessionNotFound("404: Checkly does not know this check session", status=404)
    outputs, lines = refreshed([session("s1"), session("s2")], Checkly({"s1": gone, "s2": session("s2", "PASSED")}))
    assert outputs["statuses"] == ["STARTED", "PASSED"]
    assert lines == ["1 of 2 statuses were not refreshed: 404: Checkly does not know this check session"]


def test_a_failure_that_meets_all_stops_the_refresh(monkeypatch):
    """A wrong key or a server that is gone is noticed once, not once for each of a thousand sessions."""
    monkeypatch.setattr(trigger, "READERS", 1)
    refused = Unauthorized("401: the API key was not accepted", status=401)
    stored = [session(f"s{number}") for number in range(100)]
    outputs, lines = refreshed(stored, checkly := Checkly({one.id: refused for one in stored}))
    assert checkly.asked == ["s0"]
    assert outputs["statuses"] == ["STARTED"] * 100
    assert lines == ["100 of 100 statuses were not refreshed: 401: the API key was not accepted"]


def test_running_looks_at_any_state():
    """A state of an older version, or of no session at all, has an answer."""
    assert trigger.running({}) == trigger.running({"sessions": None}) == []
    assert [
        one.id
        for one in trigger.running(
            {"sessions": [{"checkSessionId": "s1"}, {"checkSessionId": "s2", "status": "PASSED"}]}
        )
    ] == ["s1"]


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [
        (CheckSessionTriggerProvider, {"runAllChecks": Unknown()}),
        (CheckSessionTriggerProvider, {"target": {"matchTags": [["a"], Unknown()]}}),
        (CheckSessionVerdictProvider, {"waitFor": [{"sessionIds": [], "noMatchAllowed": Unknown()}]}),
        (CheckSessionVerdictProvider, {"waitFor": [{"sessionIds": [Unknown()]}]}),
    ],
    ids=["all", "target", "no match", "session"],
)
def test_nothing_is_started_or_judged_from_what_is_not_known(provider, inputs):
    """Check steps over an unknown value; a create that met one could run every check, or be green without any."""
    with pytest.raises(RuntimeError, match="a value is not known, so nothing is started"):
        provider().create({"resourceName": "smoke", **inputs})
