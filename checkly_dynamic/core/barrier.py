"""
The barrier of a gate: it takes the verdict as input and fails when the verdict is not good, so that no dependent can start.

It also compares what the verdict judged with what the program asks for. With ``--target``, ``--exclude`` or ``ignore_changes``
the program may ask for a deploy version, or for sessions, that were never judged.
"""

from collections.abc import Mapping
from typing import Any

from checkly_dynamic.core.changes import differ
from checkly_dynamic.core.operation import Operation, Resource
from checkly_dynamic.core.summary import failed_lines
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.values import contains_unknown
from checkly_dynamic.errors import GateFailed

_PAUSE_FOR_OUTPUTS_SECONDS = 0.5
"""
The engine stops listening at the first failure. Without this pause, one in thirty failed updates kept the previous stack
outputs. The barrier also waits for verdicts that are still running, because all outputs are registered together.
"""

_COMPARED = ("expected", "expectedSessionIds", "judged")

_NEXT = {
    "PENDING": "Run pulumi up again to keep waiting for the same check sessions. If the checks need longer, raise "
    "timeout_seconds. A check that never ends needs a new deploy_version or a change of triggers.",
    "UNKNOWN": "Run pulumi up again: what is known is kept, and only the rest is read or run again.",
    "FAILED": "If the cause is outside this deployment, run pulumi up again: only these checks run again. "
    "If the fix changes what is deployed, give it a new deploy_version, so that all checks run again.",
}


class CheckSessionBarrierResource(Resource):
    """Fails on a verdict that is not good; a child of ``CheckSessionGate``."""

    id = "check-session-barrier"
    user_input = False
    needs_settings = False

    def check(self, _inputs: Mapping[str, Any]) -> list[str]:
        """Accept anything: in a preview the verdict may not be known, and create and update refuse a bad one."""
        return []

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Run, unless a good verdict on what the program asks for was accepted and still stands."""
        if contains_unknown({key: news.get(key) for key in ("passed", *_COMPARED)}):
            return ["passed"]
        # The state of an older version does not have them; its good verdict stands.
        changed = [name for name in _COMPARED if name in olds and differ(olds[name], news.get(name))]
        if olds.get("passed") is not True or news.get("passed") is not True:
            changed.append("passed")
        return changed or (["expected"] if _not_judged(news) else [])

    def run(self, _olds: Mapping[str, Any], inputs: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """Accept a good verdict on what the program asks for; otherwise raise GateFailed, so that the old state is kept."""
        good = inputs.get("passed") is True
        problem = _not_judged(inputs) if good else _bad_verdict(inputs)
        if good and not problem:
            if "expected" not in inputs:  # only another language can leave it out
                operation.log.warning(
                    "expected_deploy_versions is not given, so a deployment with --target or --exclude may let a version through "
                    "that was not checked"
                )
            return dict(inputs)
        operation.process.wait_for_verdicts(_PAUSE_FOR_OUTPUTS_SECONDS, operation.stop)
        raise GateFailed(f"{inputs.get('resourceName') or 'gate'}: {problem}")


def _bad_verdict(inputs: Mapping[str, Any]) -> str:
    reason = printable(str(inputs.get("reason") or "the verdict is not known"))
    after = _not_judged(inputs) or _NEXT.get(str(inputs.get("conclusion")), "Run pulumi up again.")
    lines = failed_lines(inputs.get("failed") or [])
    return "\n".join([reason, *lines, after, "All results: checkly-dynamic report"])


def _not_judged(inputs: Mapping[str, Any]) -> str:
    """Say what the program asks for but the verdict does not cover. Older versions and other languages may not ask."""
    judged = inputs.get("judged")
    judged = judged if isinstance(judged, Mapping) else {}
    if "expected" in inputs and differ(inputs["expected"], judged.get("deployVersions")):
        return (
            "the deploy version in the program was not checked; the check sessions are of a different version. "
            "Run pulumi up without --target and --exclude, and without ignore_changes or a transform on deployVersion."
        )
    if "expectedSessionIds" in inputs and differ(inputs["expectedSessionIds"], judged.get("sessionIds")):
        return (
            "the latest sessions of its triggers were not judged; the verdict is about earlier ones. "
            "Run pulumi up without --target and --exclude."
        )
    return ""
