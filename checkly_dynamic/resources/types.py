"""The typed shapes of the public interface: a target going in, a check session coming out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import pulumi


@dataclass(kw_only=True)
class TargetArgs:
    """
    Which checks to run.

    Attributes:
        match_tags: Tag groups, of which any may match; all tags of a group must; ``"!tag"`` excludes checks that have
            the tag. ``[["production", "!slow"], ["canary"]]`` means (production and not slow) or canary. Tags of a
            check's group count too. (API document, ``TriggerCheckSessionTarget``.)
        check_ids: Ids of checks (UUIDs). If you give both, a check must match both.
    """

    match_tags: pulumi.Input[Sequence[pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = None
    check_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None


class TargetArgsDict(TypedDict, total=False):
    """The same as :class:`TargetArgs`, as a dictionary; each key may be left out."""

    match_tags: pulumi.Input[Sequence[pulumi.Input[Sequence[pulumi.Input[str]]]]]
    check_ids: pulumi.Input[Sequence[pulumi.Input[str]]]


@pulumi.output_type
class Session(dict[str, Any]):
    """
    One run of one check: a check session, or one result of a test session. The fields have the API's names.

    Attributes:
        check_session_id: The session's id (UUID).
        check_session_link: The session's page in Checkly.
        check_id: The id of the check that runs (UUID).
        check_type: Its type, such as ``API`` or ``BROWSER``.
        name: Its name.
        status: The last known status, such as ``STARTED`` or ``PASSED``.
        started_at: When it started, ISO 8601.
        stopped_at: When it stopped, ISO 8601; None while it runs.
        time_elapsed: How long it took so far, in milliseconds.
        run_locations: Where it runs, such as ``eu-central-1``.
        attempt: In a gate's sessions: 1 for the trigger's run, then one more for each re-run.
        detail: In a gate's sessions: why the status differs from what Checkly said.
        errors: In a gate's sessions: why the check failed, at most three lines.
        non_blocking: In a gate's sessions: True when the gate ignores how it ends.
        test_session_id: Of a test session's result: the test session.
        test_session_result_id: Of a test session's result: its id.
        test_session_result_link: Of a test session's result: its page in Checkly.
    """

    check_session_id: str = pulumi.property("checkSessionId")
    check_session_link: str = pulumi.property("checkSessionLink")
    check_id: str = pulumi.property("checkId")
    check_type: str = pulumi.property("checkType")
    name: str
    status: str
    started_at: str | None = pulumi.property("startedAt")
    stopped_at: str | None = pulumi.property("stoppedAt")
    time_elapsed: float | None = pulumi.property("timeElapsed")
    run_locations: Sequence[str] = pulumi.property("runLocations")
    attempt: int | None = pulumi.property("attempt")
    detail: str | None = pulumi.property("detail")
    errors: Sequence[str] | None = pulumi.property("errors")
    non_blocking: bool | None = pulumi.property("nonBlocking")
    test_session_id: str | None = pulumi.property("testSessionId")
    test_session_result_id: str | None = pulumi.property("testSessionResultId")
    test_session_result_link: str | None = pulumi.property("testSessionResultLink")
