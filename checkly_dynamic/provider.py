"""
The dynamic providers. They pass Pulumi's calls to the resources in ``core/``.

Module and class names are state format: Pulumi stores ``checkly_dynamic.provider.<Class>`` as the pickled provider of each
resource and needs it to refresh and destroy. Never rename or move them. The classes take no arguments and hold nothing when
pickled.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.barrier import CheckSessionBarrierResource
from checkly_dynamic.core.operation import Client, Operation, ProcessState, Resource
from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.core.values import storable
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource
from checkly_dynamic.engine import Engine, EngineLog, clean_errors
from checkly_dynamic.errors import ConfigError, PayloadError

__all__ = [
    "CheckSessionBarrierProvider",
    "CheckSessionTriggerProvider",
    "CheckSessionVerdictProvider",
    "TestSessionTriggerProvider",
]

_process = ProcessState()


class _Provider(ResourceProvider):
    """Base class of the providers. ``_resource`` does the work."""

    serialize_as_secret_always = False

    _resource: Resource

    # Until the engine configures the provider; a provider that was never configured talks to no engine.
    _config: Callable[[str], str | None] = staticmethod(lambda _: None)
    _engine = Engine("")

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config. Nothing is validated here, because an error would also stop a destroy."""
        self._config = req.config.get
        self._engine = Engine(sys.argv[-1])  # the engine passes its own address as the last argument

    def check(self, _olds: Any, news: Any) -> CheckResult:
        """Validate what is known of the inputs, and that the credentials are present and well-formed. Makes no request."""
        inputs, problems = self._inputs(news)
        if not problems:
            problems = self._resource.check(inputs)
        try:
            if self._resource.needs_settings:
                self._settings()
        except ConfigError as error:
            problems = [*problems, *error.problems]
        if not problems:
            # Unknown values stay as they are; only strings are normalised.
            changed = {key: value for key, value in inputs.items() if isinstance(value, str)}
            news = {**news, **changed}
        return CheckResult(news, [CheckFailure("", problem) for problem in problems])

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """Compare only the inputs whose change needs an update."""
        inputs, problems = self._inputs(news)
        stored = _without_provider(olds)
        if problems or self._resource.diff(stored, inputs):
            return DiffResult(changes=True)
        self._resource.warn(stored, self._log(inputs))
        return DiffResult(changes=False)

    def create(self, props: Any) -> CreateResult:
        """Run the resource for the first time."""
        with clean_errors():
            return CreateResult(self._resource.id, self._run({}, props))

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Run the resource again. When this raises, the old state stays."""
        with clean_errors():
            return UpdateResult(self._run(_without_provider(olds), news))

    def read(self, id_: str, props: Any) -> ReadResult:
        """Refresh the stored outputs."""
        stored = _without_provider(props)
        return ReadResult(id_, storable(self._resource.read(stored, self._operation(stored))))

    def delete(self, _id: str, _props: Any) -> None:
        """Do nothing: a session that ran cannot be taken back, so no key and no network is needed."""

    def _run(self, olds: Mapping[str, Any], props: Any) -> Any:
        inputs, problems = self._inputs(props)
        if problems:
            raise PayloadError(problems)
        return storable(self._resource.run(olds, inputs, self._operation(inputs)))

    def _inputs(self, props: Any) -> tuple[dict[str, Any], list[str]]:
        return self._resource.read_inputs(_without_provider(props), lambda value: isinstance(value, Unknown))

    def _operation(self, inputs: Mapping[str, Any]) -> Operation:
        return Operation(
            connect=self._connect,
            log=self._log(inputs),
            before_trigger=self._engine.must_be_alive,
            process=_process,
        )

    def _settings(self) -> Settings:
        return Settings.load(self._config)

    def _connect(self, secrets: Sequence[str]) -> AbstractContextManager[Client]:
        # A Pulumi program imports this module but never needs requests: only the plugin host loads it.
        from checkly_dynamic.api.client import Client as HttpClient  # noqa: PLC0415 - see above

        return HttpClient(self._settings(), secrets=secrets)

    def _log(self, inputs: Mapping[str, Any]) -> EngineLog:
        """Log on the resource's own row if its URN is known: the verdict has the gate's URN as an input."""
        gate, name = inputs.get("gateUrn"), inputs.get("resourceName")
        urn = ""
        if isinstance(gate, str) and gate.count("::") >= 3:
            before, _, gate_name = gate.rpartition("::")
            urn = f"{before}$pulumi-python:dynamic/checkly:CheckSessionVerdict::{name or gate_name}"
        return EngineLog(self._engine, urn, str(name or "checkly"))


class CheckSessionTriggerProvider(_Provider):
    """Starts check sessions; see ``CheckSessionTrigger``."""

    _resource = CheckSessionTriggerResource()


class TestSessionTriggerProvider(_Provider):
    """Starts a test session; see ``TestSessionTrigger``."""

    __test__ = False  # pytest would take the name for a test

    _resource = TestSessionTriggerResource()


class CheckSessionVerdictProvider(_Provider):
    """Waits for sessions, judges them and records the verdict; never fails because of a bad check."""

    _resource = CheckSessionVerdictResource()


class CheckSessionBarrierProvider(_Provider):
    """Takes a verdict as input and fails when it is not good, so that nothing that depends on it can start."""

    _resource = CheckSessionBarrierResource()


def _without_provider(props: Any) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key != "__provider"}
