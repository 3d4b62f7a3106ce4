"""
Ready-made rules for a Pulumi policy pack: deployments must be guarded by Checkly checks, and the checks must pass.

A whole pack::

    from checkly_dynamic.policies import all_policies
    from pulumi_policy import PolicyPack

    PolicyPack("checkly", all_policies())

Needs ``pip install 'checkly-dynamic[policy]'``. Every rule takes ``enforcement_level``: ``MANDATORY`` (the default),
``ADVISORY``, ``REMEDIATE`` or ``DISABLED``. The pack's configuration (``--policy-pack-config``) can change the settings. A value
that a preview does not know yet breaks no rule; the update checks it again.
"""

from collections.abc import Mapping, Sequence

try:
    from pulumi_policy import Policy
except ModuleNotFoundError as error:
    if error.name != "pulumi_policy":
        raise
    raise ImportError(
        "checkly_dynamic.policies needs pulumi_policy, which is not installed; "
        "run: pip install 'checkly-dynamic[policy]'"
    ) from None

from checkly_dynamic.policies.rules import (
    deploy_version_set,
    gate_exists,
    green_verdict,
    longest_timeout,
    no_record_mode,
    no_run_all_checks,
    passed_before,
)

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
    Return all seven rules, for a :class:`pulumi_policy.PolicyPack`.

    Args:
        production: Patterns of the names of stacks that must have a gate which stops on red. Default ``("prod*",)``.
        max_timeout_seconds: In seconds, by default 3600; see :func:`longest_timeout`.
        passed_properties: See :func:`passed_before`.
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
