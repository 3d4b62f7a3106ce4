"""
The three dynamic providers: what Pulumi calls, turned into calls of the rooms below.

Module and class names are state format: Pulumi stores ``checkly_dynamic.provider.<Class>`` as the pickled provider of
each resource and needs it to refresh and destroy. Never rename or move them. The classes take no arguments and hold
nothing when pickled. Whatever is not needed to import them is imported when it is needed, because a Pulumi program
imports this module too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
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

from checkly_dynamic.core.values import holds, storable
from checkly_dynamic.engine import clean_errors, engine_address, reachable, say_for, warm_up
from checkly_dynamic.errors import ChecklyError, ConfigError, EngineGone, GateFailed, PayloadError

__all__ = ["CheckSessionBarrierProvider", "CheckSessionTriggerProvider", "CheckSessionVerdictProvider"]

_PROVIDER_KEY = "__provider"

_PATIENCE = 7
"""After how many failures in a row a gate no longer reads a session: some twenty seconds, in which a server can start again."""

_OUTPUTS_FIRST = 0.5
"""
Seconds by which a closed barrier lets the program go first.

The program registers the stack's outputs, the verdict among them, while the barrier runs. The engine stops listening at the
first failure; without this head start, of which some milliseconds are enough, the outputs were those of the update before in
one of thirty red updates.
"""

_MOST_PROBLEMS = 50
"""How many bad checks the barrier's message lists, one a line."""


class _Provider(ResourceProvider):
    """What the three have in common: settings at run time, clean errors, delete that needs nothing, read that never fails."""

    serialize_as_secret_always = False

    _ROOMS: tuple[str, ...] = ()
    """What a create needs."""

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config; nothing is judged here, because an error would also stop a destroy."""
        if self._ROOMS:
            warm_up(*self._ROOMS)
        self._config = req.config.get
        self._engine = reachable(engine_address())

    def delete(self, _id: str, _props: Any) -> None:
        """Do nothing: a check session that ran cannot be taken back, so no key and no network is needed."""

    def read(self, id_: str, props: Any) -> ReadResult:
        """Return what is stored."""
        return ReadResult(id_, _without_provider(props))

    def _settings(self) -> Any:
        from checkly_dynamic.api.settings import Settings  # noqa: PLC0415 - see the module's docstring

        return Settings.load(getattr(self, "_config", lambda _: None), os.environ)

    def _client(self, *, connections: int = 1, failures: int = 5) -> Any:
        from checkly_dynamic.api.client import Client  # noqa: PLC0415 - see the module's docstring
        from checkly_dynamic.api.transport import Retries, Transport  # noqa: PLC0415

        settings = self._settings()
        return Client(settings, Transport(settings, connections=connections, retries=Retries(failures=failures)))

    def _input_problems(self, schema_name: str, news: Mapping[str, Any]) -> list[str]:
        """List everything that is wrong with inputs and settings, without a request."""
        from checkly_dynamic.core import validation as schema  # noqa: PLC0415 - see the module's docstring

        inputs, problems = schema.read(schema_name, _without_provider(news), unknown=Unknown)
        return problems or self._more_problems(inputs)

    def _more_problems(self, _inputs: Mapping[str, Any]) -> list[str]:
        """List what a JSON Schema cannot say; the shape is already right."""
        return []

    def _checked(self, schema_name: str, news: Any) -> CheckResult:
        problems = self._input_problems(schema_name, news)
        try:
            self._settings()
        except ConfigError as error:
            problems = [*problems, *error.problems]
        return CheckResult(news, [CheckFailure("", problem) for problem in problems])

    def _validated(self, schema_name: str, props: Any) -> dict[str, Any]:
        """Validate once more, because a policy may have rewritten the inputs after check."""
        problems = self._input_problems(schema_name, props)
        if not problems and holds(_without_provider(props), Unknown):
            problems = ["inputs: a value is not known, so nothing is started"]
        if problems:
            raise PayloadError(problems)
        return _without_provider(props)

    def _engine_must_live(self) -> None:
        """Refuse to start anything for an engine that was killed: its host lives on, but nobody would learn the outcome."""
        engine = getattr(self, "_engine", None)
        if engine is not None and reachable(engine) is None:
            msg = "the Pulumi engine has ended; nothing more is started"
            raise EngineGone(msg)


class CheckSessionTriggerProvider(_Provider):
    """Starts check sessions when it is created or when what decides has changed; see ``CheckSessionTrigger``."""

    _SCHEMA = "check-session-trigger"
    _ROOMS = ("core.trigger",)

    def check(self, _olds: Any, news: Any) -> CheckResult:
        """Validate inputs, stepping over what is not known yet, and the presence and form of the credentials."""
        return self._checked(self._SCHEMA, news)

    def _more_problems(self, inputs: Mapping[str, Any]) -> list[str]:
        from checkly_dynamic.core.target import guard  # noqa: PLC0415 - see the module's docstring

        return guard(inputs.get("target"), inputs.get("runAllChecks"))

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """Compare what decides whether checks run again, and nothing else."""
        from checkly_dynamic.core import changes  # noqa: PLC0415 - see the module's docstring

        if holds([news.get(name) for name in changes.TRIGGER_DECIDERS], Unknown):
            return DiffResult(changes=True)
        changed = changes.trigger_key(olds) != changes.trigger_key(news)
        forgiven = not olds.get("sessions") and (olds.get("onNoMatch") or "fail") != (news.get("onNoMatch") or "fail")
        return DiffResult(changes=changed or forgiven)

    def create(self, props: Any) -> CreateResult:
        """Post one trigger request."""
        with clean_errors():
            return CreateResult("check-session-trigger", storable(self._trigger(props)))

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Post one trigger request."""
        with clean_errors():
            return UpdateResult(storable(self._trigger(news)))

    def read(self, id_: str, props: Any) -> ReadResult:
        """Read the sessions that had not ended again; whatever goes wrong keeps what is stored."""
        stored, say = _without_provider(props), say_for(props)
        try:
            from checkly_dynamic.core import trigger  # noqa: PLC0415 - see the module's docstring

            if not trigger.running(stored):
                return ReadResult(id_, stored)
            with self._client(connections=trigger.READERS) as client:
                return ReadResult(id_, storable({**stored, **trigger.refreshed(stored, client, say)}))
        except Exception as error:  # noqa: BLE001 - a read that raises would fail the whole refresh
            say(f"statuses were not refreshed: {error if isinstance(error, ChecklyError) else type(error).__name__}")
            return ReadResult(id_, stored)

    def _trigger(self, props: Any) -> dict[str, Any]:
        from checkly_dynamic.core import trigger  # noqa: PLC0415 - see the module's docstring

        inputs = self._validated(self._SCHEMA, props)
        body = trigger.body(inputs, api_version=self._settings().api_version)
        with self._client() as client:
            started = trigger.start(inputs, body, client, before=self._engine_must_live)
        warm_up("core.gate")  # most triggers have one, and not before: it would slow the request down
        return {**inputs, **started}


class CheckSessionVerdictProvider(_Provider):
    """Waits for check sessions, judges them and records the verdict; never fails because of a bad check."""

    _SCHEMA = "check-session-verdict"
    _ROOMS = ("core.gate", "api.client")

    def check(self, _olds: Any, news: Any) -> CheckResult:
        """Validate inputs, stepping over what is not known yet, and the presence and form of the credentials."""
        return self._checked(self._SCHEMA, news)

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """Look again when other sessions are to be awaited, when they are judged differently, or when the verdict is not good."""
        from checkly_dynamic.core.changes import awaited_key, policy_key, settled  # noqa: PLC0415 - see the module's docstring

        if holds(_without_provider(news), Unknown):
            return DiffResult(changes=True)
        changed = awaited_key(olds) != awaited_key(news) or policy_key(olds) != policy_key(news)
        return DiffResult(changes=changed or not settled(olds))

    def create(self, props: Any) -> CreateResult:
        """Wait for the sessions and record the verdict."""
        with clean_errors():
            return CreateResult("check-session-verdict", storable(self._run({}, props)))

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Judge again, resume what had not ended, and run again what ended bad."""
        with clean_errors():
            return UpdateResult(storable(self._run(olds, news)))

    def _run(self, olds: Mapping[str, Any], props: Any) -> dict[str, Any]:
        from checkly_dynamic.core.awaited import Awaited, unchanged_checks  # noqa: PLC0415 - see the module's docstring
        from checkly_dynamic.core.changes import awaited_key, settled  # noqa: PLC0415
        from checkly_dynamic.core.gate import Gate, Policy  # noqa: PLC0415
        from checkly_dynamic.core.polling import MOST_CONNECTIONS  # noqa: PLC0415
        from checkly_dynamic.core.sessions import CheckSession  # noqa: PLC0415

        inputs = self._validated(self._SCHEMA, props)
        policy, awaited = Policy.from_state(inputs), Awaited.from_state(inputs["waitFor"])
        stored = [CheckSession.from_state(raw) for raw in olds.get("sessions") or []]
        unchanged = unchanged_checks(olds.get("waitFor") or [], inputs["waitFor"])
        same = awaited_key(olds) == awaited_key(inputs)
        if same:  # then also what a re-run started beside what it was to start still counts
            unchanged |= {session.check_id for session in stored}
        connections = min(MOST_CONNECTIONS, max(1, len(awaited.sessions)))
        with self._client(connections=connections, failures=_PATIENCE) as client:
            gate = Gate(policy, awaited, client, say=say_for(inputs), before_trigger=self._engine_must_live)
            judge_only = same and settled(olds)
            record = gate.run(stored, unchanged, judge_only=judge_only)
        # Nobody looked at the checks: the times of the last look stay.
        times = {key: olds[key] for key in ("startedAt", "finishedAt") if judge_only and key in olds}
        return {**inputs, **record.to_state(policy.fail_on), **times}


class CheckSessionBarrierProvider(_Provider):
    """Takes a verdict as input and fails when it is not good, so that nothing that depends on it can start."""

    def check(self, _olds: Any, news: Any) -> CheckResult:
        """Accept anything: in a preview the verdict may not be known, and a bad one is for create and update to refuse."""
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """Run unless a good verdict was let through and still stands."""
        return DiffResult(changes=not (olds.get("passed") is True and news.get("passed") is True))

    def create(self, props: Any) -> CreateResult:
        """Let a good verdict through."""
        with clean_errors():
            return CreateResult("check-session-barrier", self._pass(props))

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Let a good verdict through. When this raises, the old state stays, so the next update tries again."""
        with clean_errors():
            return UpdateResult(self._pass(news))

    def _pass(self, props: Any) -> dict[str, Any]:
        inputs = _without_provider(props)
        if inputs.get("passed") is True:
            return inputs
        reason = str(inputs.get("reason") or "the verdict is not known")
        todo = {
            "PENDING": "Run pulumi up again to go on waiting for the same check sessions, or raise timeout_seconds.",
            "UNKNOWN": "Run pulumi up again: known results are kept, only what is unknown is asked for or run again.",
        }.get(str(inputs.get("conclusion")), "Fix the cause and run pulumi up again: only these checks run again.")
        lines = [f"{inputs.get('resourceName') or 'gate'}: {reason}"]
        problems = inputs.get("problems") or []
        lines += [f"  {line}" for line in problems[:_MOST_PROBLEMS]]
        if len(problems) > _MOST_PROBLEMS:
            lines.append(f"  and {len(problems) - _MOST_PROBLEMS} more, see `checkly-dynamic report`")
        time.sleep(_OUTPUTS_FIRST)
        raise GateFailed("\n".join([*lines, todo]))


def _without_provider(props: Any) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key != _PROVIDER_KEY}
