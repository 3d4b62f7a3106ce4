"""
Which checks a target would run now: asks Checkly for all of them and selects.

One rule for a program and for the command line; neither of them speaks to the API itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core import validation as schema
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.selection import Selection, listed, select
from checkly_dynamic.errors import PayloadError

__all__ = ["matching_checks"]

_SECONDS = 60.0
"""How long listing may take altogether: a preview must not hang."""


class _NothingIsUnknown:
    """No value that reaches this room is ever unknown."""


def matching_checks(config: Callable[[str], str | None], target: Mapping[str, Any]) -> Selection:
    """
    List all checks and groups (``GET /v1/checks`` and ``GET /v1/check-groups``) and select those of a target.

    That an empty target would run everything is no danger here, where nothing is run: it selects all activated checks.

    Args:
        config: Gives the value of a key of the stack's config, or None; the environment counts for what it does not give.

        target: ``matchTags`` and ``checkId``, each of which may be missing. All values are known.

    Returns:
        The checks that would run, a reason for each other check of the account, and the ids that Checkly does not know.

    Raises:
        PayloadError: The target is not one. Nothing was asked.

        ConfigError: A setting is missing or not usable. Nothing was asked.

        ChecklyError: Checkly did not answer within 60 seconds, or not as its document says.
    """
    inputs, problems = schema.read("check-session-trigger", {"target": target}, unknown=_NothingIsUnknown)
    if problems:
        raise PayloadError(problems)
    deadline = Deadline(_SECONDS)
    with Client(Settings.load(config, os.environ)) as client:
        found = listed(client.checks(deadline=deadline), client.check_groups(deadline=deadline))
    return select(found, inputs["target"])
