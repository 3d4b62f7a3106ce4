"""Gates of every shape on the real engine: many triggers, many gates, components, aliases, the short form."""

from collections import Counter

from gates import HEAD, check, posts, runs, stashes, verdict

TAGS = [f"part-{number}" for number in range(8)]

MANY = f"""{HEAD}
prefix = pulumi.Config().get("prefix") or ""

def renamed(old, **options):
    aliases = [pulumi.Alias(name=old)] if prefix else []
    return pulumi.ResourceOptions(aliases=aliases, **options)

class Release(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("app:index:Release", prefix + "release", None, renamed("release"))
        inside = pulumi.ResourceOptions(parent=self)
        trigger = CheckSessionTrigger("inner", target={{"match_tags": [["inside"]]}}, opts=inside)
        opts = renamed("inner", parent=self, protect=True)
        CheckSessionGate(prefix + "inner", wait_for=trigger, on_failure="record", opts=opts)
        self.register_outputs({{}})

triggers = [CheckSessionTrigger(tag, target={{"match_tags": [[tag]]}}, deploy_version="1") for tag in {TAGS}]
CheckSessionGate("eight", wait_for=triggers)
CheckSessionGate("one", wait_for=triggers[0])
CheckSessionGate("other", wait_for=triggers[0], attempts=2, on_failure="record")
stash("behind-the-component", depends_on=[Release()])
"""


def test_gates_of_every_shape_in_one_program(make_stack):
    """Eight triggers for a gate, three gates for a trigger, a gate in a component: re-runs are per gate, aliases ask nothing."""
    eight = [check(tag, "FAILED", "PASSED", "PASSED") if tag == TAGS[0] else check(tag) for tag in TAGS]
    project, checkly = make_stack(MANY, *eight, check("Inner", "FAILED", tags=["inside"]))
    project.env["CHECKLY_API_VERSION"] = "v2"
    red = project.up("--continue-on-error", expect="failure")
    assert "error: GateFailed: eight: 1 of 8 checks did not pass (1 FAILED)" in red.text
    assert "error: GateFailed: one: 1 of 1 check did not pass (1 FAILED)" in red.text
    assert verdict(project, "other")["counts"] == {"PASSED": 1, "flaky": 1}
    assert verdict(project, "inner")["conclusion"] == "FAILED"
    assert "behind-the-component" in stashes(project), "record mode has no barrier"
    by_session = Counter(entry["path"] for entry in checkly.requests if "completion" in entry["path"])
    assert sorted(by_session.values()) == [1] * 9 + [3], "the session of the first trigger has three gates"
    assert len(posts(checkly)) == 10

    project.up()
    assert runs(checkly)[TAGS[0]] == 4, "one run by the trigger, and one re-run by each of three gates"
    assert sum(runs(checkly).values()) == 7 + 4 + 1
    gate = project.resources(":CheckSessionVerdict")["inner"]
    assert gate["protect"] is True
    asked = len(checkly.requests)
    assert set(project.up("--config", "prefix=new-").changes) == {"unchanged"}
    renamed = project.resources(":CheckSessionVerdict")["new-inner"]
    assert renamed["outputs"]["sessionIds"] == gate["outputs"]["sessionIds"]
    assert len(checkly.requests) == asked
    assert "protect" in project.destroy(expect="failure").text


FIVE = f"""{HEAD}
for number in range(5):
    gate = CheckSessionGate(f"g{{number}}", target={{"match_tags": [["smoke"]]}}, triggers=[number])
"""


def test_at_most_four_gates_wait_at_once(make_stack):
    """The plugin host has four worker threads: a fifth gate begins when the first has ended, and all end well."""
    project, _ = make_stack(FIVE, check("Slow", seconds=4))
    project.up()
    verdicts = [one["outputs"] for one in project.resources(":CheckSessionVerdict").values()]
    assert [one["conclusion"] for one in verdicts] == ["PASSED"] * 5
    began = sorted(one["startedAt"] for one in verdicts)
    assert began[3] < min(one["finishedAt"] for one in verdicts) <= began[4]


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


def test_the_short_form_creates_the_trigger_and_non_blocking_checks_do_not_count(make_stack):
    """The gate's trigger has its name and waits for its ``depends_on``; a non-blocking failure is shown and stops nothing."""
    project, checkly = make_stack(SHORT, check("Home"), check("Sick", "FAILED"))
    said = project.up().text
    assert "warning: non_blocking: no check has the id or name Nobody" in said
    summary = project.outputs()["summary"]
    assert (summary["passed"], summary["failed"]) == (True, [])
    assert summary["checks"] == {"Home": "PASSED", "Sick": "FAILED"}
    assert summary["reason"] == "1 check passed (non-blocking: 1 FAILED)"
    trigger = project.resources(":CheckSessionTrigger")["smoke-passed"]
    for resource in (trigger, project.resources(":CheckSessionVerdict")["smoke-passed"]):
        assert any(urn.endswith("Stash::service") for urn in resource["dependencies"])
    assert trigger["parent"].endswith("CheckSessionGate::smoke-passed")
    project.write(SHORT.replace('deploy_version="1"', 'deploy_version="1", on_no_match="pass"'))
    assert set(project.up().changes) == {"unchanged"}, "with sessions, on_no_match has no effect, so it is not a change"
    assert len(posts(checkly)) == 1
