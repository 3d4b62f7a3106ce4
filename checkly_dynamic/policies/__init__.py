"""
Ready-made rules for a Pulumi policy pack: what a deployment that Checkly guards must look like, and that it is green.

A pack of its own is three lines::

    from checkly_dynamic.policies import all_policies
    from pulumi_policy import PolicyPack

    PolicyPack("checkly", all_policies())

Needs ``pip install checkly-dynamic[policy]``. Each rule is mandatory unless told otherwise, can be changed by the pack's
configuration (``--policy-pack-config``), and steps over what a preview does not know yet: the update, where it is known, judges
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pulumi_policy import Policy

from checkly_dynamic.policies.resources import (
    deploy_version_set,
    longest_timeout,
    no_record_mode,
    no_run_all_checks,
    passed_before,
)
from checkly_dynamic.policies.stacks import gate_exists, green_verdict

__all__ = [
    "all_policies",
    "deploy_version_set",
    "gate_exists",
    "green_verdict",
    "longest_timeout",
    "no_record_mode",
    "no_run_all_checks",
    "passed_before",
]


def all_policies(
    *,
    production: Sequence[str] = ("prod*",),
    max_timeout_seconds: float = 3600,
    passed_properties: Mapping[str, str] | None = None,
) -> list[Policy]:
    """
    Return all rules, with these settings.

    Args:
        production: Patterns of stack names, by default ``("prod*",)``; on those a gate must exist and must not only record.

        max_timeout_seconds: In seconds, by default 3600; see :func:`longest_timeout`.

        passed_properties: See :func:`passed_before`.

    Returns:
        The policies, for a :class:`pulumi_policy.PolicyPack`.
    """
    return [
        gate_exists(stacks=production),
        no_run_all_checks(),
        deploy_version_set(),
        longest_timeout(max_timeout_seconds),
        no_record_mode(stacks=production),
        green_verdict(),
        passed_before(passed_properties or {}),
    ]
