"""Which checks a target would run. This is the only part of the library that makes requests in a preview."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Deadline, DeadlinePassed, leave_at
from checkly_dynamic.core.selection import Selection, listed, select
from checkly_dynamic.core.validation import problems
from checkly_dynamic.core.values import to_json
from checkly_dynamic.errors import ChecklyError, PayloadError, TransportError
from checkly_dynamic.resources.inputs import as_run_error, must_be_sendable

_SECONDS = 60.0
"""How long listing may take altogether: a preview must not hang."""


def get_matching_checks(
    *,
    match_tags: Sequence[Sequence[str]] | None = None,
    check_ids: Sequence[str] | None = None,
    allow_deactivated: bool = False,
) -> Selection:
    """
    List the checks that a target would run now, without running any.

    Asks Checkly (``GET /v1/checks`` and ``GET /v1/check-groups``) in ``pulumi preview`` and ``pulumi up`` alike. Credentials
    come from the stack's config, then from the environment, as for the resources.

    Args:
        match_tags: Tag groups, as for a target. None or empty does not restrict.
        check_ids: Ids of checks, as for a target. None or empty does not restrict.
        allow_deactivated: Also select deactivated checks, as ``TestSessionTrigger`` can.

    Returns:
        The checks that would run, a reason for each other check of the account, and the ids that Checkly does not know.

    Raises:
        ChecklyError: The arguments or settings are not allowed, or Checkly did not answer. Pulumi shows one line.
    """
    target = {"matchTags": match_tags, "checkId": check_ids}
    try:
        return find_matching_checks(pulumi.runtime.get_config, target, allow_deactivated=allow_deactivated)
    except ChecklyError as error:
        raise as_run_error(error, "get_matching_checks") from error


def get_matching_checks_output(
    *,
    match_tags: pulumi.Input[Sequence[pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = None,
    check_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
    allow_deactivated: bool = False,
) -> pulumi.Output[Selection]:
    """
    Do the same as :func:`get_matching_checks`, for a target that contains outputs; errors are raised when it is resolved.

    While a part is not known yet, as in the preview of a new stack, nothing is asked and the result is unknown.
    """
    must_be_sendable("get_matching_checks", {"target": {"matchTags": match_tags, "checkId": check_ids}})

    async def ask(known: Mapping[str, Any]) -> Selection:
        # In a thread: the program goes on registering resources meanwhile.
        return await asyncio.to_thread(get_matching_checks, **known, allow_deactivated=allow_deactivated)

    return pulumi.Output.all(match_tags=match_tags, check_ids=check_ids).apply(ask)


def find_matching_checks(
    config: Callable[[str], str | None], target: Mapping[str, Any], *, allow_deactivated: bool = False
) -> Selection:
    """Select checks by a target in the API's names, whose parts may be None. *config* returns a value of the stack's config."""
    from checkly_dynamic.api.client import Client  # noqa: PLC0415 - a Pulumi program loads requests only when it asks

    given = {"target": {key: value for key, value in target.items() if value is not None}}
    known, found = to_json(given, is_unknown=lambda _: False)
    if found := found or problems("check-session-trigger", known):
        raise PayloadError(found)
    settings, deadline = Settings.load(config), Deadline(_SECONDS)

    def ask() -> Selection:
        with Client(settings) as checkly:
            groups = checkly.list_all("check-groups", deadline=deadline)
            checks = listed(checkly.list_all("checks", deadline=deadline), groups)
        return select(checks, known["target"], allow_deactivated=allow_deactivated)

    try:
        return leave_at(deadline, ask)
    except DeadlinePassed:
        raise TransportError(f"Checkly did not list the checks within {_SECONDS:.0f} seconds") from None
