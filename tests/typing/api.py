"""
The public interface as mypy --strict sees it.

Never run: a line that no longer type-checks, or an ignore that is no longer needed, fails ``make lint``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from typing_extensions import assert_type

from checkly_dynamic import (
    ApiError,
    BadRequest,
    ChecklyError,
    CheckSessionGate,
    CheckSessionTrigger,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    EngineGone,
    Forbidden,
    GateFailed,
    InvalidResponse,
    NoMatchingChecks,
    NotPassed,
    PayloadError,
    PaymentRequired,
    RateLimited,
    ReadTimeout,
    ServerError,
    Session,
    SessionNotFound,
    TargetArgs,
    TargetArgsDict,
    TlsError,
    TransportError,
    Unauthorized,
    UnexpectedRedirect,
    UnexpectedStatus,
    __version__,
    get_matching_checks,
    get_matching_checks_output,
    require_passed,
)

assert_type(__version__, str)

# Every way to write a target.
written: TargetArgsDict = {
    "match_tags": [["production", "!slow"]],
    "check_ids": ["a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a"],
}
image = pulumi.Output.from_input("sha256:1")
smoke = CheckSessionTrigger("smoke", target=written, deploy_version=image)
CheckSessionTrigger("literal", target={"match_tags": [["production"]]})
CheckSessionTrigger("wire", target={"matchTags": [["production"]]})
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

# What a type checker catches before anything runs.
CheckSessionTrigger("positional", written)  # type: ignore[call-arg]
CheckSessionTrigger("misspelt", deployVersion="1")  # type: ignore[call-arg]
CheckSessionTrigger("number", deploy_version=1)  # type: ignore[arg-type]
TargetArgs(match_tags=[1])  # type: ignore[list-item]
TargetArgs(matchTags=[["production"]])  # type: ignore[call-arg]
misspelt: TargetArgsDict = {"match_tag": [["production"]]}  # type: ignore[typeddict-unknown-key]


class Mine(CheckSessionTrigger):  # type: ignore[misc]
    """A final class cannot be subclassed."""


# What a trigger gives.
assert_type(smoke.sessions, pulumi.Output[Sequence[Session]])
assert_type(smoke.session_ids, pulumi.Output[Sequence[str]])
assert_type(smoke.statuses, pulumi.Output[Sequence[str]])
assert_type(smoke.links, pulumi.Output[Sequence[str]])
assert_type(smoke.missing_check_ids, pulumi.Output[Sequence[str]])
assert_type(smoke.triggered_at, pulumi.Output[str])
assert_type(smoke.deploy_version, pulumi.Output[str | None])
assert_type(smoke.refresh_cache, pulumi.Output[bool | None])
assert_type(smoke.run_all_checks, pulumi.Output[bool | None])
assert_type(smoke.on_no_match, pulumi.Output[str | None])


def describe(session: Session) -> str:
    """Use every field of a session with its type."""
    assert_type(session.started_at, str | None)
    assert_type(session.stopped_at, str | None)
    assert_type(session.time_elapsed, float | None)
    assert_type(session.run_locations, Sequence[str])
    assert_type(session.attempt, int | None)
    assert_type(session.detail, str | None)
    names = (session.name, session.status, session.check_type)
    ids = (session.check_session_id, session.check_session_link, session.check_id)
    return " ".join((*names, *ids))


assert_type(
    smoke.sessions.apply(lambda sessions: [describe(session) for session in sessions]), pulumi.Output[list[str]]
)

# What a gate takes and gives.
gate = CheckSessionGate("gate", wait_for=smoke)
CheckSessionGate(
    "all",
    wait_for=[smoke],
    timeout_seconds=pulumi.Output.from_input(60.5),
    fail_on=["FAILED", "DEGRADED"],
    attempts=2,
    fail_fast=True,
    on_failure="record",
    opts=pulumi.ResourceOptions(parent=gate),
)
CheckSessionGate("nothing")  # type: ignore[call-arg]
CheckSessionGate("text", wait_for="smoke")  # type: ignore[arg-type]
assert_type(gate.passed, pulumi.Output[bool])
assert_type(gate.conclusion, pulumi.Output[str])
assert_type(gate.reason, pulumi.Output[str])
assert_type(gate.counts, pulumi.Output[Mapping[str, int]])
assert_type(gate.sessions, pulumi.Output[Sequence[Session]])
assert_type(gate.session_ids, pulumi.Output[Sequence[str]])
assert_type(gate.statuses, pulumi.Output[Sequence[str]])
assert_type(gate.links, pulumi.Output[Sequence[str]])
assert_type(gate.failed_links, pulumi.Output[Sequence[str]])
assert_type(gate.deploy_versions, pulumi.Output[Sequence[str | None]])
assert_type(gate.started_at, pulumi.Output[str])
assert_type(gate.finished_at, pulumi.Output[str])
assert_type(gate.summary, pulumi.Output[Mapping[str, Any]])

# Functions.
proof = require_passed(pulumi.StackReference("organization/service/prod"), "smoke", deploy_version=image, max_age=3600)
assert_type(proof.apply(lambda summary: summary.deploy_version), pulumi.Output[str])
require_passed("organization/service/prod", "smoke")  # type: ignore[call-arg]
selection = get_matching_checks(match_tags=[["production"]], check_ids=None)
assert_type(
    get_matching_checks_output(match_tags=[["production"]]).apply(lambda found: found is selection), pulumi.Output[bool]
)

# Errors: one family, with what the parts of it know.
caught: list[type[ChecklyError]] = [ConfigError, PayloadError, ApiError, TransportError, GateFailed, NotPassed]
answered: list[type[ApiError]] = [
    BadRequest,
    Unauthorized,
    PaymentRequired,
    Forbidden,
    NoMatchingChecks,
    SessionNotFound,
]
answered += [RateLimited, ServerError, UnexpectedStatus]
lost: list[type[TransportError]] = [ConnectFailed, TlsError, EngineGone, ConnectionLost, ReadTimeout, InvalidResponse]
lost += [UnexpectedRedirect]


def advise(error: ChecklyError) -> str:
    """Use what the errors know."""
    if isinstance(error, ConfigError | PayloadError):
        return "\n".join(error.problems)
    if isinstance(error, RateLimited):
        return f"wait {error.retry_after}"
    return str(error.status) if isinstance(error, ApiError) else str(error)
