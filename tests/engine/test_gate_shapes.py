"""Gates of every shape on the real engine: many triggers, many gates, components, aliases, many sessions, other hosts."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime

from gates import HEAD, check, check_id, of_type, posts, runs, scenario, verdict

TAGS = [f"part-{number}" for number in range(8)]

MANY = f"""{HEAD}
triggers = [CheckSessionTrigger(tag, target={{"match_tags": [[tag]]}}, deploy_version="1") for tag in {TAGS}]
eight = CheckSessionGate("eight", wait_for=triggers)
one = CheckSessionGate("one", wait_for=triggers[0])
other = CheckSessionGate("other", wait_for=triggers[0], attempts=2, on_failure="record")

class Release(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("app:index:Release", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.trigger = CheckSessionTrigger("inner", target={{"match_tags": [["hundred"]]}}, opts=inside)
        self.gate = CheckSessionGate("inner", wait_for=self.trigger, on_failure="record", GATE_OPTS)
        self.register_outputs({{}})

release = Release("release", RELEASE_OPTS)
stash("behind-the-component", depends_on=[release])
pulumi.export("eight", eight.summary)
pulumi.export("inner", release.gate.summary)
"""


def many(name: str = "inner", gate_alias: str = "", release_alias: str = "", release: str = "release") -> str:
    """Return the program, with gate and component under these names and aliases."""
    options = f"opts=pulumi.ResourceOptions(parent=self, protect=True, aliases=[{gate_alias}])"
    return (
        MANY.replace("GATE_OPTS", options)
        .replace("RELEASE_OPTS", f"opts=pulumi.ResourceOptions(aliases=[{release_alias}])")
        .replace('Gate("inner"', f"Gate({name!r}")
        .replace('Release("release"', f"Release({release!r}")
    )


def alias(name: str) -> str:
    """Return the text of an alias by name."""
    return f"pulumi.Alias(name={name!r})"


def test_gates_of_every_shape_in_one_program(make_project, make_checkly):
    """
    A gate over eight triggers, two gates over one trigger, and a protected gate of a hundred sessions inside a component.

    Each session of a trigger is its own; re-runs are per gate; a hundred random endings are counted right, with one request
    for each session. Renaming the gate and its component with aliases changes nothing and asks nothing.
    """
    chance = random.Random(4)
    words = [chance.choice(["PASSED", "PASSED", "DEGRADED", "FAILED", "TIMED_OUT", "CANCELLED"]) for _ in range(100)]
    hundred = [
        check(f"hundred-{number}", word, seconds=chance.random() * 3, tags=["hundred"])
        for number, word in enumerate(words)
    ]
    eight = [check(tag, "FAILED", "PASSED", "PASSED") if tag == TAGS[0] else check(tag) for tag in TAGS]
    checkly = make_checkly(scenario=scenario(*eight, *hundred))
    project = make_project(many(), env={**checkly.env, "CHECKLY_API_VERSION": "v2"})
    red = project.up("--continue-on-error", expect="failure")
    assert "error: GateFailed: eight: 1 of 8 checks did not pass (1 FAILED)" in red.text
    assert "error: GateFailed: one: 1 of 1 check did not pass (1 FAILED)" in red.text
    assert verdict(project, "other")["counts"] == {"PASSED": 1, "flaky": 1}
    inner = verdict(project, "inner")
    assert inner["counts"] == dict(Counter(words))
    assert inner["conclusion"] == "FAILED"
    assert [session["name"] for session in inner["sessions"]] == [f"hundred-{number}" for number in range(100)]
    assert "behind-the-component" in of_type(project, "Stash"), "record mode has no barrier"
    by_session = Counter(entry["path"] for entry in checkly.requests if "completion" in entry["path"])
    assert len(by_session) == 109
    assert sorted(by_session.values()) == [1] * 108 + [3], "the session of the first trigger has three gates"
    assert len(posts(checkly)) == 10

    project.up()
    assert runs(checkly)[TAGS[0]] == 4, "one run by the trigger, and one re-run by each of three gates"
    assert sum(runs(checkly).values()) == 7 + 4 + 100
    gate = of_type(project, ":CheckSessionVerdict")["inner"]
    assert gate["protect"] is True
    asked = len(checkly.requests)
    project.write(many("renamed", alias("inner"), alias("release"), "renamed-release"))
    assert set(project.up().changes) == {"unchanged"}
    renamed = of_type(project, ":CheckSessionVerdict")["renamed"]
    assert renamed["outputs"]["sessionIds"] == gate["outputs"]["sessionIds"]
    assert len(checkly.requests) == asked
    assert "protect" in project.destroy(expect="failure").text


FIVE = f"""{HEAD}
import quick

for number in range(5):
    trigger = CheckSessionTrigger(f"t{{number}}", target={{"check_ids": [{check_id("Slow")!r}]}})
    CheckSessionGate(f"g{{number}}", wait_for=trigger)
quick.Quick("quick")
"""

QUICK = """
from pulumi import dynamic

class QuickProvider(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("quick", {})

class Quick(dynamic.Resource):
    def __init__(self, name):
        super().__init__(QuickProvider(), name, {})
"""


def test_at_most_four_gates_wait_at_once(make_project, make_checkly):
    """
    The plugin host has four worker threads for all dynamic resources of a program.

    Of five gates the fifth begins when the first has ended. All end well, and so does a quick dynamic resource beside them.
    """
    checkly = make_checkly(scenario=scenario(check("Slow", seconds=4)))
    project = make_project(FIVE, env=checkly.env)
    (project.work / "quick.py").write_text(QUICK)
    project.up()
    looks = [verdict(project, f"g{number}") for number in range(5)]
    assert [look["conclusion"] for look in looks] == ["PASSED"] * 5
    began = sorted(datetime.fromisoformat(look["startedAt"].replace("Z", "+00:00")) for look in looks)
    ended = min(datetime.fromisoformat(look["finishedAt"].replace("Z", "+00:00")) for look in looks)
    assert began[3] < ended <= began[4]
    assert "quick" in project.resources()


SHORT = f"""{HEAD}
from datetime import timedelta

service = stash("service")
gate = CheckSessionGate(
    "smoke-passed",
    target={{"match_tags": [["smoke"]]}},
    deploy_version="1",
    timeout_seconds=timedelta(minutes=1),
    fail_on={{"FAILED", "TIMED_OUT"}},
    non_blocking={{"Sick", "Nobody"}},
    opts=pulumi.ResourceOptions(depends_on=[service]),
)
stash("live", depends_on=[gate])
pulumi.export("summary", gate.summary)
"""


def test_the_short_form_creates_the_trigger_and_non_blocking_checks_do_not_count(make_project, make_checkly):
    """
    Without ``wait_for`` the gate creates the trigger under its own name; both wait for the gate's ``depends_on``.

    A non-blocking check that fails is shown and does not stop the deployment; a name that no check has is a warning.
    """
    checkly = make_checkly(scenario=scenario(check("Home"), check("Sick", "FAILED")))
    project = make_project(SHORT, env=checkly.env)
    said = project.up().text
    assert "warning: non_blocking: no check has the id or name Nobody" in said
    summary = project.outputs()["summary"]
    assert (summary["passed"], summary["failed"]) == (True, [])
    assert summary["checks"] == {"Home": "PASSED", "Sick": "FAILED"}
    assert summary["reason"] == "1 check passed (non-blocking: 1 FAILED)"
    trigger = of_type(project, ":CheckSessionTrigger")["smoke-passed"]
    for resource in (trigger, of_type(project, ":CheckSessionVerdict")["smoke-passed"]):
        assert any(urn.endswith("Stash::service") for urn in resource["dependencies"])
    assert trigger["parent"].endswith("CheckSessionGate::smoke-passed")
    assert set(project.up().changes) == {"unchanged"}
    assert len(posts(checkly)) == 1
