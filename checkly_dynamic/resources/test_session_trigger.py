"""The trigger of a test session that a Pulumi program constructs."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import pulumi

from checkly_dynamic.core.payload import RERUN_INPUTS
from checkly_dynamic.provider import TestSessionTriggerProvider
from checkly_dynamic.resources.inputs import api_keys, api_target
from checkly_dynamic.resources.trigger_base import Trigger
from checkly_dynamic.resources.types import TargetArgs, TargetArgsDict


@final
class TestSessionTrigger(Trigger, module="checkly", name="TestSessionTrigger"):
    """
    Runs checks in a Checkly test session: without alerts, from one location, with your own environment variables.

    Use it to prove a version at its own URL before it takes traffic. It sends one request when it is created, and one whenever
    a relevant input changes, and does not wait; use a :class:`CheckSessionGate` to wait. Test sessions exist in version 1 of
    Checkly's API only; ``checkly-dynamic:apiVersion`` does not matter here.

    Args:
        resource_name: The resource's name in the stack.
        target, deploy_version, triggers, refresh_cache, run_all_checks, on_no_match: As in :class:`CheckSessionTrigger`.
        run_location: A public region such as ``"eu-central-1"`` (the default), or the slug of a private location.
        environment_variables: At most 50 variables. Names and values must not be empty. A value that is a Pulumi secret is
            sent as a Checkly secret and encrypted in the state. Marking a value as secret does not run the checks again.
        session_name: The name that Checkly shows; by default the resource's name, and the deploy version unless it is a secret.
            A change of it alone runs nothing.
        retry_strategy: As in the API, in either spelling: ``{"type": "FIXED", "max_retries": 2}``; types are ``FIXED``,
            ``LINEAR``, ``EXPONENTIAL`` and ``SINGLE_RETRY``. By default that of the checks.
        metadata: ``environment``, ``repo_url``, ``commit_id``, ``commit_owner``, ``commit_message``, ``branch_name``. A change of
            it alone runs nothing.
        allow_deactivated: Also run deactivated checks. Default False.
        opts: Pulumi's resource options. Use ``depends_on`` for what must be deployed before the checks run.

    Attributes:
        session_id: The test session's id; empty when nothing matched and ``on_no_match`` allows that.
        link: Its page in Checkly.
        status: Its last known status; ``pulumi refresh`` reads it again while it had not ended.
        results: One dictionary for each check: ``checkId``, ``name``, ``checkType``, ``runLocation``, ``status``, ``link``.
            May be empty until the test session has ended.
        missing_check_ids: Checks that were asked for by id alone and did not start, where the answer tells.
        triggered_at: When the request was answered, ISO 8601 in UTC.

    Raises:
        PayloadError: As in :class:`CheckSessionTrigger`.
    """

    __test__ = False  # pytest would take the name for a test

    link: pulumi.Output[str]
    status: pulumi.Output[str]
    results: pulumi.Output[Sequence[Mapping[str, Any]]]

    def __init__(
        self,
        resource_name: str,
        *,
        target: pulumi.Input[TargetArgs | TargetArgsDict | Mapping[str, Any]] | None = None,
        deploy_version: pulumi.Input[str] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        refresh_cache: pulumi.Input[bool] | None = None,
        run_all_checks: pulumi.Input[bool] | None = None,
        on_no_match: pulumi.Input[str] | None = None,
        run_location: pulumi.Input[str] | None = None,
        environment_variables: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        session_name: pulumi.Input[str] | None = None,
        retry_strategy: pulumi.Input[Mapping[str, Any]] | None = None,
        metadata: pulumi.Input[Mapping[str, Any]] | None = None,
        allow_deactivated: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "resourceName": resource_name,
            "target": api_target(target),
            "deployVersion": deploy_version,
            "triggers": triggers,
            "refreshCache": refresh_cache,
            "runAllChecks": run_all_checks,
            "onNoMatch": on_no_match,
            "runLocation": run_location,
            "environmentVariables": environment_variables,
            "secretEnvironmentVariables": _secret_names(environment_variables),
            "sessionName": _default_name(resource_name, deploy_version) if session_name is None else session_name,
            "retryStrategy": api_keys(retry_strategy),
            "metadata": api_keys(metadata),
            "allowDeactivated": allow_deactivated,
        }
        outputs = ("sessionId", "link", "status", "results", "missingCheckIds", "triggeredAt")
        super().__init__(TestSessionTriggerProvider(), resource_name, inputs, outputs, opts)
        self.session_id: pulumi.Output[str] = pulumi.get(self, "sessionId")

    def rerun_request(self) -> pulumi.Output[dict[str, Any]]:
        """Return what a gate needs to run checks of this test session again, with the same variables and location."""
        stored = {name: self._echo(name) for name in RERUN_INPUTS}
        return pulumi.Output.all(sessionId=self.session_id, resourceName=self._inputs["resourceName"], **stored).apply(
            lambda values: {key: value for key, value in values.items() if value is not None}
        )


def _secret_names(variables: Any) -> Any:
    """
    Return the names of the variables whose values are secrets: the provider is not told which inputs are.

    In a preview this can be wrong for values that are not known yet; nothing is sent then.
    """
    if variables is None:
        return None

    async def names() -> list[str]:
        if isinstance(variables, Mapping):
            return sorted(
                [name for name, value in variables.items() if await pulumi.Output.from_input(value).is_secret()]
            )
        whole = pulumi.Output.from_input(variables)
        known = await whole.future()
        return sorted(known or {}) if await whole.is_secret() else []

    return names()


def _default_name(resource_name: str, version: Any) -> pulumi.Output[str] | str:
    """Return the resource's name and the deploy version; without it when it is a secret, because Checkly shows the name."""
    if version is None:
        return resource_name
    # An output also for a plain string: otherwise an invalid version would be reported twice, once for the name.
    output = pulumi.Output.from_input(version)

    async def name() -> str:
        if await output.is_secret() or not await output.is_known():
            return resource_name
        return f"{resource_name} {str(await output.future()).strip()}".strip()

    return pulumi.Output.from_input(name())
