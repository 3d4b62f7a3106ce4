"""The two triggers that a Pulumi program constructs."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import pulumi
from pulumi import dynamic

from checkly_dynamic.core.payload import RERUN_INPUTS
from checkly_dynamic.provider import CheckSessionTriggerProvider, TestSessionTriggerProvider
from checkly_dynamic.resources.inputs import api_keys, api_target, must_be_sendable
from checkly_dynamic.resources.types import Session, TargetArgs, TargetArgsDict


class Trigger(dynamic.Resource):
    """Base class of the triggers; *outputs* are the names of the outputs that are not inputs."""

    target: pulumi.Output[Any]
    triggers: pulumi.Output[Sequence[Any] | None]

    def __init__(
        self,
        provider: dynamic.ResourceProvider,
        name: str,
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        inputs = {"resourceName": name, **inputs}
        must_be_sendable(name, inputs, opts)
        # Declared as None, outputs exist and are unknown in a preview.
        super().__init__(provider, name, {**inputs, **dict.fromkeys(outputs)}, opts)
        self._inputs = inputs
        self.resource_name = name
        # Always stored, also a version that the program no longer gives.
        stored = pulumi.get(self, "deployVersion")
        self.deploy_version: pulumi.Output[str | None] = stored.apply(lambda version: version or None)
        # As the program gives it, whatever is stored.
        self.requested_deploy_version: pulumi.Output[str | None] = pulumi.Output.from_input(inputs["deployVersion"])
        self.refresh_cache: pulumi.Output[bool | None] = self._echo("refreshCache")
        self.run_all_checks: pulumi.Output[bool | None] = self._echo("runAllChecks")
        # A trigger with sessions does not run again when this changes, so the state may lack it or hold an older value.
        self.on_no_match: pulumi.Output[str | None] = pulumi.Output.from_input(inputs["onNoMatch"])
        self.missing_check_ids: pulumi.Output[Sequence[str]] = pulumi.get(self, "missingCheckIds")
        self.triggered_at: pulumi.Output[str] = pulumi.get(self, "triggeredAt")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if Trigger not in cls.__bases__:
            msg = f"{cls.__bases__[0].__name__} cannot be subclassed: Pulumi would store a subclass as another type of resource"
            raise TypeError(msg)
        super().__init_subclass__(**kwargs)

    def _echo(self, name: str) -> pulumi.Output[Any]:
        """Return an input as it is stored. One that was not given is None: a preview takes what the state lacks for unknown."""
        return pulumi.Output.from_input(None) if self._inputs.get(name) is None else pulumi.get(self, name)


@final
class CheckSessionTrigger(Trigger, module="checkly", name="CheckSessionTrigger"):
    """
    Runs checks in Checkly: one request when it is created, and one whenever a relevant input changes.

    It does not wait for the checks, so their ids are in Pulumi's state before anything slow begins; use a
    :class:`CheckSessionGate` to wait. The checks run as real runs: Checkly's alerting rules apply.

    Args:
        resource_name: The resource's name in the stack.
        target: Which checks to run: :class:`TargetArgs`, or a mapping with ``match_tags`` and ``check_ids`` (also in
            the API's own spelling, ``matchTags`` and ``checkId``). Any other key is refused.
        deploy_version: A string that is new for each deployment, such as an image digest, at most 10,000 characters. A change
            runs the checks again. Whitespace at both ends is dropped. By default none.
        triggers: A list of JSON values; any change runs the checks again. Assets and archives are refused.
        refresh_cache: Passed through: install the dependencies of Playwright Check Suites from scratch. Default False.
        run_all_checks: Must be True for a target that is empty or has only tags with ``!``, because it runs every check of the
            account, or nearly every one. Refused beside a target that selects checks. Default False.
        on_no_match: What happens when no active check matches: ``"fail"`` (the default) or ``"pass"``.
        opts: Pulumi's resource options. Use ``depends_on`` for what must be deployed before the checks run.

    Attributes:
        sessions: The check sessions, as the API returned them, in its order.
        session_ids: Their ids.
        statuses: Their last known statuses; ``pulumi refresh`` updates those that were not final.
        links: Their pages in Checkly.
        missing_check_ids: Checks that were asked for by id alone and did not start: deleted or deactivated.
        triggered_at: When the request was answered, ISO 8601 in UTC.

    Raises:
        PayloadError: Here, for values that Pulumi could not send (a set or a date, NaN) and for strings that were made by
            formatting an Output. ``pulumi preview`` and ``pulumi up`` report every other bad argument before any request;
            ``up`` fails with ``ApiError``, ``NoMatchingChecks`` and the like when Checkly refuses.
    """

    sessions: pulumi.Output[Sequence[Session]]
    statuses: pulumi.Output[Sequence[str]]
    links: pulumi.Output[Sequence[str]]

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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "target": api_target(target),
            "deployVersion": deploy_version,
            "triggers": triggers,
            "refreshCache": refresh_cache,
            "runAllChecks": run_all_checks,
            "onNoMatch": on_no_match,
        }
        outputs = ("sessions", "sessionIds", "statuses", "links", "missingCheckIds", "triggeredAt")
        super().__init__(CheckSessionTriggerProvider(), resource_name, inputs, outputs, opts)
        self.session_ids: pulumi.Output[Sequence[str]] = pulumi.get(self, "sessionIds")


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
        # As they were sent, also those that the program no longer gives.
        stored = {name: pulumi.get(self, name) for name in RERUN_INPUTS}
        return pulumi.Output.all(sessionId=self.session_id, resourceName=self.resource_name, **stored).apply(
            lambda values: {key: value for key, value in values.items() if value is not None}
        )


def _secret_names(variables: Any) -> Any:
    """Return the names of the secret variables, which the provider is not told. A preview may not know all, but sends nothing."""
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
