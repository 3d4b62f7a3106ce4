"""What both kinds of trigger share in a program: their common inputs, and inputs that are readable as outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
from pulumi import dynamic

from checkly_dynamic.resources.inputs import must_be_sendable

__all__ = ["Trigger"]


class Trigger(dynamic.Resource):
    """
    Base class of the triggers.

    Args:
        provider: The dynamic provider.
        name: The resource's name.
        inputs: The inputs with the API's names.
        outputs: The names of the outputs that are no inputs.
        opts: Pulumi's resource options.
    """

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
        must_be_sendable(name, inputs, opts)
        # Declared as None, outputs exist and are unknown in a preview.
        super().__init__(provider, name, {**inputs, **dict.fromkeys(outputs)}, opts)
        self._inputs = dict(inputs)
        self.resource_name = name

    def _echo(self, name: str) -> pulumi.Output[Any]:
        """
        Return an input as an output.

        An input that was not given is not stored, and a preview treats every output that it does not find in the state as
        unknown. Every preview would then show a change for everything that uses it. None is correct.
        """
        return pulumi.Output.from_input(None) if self._inputs.get(name) is None else pulumi.get(self, name)

    @property
    @pulumi.getter(name="deployVersion")
    def deploy_version(self) -> pulumi.Output[str | None]:
        """The deploy version of the stored sessions; None when they have none."""
        return self._echo("deployVersion").apply(lambda version: version or None)

    @property
    def requested_deploy_version(self) -> pulumi.Output[str | None]:
        """The deploy version that the program asks for, whatever is stored."""
        return pulumi.Output.from_input(self._inputs.get("deployVersion"))

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
        The input of the same name, as the program gives it.

        A trigger that has sessions does not run for another value of it, so the state may lack it or hold an older one.
        """
        return pulumi.Output.from_input(self._inputs.get("onNoMatch"))

    @property
    @pulumi.getter(name="missingCheckIds")
    def missing_check_ids(self) -> pulumi.Output[Sequence[str]]:
        """Checks that were asked for by id alone and did not start."""
        return cast("pulumi.Output[Sequence[str]]", pulumi.get(self, "missingCheckIds"))

    @property
    @pulumi.getter(name="triggeredAt")
    def triggered_at(self) -> pulumi.Output[str]:
        """When the request was answered, ISO 8601 in UTC."""
        return cast("pulumi.Output[str]", pulumi.get(self, "triggeredAt"))


def refuse_subclass(name: str) -> None:
    """Raise TypeError: Pulumi would store a subclass as another type of resource."""
    msg = f"{name} cannot be subclassed: Pulumi would store a subclass as another type of resource"
    raise TypeError(msg)
