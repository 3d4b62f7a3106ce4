"""
The trigger that a Pulumi program constructs.

Turns Python's names into the wire's names and gives outputs their types. Makes no request and imports nothing that
talks HTTP: that happens in the plugin host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, final

import pulumi
from pulumi import dynamic

from checkly_dynamic.provider import CheckSessionTriggerProvider
from checkly_dynamic.resources.inputs import must_travel, target_on_the_wire
from checkly_dynamic.resources.types import Session, TargetArgs, TargetArgsDict

__all__ = ["CheckSessionTrigger"]


@final
class CheckSessionTrigger(dynamic.Resource, module="checkly", name="CheckSessionTrigger"):
    """
    Runs checks in Checkly: one request when it is created, and one whenever what decides has changed.

    It does not wait for the checks, so their ids are in Pulumi's state before anything slow begins; see
    :class:`CheckSessionGate` for waiting. The checks run as real runs: Checkly's alerting rules apply.

    Args:
        resource_name: The resource's name in the stack.

        target: Which checks to run: :class:`TargetArgs`, or a mapping with ``match_tags`` and ``check_ids`` (also in
            the API's own spelling, ``matchTags`` and ``checkId``). Any other key is refused.

        deploy_version: A text that is new for each deployment, such as an image digest, at most 10,000 characters. A change
            runs the checks again. By default none.

        triggers: JSON values; any change runs the checks again. Assets and archives are refused. At most 32 levels deep; all
            inputs together hold at most 5,000 values and 1,000,000 characters.

        refresh_cache: Passed through: install the dependencies of Playwright Check Suites from scratch. Default False.

        run_all_checks: Must be True for a target that is empty or only negative, because it runs every check of the
            account, or nearly every one. Refused beside a target that selects. Default False.

        on_no_match: What it means when no active check matches: ``"fail"`` (the default) or ``"pass"``.

        opts: Pulumi's resource options. Use ``depends_on`` for what must be deployed before the checks run.

    Attributes:
        sessions: The check sessions, as the API returned them, in its order.
        session_ids: Their ids.
        statuses: Their last known statuses; ``pulumi refresh`` reads those that had not ended again.
        links: Their pages in Checkly.
        missing_check_ids: Checks that were asked for by id alone and got no session: deleted or deactivated.
        triggered_at: When the request was answered, ISO 8601 in UTC.

    Raises:
        PayloadError: Here, only for what Pulumi could not even send: a set or a date, NaN, megabytes. Every other bad
            input or setting gets its line from ``pulumi preview`` and ``pulumi up`` before any request; ``up`` fails
            with ``Unauthorized``, ``NoMatchingChecks``, ``RateLimited`` and the like when Checkly refuses.
    """

    target: pulumi.Output[Any]
    triggers: pulumi.Output[Sequence[Any] | None]
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
            "resourceName": resource_name,
            "target": target_on_the_wire(target),
            "deployVersion": deploy_version,
            "triggers": triggers,
            "refreshCache": refresh_cache,
            "runAllChecks": run_all_checks,
            "onNoMatch": on_no_match,
        }
        must_travel(resource_name, inputs)
        # Declared as None, outputs exist and are unknown in a preview.
        outputs = dict.fromkeys(("sessions", "sessionIds", "statuses", "links", "missingCheckIds", "triggeredAt"))
        super().__init__(CheckSessionTriggerProvider(), resource_name, {**inputs, **outputs}, opts)
        self._on_no_match = on_no_match
        self._absent = {name for name, value in inputs.items() if value is None}

    def __init_subclass__(cls, **_: Any) -> None:
        msg = "CheckSessionTrigger cannot be subclassed: Pulumi would store a subclass as another type of resource"
        raise TypeError(msg)

    def _echo(self, name: str) -> pulumi.Output[Any]:
        """
        Return an input as an output.

        What was not given is not stored, and a preview calls every output unknown that it does not find in the state.
        Unknown would be a difference, in each preview, for everything that takes it; None is the truth.
        """
        return pulumi.Output.from_input(None) if name in self._absent else pulumi.get(self, name)

    @property
    @pulumi.getter(name="deployVersion")
    def deploy_version(self) -> pulumi.Output[str | None]:
        """The deploy version of the stored sessions; None when they have none."""
        return self._echo("deployVersion").apply(lambda version: version or None)

    @property
    @pulumi.getter(name="refreshCache")
    def refresh_cache(self) -> pulumi.Output[bool | None]:
        """The input of the same name."""
        return self._echo("refreshCache")

    @property
    @pulumi.getter(name="runAllChecks")
    def run_all_checks(self) -> pulumi.Output[bool | None]:
        """The input of the same name."""
        return self._echo("runAllChecks")

    @property
    @pulumi.getter(name="onNoMatch")
    def on_no_match(self) -> pulumi.Output[str | None]:
        """
        The input of the same name, as it stands in the program.

        A trigger that has sessions does not run for another value of it, so the state may lack it or hold an older one.
        """
        return pulumi.Output.from_input(self._on_no_match)

    @property
    @pulumi.getter(name="sessionIds")
    def session_ids(self) -> pulumi.Output[Sequence[str]]:
        """The ids of the sessions."""
        return cast("pulumi.Output[Sequence[str]]", pulumi.get(self, "sessionIds"))

    @property
    @pulumi.getter(name="missingCheckIds")
    def missing_check_ids(self) -> pulumi.Output[Sequence[str]]:
        """Checks that were asked for by id alone and got no session."""
        return cast("pulumi.Output[Sequence[str]]", pulumi.get(self, "missingCheckIds"))

    @property
    @pulumi.getter(name="triggeredAt")
    def triggered_at(self) -> pulumi.Output[str]:
        """When the request was answered, ISO 8601 in UTC."""
        return cast("pulumi.Output[str]", pulumi.get(self, "triggeredAt"))
