"""The verdict resource of a gate. It never fails because of a bad check, so that the state keeps all results."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.changes import differ, is_settled, verdict_changes
from checkly_dynamic.core.gate import GateUpdate
from checkly_dynamic.core.operation import Operation, Resource
from checkly_dynamic.core.payload import secret_values, test_body
from checkly_dynamic.core.progress import Log
from checkly_dynamic.core.runs import Runs
from checkly_dynamic.core.sessions import NO_SESSION, Run, string
from checkly_dynamic.core.summary import checks_by_name, failed_lines
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.validation import problems, refuse
from checkly_dynamic.core.values import UNKNOWN, contains_unknown
from checkly_dynamic.core.verdict import Policy, Verdict
from checkly_dynamic.core.wait_for import carry_over, judged_by, started_from_state
from checkly_dynamic.errors import PayloadError


class CheckSessionVerdictResource(Resource):
    """Waits, judges and records; a child of ``CheckSessionGate``."""

    id = "check-session-verdict"
    user_input = False

    def check(self, inputs: Mapping[str, Any]) -> list[str]:
        """List everything that is wrong with the inputs."""
        if _trigger_never_ran(inputs):
            # Its own error says why.
            inputs = {**inputs, "waitFor": UNKNOWN}
        found = problems("check-session-verdict", {key: value for key, value in inputs.items() if value is not None})
        return found or _nothing_blocks(inputs)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Sequence[str]:
        """Look again if the sessions or the rules to judge them have changed, or if the verdict is not good."""
        if _trigger_never_ran(news):
            return ["waitFor"]
        return verdict_changes(olds, news) or ([] if is_settled(olds) else ["passed"])

    def warn(self, stored: Mapping[str, Any], log: Log) -> None:
        """Show a warning while the stored verdict is bad and only recorded."""
        if stored.get("onFailure") == "record" and stored.get("conclusion") not in (None, "PASSED"):
            log.warning(_warning(stored))

    def run(self, olds: Mapping[str, Any], inputs: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """Wait for the sessions, judge them and return the verdict."""
        refuse(self.check(inputs), inputs)
        if _trigger_never_ran(inputs):
            msg = "wait_for: a trigger of this gate has never run; run pulumi up without --target and --exclude"
            raise PayloadError([msg])
        policy = Policy.from_state(inputs)
        expected = inputs.get("expectedDeployVersions")
        if expected is not None and differ(expected, judged_by(inputs["waitFor"])["deployVersions"]):
            # A re-run would run against what the program deploys now, and would stand for the version of the sessions.
            policy = replace(policy, attempts=0)
        started = started_from_state(inputs["waitFor"])
        carried = carry_over(olds, started)
        # A new verdict on old sessions, for example after a taint or a rename, does not know which checks passed only in a
        # re-run. So checks that ended bad run again, as in any later update.
        began = operation.process.started_at
        triggered = [str(element.get("triggeredAt") or began) for element in inputs["waitFor"]]
        started_earlier = not olds and all(moment < began for moment in triggered)
        runs = Runs(policy, started, carried, started_earlier=started_earlier)
        where = ""
        flaky = 0
        if carried.same and is_settled(olds):
            # Known runs by new rules: nothing is read, so the times of the last look stay, and what was flaky in it.
            times = string(olds.get("startedAt")), string(olds.get("finishedAt"))
            flaky = int((olds.get("counts") or {}).get("flaky", 0))
        else:
            rerun = [item for item in inputs.get("rerun") or [] if item.get("sessionId")]
            requests = {item["sessionId"]: test_body(item) for item in rerun}
            secrets = [value for item in rerun for value in secret_values(item)]
            with operation.process.running_verdict(), operation.connect(secrets) as client:
                times = GateUpdate(policy, runs, client, operation, rerun_requests=requests).run()
                where = f". They ran at {client.local_url}, not at Checkly." if client.local_url else ""
        outputs = {**inputs, **_outputs(runs.judge(flaky_before=flaky), runs.all(), times)}
        for name in policy.non_blocking:
            only = Policy(non_blocking=(name,))
            if not any(map(only.is_non_blocking, runs.counting())):
                operation.log.warning(f"non_blocking: no check has the id or name {printable(name)}")
        self._log_result(outputs, policy, operation.log, where)
        return outputs

    def _log_result(self, outputs: Mapping[str, Any], policy: Policy, log: Log, where: str) -> None:
        """Show one final line. On red, that is the barrier's error."""
        if outputs["passed"]:
            log.info(f"{outputs['reason']}{where if outputs['sessions'] else ''}")
        elif policy.record_only:
            log.warning(_warning(outputs))
        else:
            log.progress(str(outputs["reason"]))


def _nothing_blocks(inputs: Mapping[str, Any]) -> list[str]:
    names, wait_for = inputs.get("nonBlocking") or [], inputs["waitFor"]
    if contains_unknown([names, wait_for]):
        return []
    policy = Policy(non_blocking=tuple(names))
    runs = [run for trigger in started_from_state(wait_for) for run in trigger.sessions]
    if runs and all(map(policy.is_non_blocking, runs)):
        return ["non_blocking: names every check of this gate, so nothing could stop the deployment"]
    return []


def _trigger_never_ran(inputs: Mapping[str, Any]) -> bool:
    """
    Whether a trigger has never run: it failed in this update, or was left out of it.

    Pulumi drops its element of ``waitFor``, or leaves it without sessions. The native provider is not told how many there are.
    """
    wait_for, number = inputs.get("waitFor"), inputs.get("triggerCount") or 1
    if not isinstance(wait_for, list) or number is UNKNOWN:
        return False
    return len(wait_for) < number or any(isinstance(e, Mapping) and "sessionIds" not in e for e in wait_for)


def _warning(outputs: Mapping[str, Any]) -> str:
    lines = failed_lines(outputs.get("failed") or [])
    return "\n".join([f"{outputs.get('conclusion')}: {printable(str(outputs.get('reason')))}", *lines])


def _outputs(verdict: Verdict, runs: Sequence[Run], times: tuple[str, str]) -> dict[str, Any]:
    """Return what a verdict stores."""
    sessions = [run.to_state() for run in runs]
    failed = [_failed_row(run) for run in verdict.not_good]
    started_at, finished_at = times
    return {
        "passed": verdict.passed,
        "conclusion": verdict.conclusion,
        "reason": verdict.reason,
        "counts": verdict.counts,
        "sessions": sessions,
        "sessionIds": [run.id for run in runs],
        "statuses": [run.status for run in runs],
        "links": [run.link for run in runs],
        "failedLinks": [run.link for run in verdict.not_good if run.finished and run.link],
        "failed": failed,
        "checks": checks_by_name(sessions, failed),
        "startedAt": started_at,
        "finishedAt": finished_at,
    }


def _failed_row(run: Run) -> dict[str, Any]:
    more = {
        "runLocations": list(run.run_locations),
        "detail": run.detail,
        "attempt": run.attempt if run.attempt > 1 else None,
    }
    return {
        "name": f"check {run.check_id}" if run.status == NO_SESSION and not run.name else printable(run.label),
        "status": printable(run.status),
        "sessionId": run.id,
        "link": run.link,
        "errors": list(run.errors),
        **{key: value for key, value in more.items() if value},
    }
