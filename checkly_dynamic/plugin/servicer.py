"""The provider that the engine calls. It passes each call to a resource in ``core/``."""

import threading
import traceback
from dataclasses import dataclass, replace
from typing import Any

import grpc  # type: ignore[import-untyped]  # it has no stubs
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]  # it has no stubs
from pulumi.runtime.proto import plugin_pb2, provider_pb2 as proto, provider_pb2_grpc, status_pb2

from checkly_dynamic._version import __version__
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.operation import Operation, ProcessState
from checkly_dynamic.core.values import UNKNOWN
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource
from checkly_dynamic.engine import Engine, EngineLog
from checkly_dynamic.errors import ChecklyError, ConfigError, OperationCancelled
from checkly_dynamic.plugin.conversion import RESOURCES, PluginResource
from checkly_dynamic.plugin.package_schema import PACKAGE, numbers_as_strings, outputs_of, schema_text
from checkly_dynamic.plugin.property_values import Properties, decode, encode
from checkly_dynamic.plugin.spelling import camel_case

_CANCELLED = "cancelled; run pulumi up again to keep waiting for the same check sessions"


@dataclass(frozen=True, kw_only=True)
class _Called:
    """The resource of a call: its name in the program, its type, and its log."""

    name: str
    resource: PluginResource
    log: EngineLog


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The gRPC service of the provider, for the engine that started this process or attached to it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._config: dict[str, Any] = {}
        self._stop = threading.Event()
        self._process = ProcessState()

    def Handshake(self, _request: Any, _context: Any) -> proto.ProviderHandshakeResponse:
        """Tell the engine which features this provider supports."""
        return proto.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, _context: Any) -> empty_pb2.Empty:
        """Take the address of an engine that did not start this process, as under a debugger."""
        self.engine = Engine(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:
        """Return the version."""
        return plugin_pb2.PluginInfo(version=__version__)

    def GetSchema(self, _request: Any, _context: Any) -> proto.GetSchemaResponse:
        """Return the package schema."""
        return proto.GetSchemaResponse(schema=schema_text())

    def CheckConfig(self, request: Any, _context: Any) -> proto.CheckResponse:
        """Accept the settings. They are validated when a resource needs them, so that a bad one never stops a destroy."""
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> proto.DiffResponse:
        """Report changed settings: otherwise the engine would keep those of the last update. Nothing is replaced or run."""
        olds, news = decode(request.olds).values, decode(request.news).values
        changed = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
        changes = proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(changes=changes, diffs=changed)

    def Configure(self, request: Any, _context: Any) -> proto.ConfigureResponse:
        """Keep the settings."""
        self._config = decode(request.args).values
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        """End all operations: each returns what it knows."""
        self._stop.set()
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> proto.CheckResponse:
        """Validate what is known of the inputs, and that the credentials are present and well-formed. Makes no request."""
        called = self._called(request.urn, context)
        given = decode(request.news)
        given = replace(given, values=numbers_as_strings(called.resource.name, given.values))
        inputs, problems = self._inputs(called, given)
        problems = problems or called.resource.core.check(inputs)
        try:
            if called.resource.core.needs_settings:
                self._settings()
        except ConfigError as error:
            problems = [*problems, *error.problems]
        if problems:
            failures = [proto.CheckFailure(reason=camel_case(problem)) for problem in problems]
            return proto.CheckResponse(inputs=request.news, failures=failures)
        normalised = {key: inputs[key] for key in given.values if isinstance(inputs.get(key), str)}
        return proto.CheckResponse(inputs=encode(replace(given, values={**given.values, **normalised})))

    def Diff(self, request: Any, context: Any) -> proto.DiffResponse:
        """Compare only the inputs whose change needs an update."""
        called = self._called(request.urn, context)
        core = called.resource.core
        inputs, problems = self._inputs(called, decode(request.news))
        stored = called.resource.to_core(called.name, decode(request.olds))
        if problems or core.diff(stored, inputs):
            return proto.DiffResponse(changes=proto.DiffResponse.DIFF_SOME)
        core.warn(stored, called.log)
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_NONE)

    def Create(self, request: Any, context: Any) -> proto.CreateResponse:
        """Run the resource for the first time."""
        called = self._called(request.urn, context)
        outputs = self._outputs(called, None, request.properties, context, preview=request.preview)
        return proto.CreateResponse(id=called.resource.core.id, properties=outputs)

    def Update(self, request: Any, context: Any) -> proto.UpdateResponse:
        """Run the resource again."""
        called = self._called(request.urn, context)
        outputs = self._outputs(called, request.olds, request.news, context, preview=request.preview)
        return proto.UpdateResponse(properties=outputs)

    def Read(self, request: Any, context: Any) -> proto.ReadResponse:
        """Refresh the stored outputs."""
        called = self._called(request.urn, context)
        given = decode(request.properties)
        if not given.values:
            return proto.ReadResponse()  # nothing to import: only an update knows what was started
        stored = called.resource.to_core(called.name, given)
        outputs = called.resource.core.read(stored, self._operation(called))
        if outputs == stored:
            return proto.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        properties = encode(called.resource.from_core(outputs, given))
        return proto.ReadResponse(id=request.id, properties=properties, inputs=request.inputs)

    def Delete(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        """Do nothing: a session that ran cannot be taken back, so no key and no network is needed."""
        return empty_pb2.Empty()

    def _called(self, urn: str, context: Any) -> _Called:
        _, _, types, name = urn.split("::", 3)
        resource = RESOURCES.get(types.rpartition(f"{PACKAGE}:index:")[2])
        if resource is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{PACKAGE} has no such resource")
            raise AssertionError  # abort has raised
        return _Called(name=name, resource=resource, log=EngineLog(self.engine, urn, name, wording=camel_case))

    def _inputs(self, called: _Called, given: Properties) -> tuple[dict[str, Any], list[str]]:
        resource = called.resource
        problems = resource.problems(given)
        if problems:
            return {}, problems
        return resource.core.read_inputs(resource.to_core(called.name, given), lambda value: value is UNKNOWN)

    def _outputs(
        self, called: _Called, olds: struct_pb2.Struct | None, news: struct_pb2.Struct, context: Any, *, preview: bool
    ) -> struct_pb2.Struct:
        resource, given = called.resource, decode(news)
        if preview:
            unknown = dict.fromkeys(outputs_of(resource.name), UNKNOWN)
            return encode(replace(given, values={**given.values, **unknown}))
        inputs, problems = self._inputs(called, given)
        if problems:
            context.abort(grpc.StatusCode.UNKNOWN, camel_case("\n".join(problems)))
        stored = {} if olds is None else resource.to_core(called.name, decode(olds))
        try:
            outputs = resource.core.run(stored, inputs, self._operation(called))
        except ChecklyError as error:
            context.abort(grpc.StatusCode.UNKNOWN, camel_case(str(error)))
        except Exception as error:  # noqa: BLE001 - its text may contain anything
            traceback.print_exc()
            context.abort(grpc.StatusCode.INTERNAL, f"unexpected {type(error).__name__}; please report it")
        properties = encode(resource.from_core(outputs, given))
        if self._stop.is_set() and isinstance(resource.core, CheckSessionVerdictResource) and not outputs["passed"]:
            self._fail_and_keep(resource.core.id, properties, news, context)
        return properties

    def _fail_and_keep(self, id_: str, outputs: struct_pb2.Struct, inputs: struct_pb2.Struct, context: Any) -> None:
        """Fail, but let the engine store the outputs. It updates such a resource the next time."""
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=_CANCELLED)
        detail = proto.ErrorResourceInitFailed(id=id_, properties=outputs, reasons=[_CANCELLED], inputs=inputs)
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, _CANCELLED)

    def _operation(self, called: _Called) -> Operation:
        return Operation(
            connect=lambda secrets: Client(self._settings(), secrets=secrets),
            log=called.log,
            before_trigger=self._must_go_on,
            process=self._process,
            stop=self._stop,
        )

    def _must_go_on(self) -> None:
        if self._stop.is_set():
            raise OperationCancelled("the update was cancelled; nothing more is started")
        self.engine.must_be_alive()

    def _settings(self) -> Settings:
        return Settings.load(lambda key: self._config.get(key.partition(":")[2]))
