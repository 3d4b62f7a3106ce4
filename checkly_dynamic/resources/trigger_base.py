"""What both kinds of trigger share in a program: their common inputs, and inputs that are readable as outputs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi import dynamic

from checkly_dynamic.resources.inputs import must_be_sendable


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
        must_be_sendable(name, inputs, opts)
        # Declared as None, outputs exist and are unknown in a preview.
        super().__init__(provider, name, {**inputs, **dict.fromkeys(outputs)}, opts)
        self._inputs = dict(inputs)
        self.resource_name = name
        version = self._echo("deployVersion").apply(lambda version: version or None)
        self.deploy_version: pulumi.Output[str | None] = version
        self.requested_deploy_version: pulumi.Output[str | None] = self._given("deployVersion")
        self.refresh_cache: pulumi.Output[bool | None] = self._echo("refreshCache")
        self.run_all_checks: pulumi.Output[bool | None] = self._echo("runAllChecks")
        # A trigger with sessions does not run again when this changes, so the state may lack it or hold an older value.
        self.on_no_match: pulumi.Output[str | None] = self._given("onNoMatch")
        self.missing_check_ids: pulumi.Output[Sequence[str]] = pulumi.get(self, "missingCheckIds")
        self.triggered_at: pulumi.Output[str] = pulumi.get(self, "triggeredAt")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if Trigger not in cls.__bases__:
            msg = f"{cls.__bases__[0].__name__} cannot be subclassed: Pulumi would store a subclass as another type of resource"
            raise TypeError(msg)
        super().__init_subclass__(**kwargs)

    def _given(self, name: str) -> pulumi.Output[Any]:
        """Return an input as the program gives it, whatever is stored."""
        return pulumi.Output.from_input(self._inputs.get(name))

    def _echo(self, name: str) -> pulumi.Output[Any]:
        """
        Return an input as it is stored.

        An input that was not given is not stored, and a preview treats every output that it does not find in the state as
        unknown. Every preview would then show a change for everything that uses it. None is correct.
        """
        return pulumi.Output.from_input(None) if self._inputs.get(name) is None else pulumi.get(self, name)
