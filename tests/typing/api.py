"""
The public interface as mypy --strict sees it.

Never run: a line that no longer type-checks, or an ignore that is no longer needed, fails ``make lint``.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pulumi
from typing_extensions import assert_type

from checkly_dynamic import (
    ApiError,
    ChecklyError,
    CheckSessionGate,
    CheckSessionTrigger,
    ConfigError,
    GateFailed,
    InvalidResponse,
    NoMatchingChecks,
    NotPassed,
    OperationCancelled,
    PayloadError,
    Session,
    SessionNotFound,
    TargetArgs,
    TargetArgsDict,
    TestSessionTrigger,
    TransportError,
    __version__,
    get_matching_checks,
    get_matching_checks_output,
    require_passed,
)

assert_type(__version__, str)

# Every form of a target.
written: TargetArgsDict = {"match_tags": [["production", "!slow"]], "check_ids": ["a4cd4ad9"]}
image = pulumi.Output.from_input("sha256:1")
smoke = CheckSessionTrigger("smoke", target=written, deploy_version=image)
CheckSessionTrigger("literal", target={"match_tags": [["production"]]})
CheckSessionTrigger("api spelling", target={"matchTags": [["production"]]})
CheckSessionTrigger("args", target=TargetArgs(match_tags=[["production"], [image]], check_ids=[image]))
CheckSessionTrigger("output", target=pulumi.Output.from_input(written))
CheckSessionTrigger(
    "all",
    deploy_version="1",
    triggers=[1, {"a": image}],
    refresh_cache=True,
    run_all_checks=True,
    on_no_match="pass",
    opts=pulumi.ResourceOptions(depends_on=[smoke]),
)
tests = TestSessionTrigger(
    "tests",
    target=written,
    deploy_version=image,
    run_location="eu-central-1",
    environment_variables={"URL": image, "TOKEN": pulumi.Output.secret("x")},
    session_name="a name",
    retry_strategy={"type": "FIXED", "max_retries": 2},
    metadata={"commit_id": "abc"},
    allow_deactivated=True,
)

# What a type checker catches before anything runs.
CheckSessionTrigger("positional", written)  # type: ignore[call-arg]
CheckSessionTrigger("misspelt", deployVersion="1")  # type: ignore[call-arg]
CheckSessionTrigger("number", deploy_version=1)  # type: ignore[arg-type]
TestSessionTrigger("number", environment_variables={"A": 1})  # type: ignore[dict-item]
TargetArgs(match_tags=[1])  # type: ignore[list-item]
TargetArgs(matchTags=[["production"]])  # type: ignore[call-arg]
misspelt: TargetArgsDict = {"match_tag": [["production"]]}  # type: ignore[typeddict-unknown-key]


class Mine(CheckSessionTrigger):  # type: ignore[misc]
    """A final class cannot be subclassed."""


# What triggers give.
Strings = pulumi.Output[Sequence[str]]
assert_type(smoke.sessions, pulumi.Output[Sequence[Session]])
assert_type([smoke.session_ids, smoke.statuses, smoke.links, smoke.missing_check_ids], list[Strings])
assert_type([smoke.deploy_version, smoke.on_no_match], list[pulumi.Output[str | None]])
assert_type([smoke.refresh_cache, smoke.run_all_checks], list[pulumi.Output[bool | None]])
assert_type([smoke.triggered_at, tests.session_id, tests.link, tests.status], list[pulumi.Output[str]])
assert_type(tests.results, pulumi.Output[Sequence[Mapping[str, Any]]])


def describe(session: Session) -> str:
    """Use every field of a session with its type."""
    assert_type([session.started_at, session.stopped_at, session.detail, session.test_session_id], list[str | None])
    assert_type(session.time_elapsed, float | None)
    assert_type(session.attempt, int | None)
    assert_type(session.non_blocking, bool | None)
    assert_type(session.run_locations, Sequence[str])
    assert_type(session.errors, Sequence[str] | None)
    names = (session.name, session.status, session.check_type)
    ids = (session.check_session_id, session.check_session_link, session.check_id)
    return " ".join((*names, *ids))


smoke.sessions.apply(lambda sessions: [describe(session) for session in sessions])

# What a gate takes and gives.
gate = CheckSessionGate("gate", wait_for=smoke)
CheckSessionGate(
    "all",
    wait_for=[smoke, tests],
    timeout_seconds=timedelta(minutes=5),
    fail_on={"FAILED", "DEGRADED"},
    attempts=2,
    fail_fast=True,
    non_blocking=["Home page", image],
    on_failure="record",
    failure_details=False,
    opts=pulumi.ResourceOptions(parent=gate),
)
short = CheckSessionGate("short", target=written, deploy_version=image, timeout_seconds=pulumi.Output.from_input(60.5))
assert_type(short.trigger, CheckSessionTrigger | None)
CheckSessionGate("string", wait_for="smoke")  # type: ignore[arg-type]
assert_type(gate.passed, pulumi.Output[bool])
assert_type([gate.conclusion, gate.reason, gate.started_at, gate.finished_at], list[pulumi.Output[str]])
assert_type(gate.counts, pulumi.Output[Mapping[str, int]])
assert_type(gate.sessions, pulumi.Output[Sequence[Session]])
assert_type([gate.session_ids, gate.statuses, gate.links, gate.failed_links], list[Strings])
assert_type(gate.deploy_versions, pulumi.Output[Sequence[str | None]])
assert_type(gate.summary, pulumi.Output[Mapping[str, Any]])

# Functions.
stack = pulumi.StackReference("organization/service/prod")
proof = require_passed(stack, "smoke", deploy_version=image, max_age=timedelta(hours=1))
assert_type(proof.apply(lambda summary: summary.deploy_version), pulumi.Output[str])
assert_type(proof.apply(lambda summary: summary.checks), pulumi.Output[Mapping[str, str]])
require_passed("organization/service/prod", "smoke")  # type: ignore[call-arg]
selection = get_matching_checks(match_tags=[["production"]], check_ids=None, allow_deactivated=True)
assert_type(
    get_matching_checks_output(match_tags=[["production"]]).apply(lambda found: found is selection), pulumi.Output[bool]
)

# Errors: one family, with what the parts of it know.
caught: list[type[ChecklyError]] = [ConfigError, PayloadError, GateFailed, NotPassed, OperationCancelled]
answered: list[type[ApiError]] = [NoMatchingChecks, SessionNotFound]
lost: list[type[TransportError]] = [InvalidResponse]


def advise(error: ChecklyError) -> str:
    """Use what the errors know."""
    if isinstance(error, ConfigError | PayloadError):
        return "\n".join(error.problems)
    if isinstance(error, ApiError):
        return f"{error.status}: wait {error.retry_after}"
    return error.sent if isinstance(error, TransportError) else str(error)
