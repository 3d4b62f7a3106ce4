"""
What a program may ask Checkly while it runs, in a preview too: :func:`get_matching_checks`.

The only door through which a program itself makes requests. What talks HTTP is imported when a function is called, so that
programs that never ask do not pay for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from checkly_dynamic.core.selection import Selection
from checkly_dynamic.errors import ChecklyError

__all__ = ["get_matching_checks", "get_matching_checks_output"]


class _NotListed(ChecklyError, pulumi.RunError):
    """An expected error, in the form that Pulumi shows as one line, without a traceback of the program."""


_NotListed.__name__ = _NotListed.__qualname__ = ChecklyError.__name__


def get_matching_checks(
    *, match_tags: Sequence[Sequence[str]] | None = None, check_ids: Sequence[str] | None = None
) -> Selection:
    """
    List the checks that a target would run now, without running any.

    Asks Checkly (``GET /v1/checks`` and ``GET /v1/check-groups``) in ``pulumi preview`` and ``pulumi up`` alike, because the
    program says so; nothing else in this library makes a request in a preview. Credentials come from the stack's config, then
    from the environment, as for the resources.

    Args:
        match_tags: Tag groups, as for a target. None or empty does not restrict.

        check_ids: Ids of checks, as for a target. None or empty does not restrict.

    Returns:
        The checks that would run, a reason for each other check of the account, and the ids that Checkly does not know.

    Raises:
        ChecklyError: The arguments or settings are not usable, or Checkly did not answer. Pulumi shows one clean line.
    """
    target = {"matchTags": match_tags, "checkId": check_ids}
    return _ask(_config(), {key: value for key, value in target.items() if value is not None})


def get_matching_checks_output(
    *,
    match_tags: pulumi.Input[Sequence[pulumi.Input[Sequence[pulumi.Input[str]]]]] | None = None,
    check_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
) -> pulumi.Output[Selection]:
    """
    List the checks that a target would run now, for a target with parts that are outputs.

    While a part is not known yet, as in the preview of a new stack, nothing is asked and the result is unknown.

    Args:
        match_tags: As in :func:`get_matching_checks`.

        check_ids: As in :func:`get_matching_checks`.

    Returns:
        The same as :func:`get_matching_checks`, as an output.

    Raises:
        ChecklyError: When the output is resolved; see :func:`get_matching_checks`.
    """
    target = {"matchTags": match_tags, "checkId": check_ids}
    config = _config()

    async def ask(known: Mapping[str, Any]) -> Selection:
        # In a thread: the program goes on registering resources meanwhile.
        return await asyncio.to_thread(_ask, config, known)

    return pulumi.Output.all(**{key: value for key, value in target.items() if value is not None}).apply(ask)


def _config() -> Mapping[str, str | None]:
    """Read the stack's config here, where Pulumi's context is."""
    from checkly_dynamic.api.settings import SETTINGS  # noqa: PLC0415 - see the module's docstring

    keys = [key for key, _ in SETTINGS.values()]
    return {key: pulumi.Config(key.partition(":")[0]).get(key.partition(":")[2]) for key in keys}


def _ask(config: Mapping[str, str | None], target: Mapping[str, Any]) -> Selection:
    from checkly_dynamic.api.matching import matching_checks  # noqa: PLC0415 - see the module's docstring

    try:
        return matching_checks(config.get, target)
    except ChecklyError as error:
        lines = str(error).splitlines()
        raise _NotListed("\n".join(f"get_matching_checks: {line}" for line in lines)) from error
