"""The resources of this package. They convert inputs for the core, and the core's outputs for programs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.barrier import CheckSessionBarrierResource
from checkly_dynamic.core.operation import Resource
from checkly_dynamic.core.payload import RERUN_INPUTS
from checkly_dynamic.core.summary import summarise
from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.core.values import UNKNOWN, contains_unknown
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource
from checkly_dynamic.core.wait_for import judged_by, wait_for_element
from checkly_dynamic.plugin.package_schema import VERSIONS, inputs_of, is_number
from checkly_dynamic.plugin.property_values import Properties


class PluginResource:
    """Base class of the resources. It passes inputs and outputs on unchanged; *core* does the work."""

    def __init__(self, name: str, core: Resource) -> None:
        self.name = name
        self.core = core

    def problems(self, given: Properties) -> list[str]:
        """List the problems that the core cannot find, because it sees only converted inputs."""
        found = []
        allowed = inputs_of(self.name)
        for key, value in given.values.items():
            if key not in allowed:
                found.append(f"{key}: unknown key (allowed are {', '.join(allowed)})")
            if key in VERSIONS and any(map(is_number, value if isinstance(value, list) else [value])):
                found.append(f"{key}: must be a string, got a number, which loses digits: {_LOST_DIGITS}")
        return found

    def to_core(self, resource_name: str, given: Properties) -> dict[str, Any]:
        """Return inputs, or stored outputs, as the core takes them."""
        return {**given.values, "resourceName": resource_name}

    def from_core(self, outputs: Mapping[str, Any], given: Properties) -> Properties:
        """Return outputs as programs see them. *given* are the inputs or, in a refresh, the stored outputs."""
        return replace(given, values={key: value for key, value in outputs.items() if key not in _ONLY_INSIDE})


class _Trigger(PluginResource):
    """The output ``handle`` is the core's element of ``waitFor``; its ``rerun`` holds what a test session needs to run again."""

    def from_core(self, outputs: Mapping[str, Any], given: Properties) -> Properties:
        bag = super().from_core(outputs, given)
        handle = wait_for_element(outputs)
        if outputs.get("sessionId") is not None:
            names = ("sessionId", "resourceName", *RERUN_INPUTS)
            handle["rerun"] = {name: outputs[name] for name in names if outputs.get(name) is not None}
        if given.is_secret("deployVersion"):
            handle["secretDeployVersion"] = True
        secrets = bag.secrets | {("handle",)} if bag.secrets else bag.secrets
        return Properties(values={**bag.values, "handle": handle}, secrets=secrets)


class _TestTrigger(_Trigger):
    def to_core(self, resource_name: str, given: Properties) -> dict[str, Any]:
        inputs = super().to_core(resource_name, given)
        variables, version = inputs.get("environmentVariables"), inputs.get("deployVersion")
        if isinstance(variables, Mapping):
            secret = [name for name in variables if given.is_secret("environmentVariables", name)]
            inputs["secretEnvironmentVariables"] = sorted(secret)
        # Checkly shows the name, so a secret version is not part of it.
        shown = version.strip() if isinstance(version, str) and not given.is_secret("deployVersion") else ""
        inputs.setdefault("sessionName", f"{resource_name} {shown}".strip())
        return inputs


class _Verdict(PluginResource):
    """An element of ``waitFor`` is a ``handle``."""

    def to_core(self, resource_name: str, given: Properties) -> dict[str, Any]:
        inputs = super().to_core(resource_name, given)
        handles = inputs.get("waitFor")
        handles = handles if isinstance(handles, list) else []
        requests = [handle["rerun"] for handle in handles if isinstance(handle, Mapping) and "rerun" in handle]
        return {**inputs, "rerun": requests}

    def from_core(self, outputs: Mapping[str, Any], given: Properties) -> Properties:
        bag = super().from_core(outputs, given)
        handles = given.values["waitFor"]
        judged = judged_by(handles)
        verdict = {**{key: outputs.get(key) for key in ("passed", "conclusion", "reason", "failed")}, "judged": judged}
        summary = summarise(outputs, judged["deployVersions"])
        values = {**bag.values, "verdict": verdict, "summary": summary}
        secret = any(self._is_secret_version(given, index) for index in range(len(handles)))
        derived = {("verdict",), ("summary",)} if secret else set()
        return Properties(values=values, secrets=bag.secrets | derived)

    def _is_secret_version(self, given: Properties, index: int) -> bool:
        """Whether the deploy version of a handle is secret."""
        handle = given.values["waitFor"][index]
        # A handle with a secret variable arrives as one secret, but its version need not be secret.
        by_variables = (handle.get("rerun") or {}).get("secretEnvironmentVariables")
        secret = given.is_secret("waitFor", index, "deployVersion") and not by_variables
        return bool(handle.get("secretDeployVersion") or secret)


class _Barrier(PluginResource):
    """Here the verdict's result is one object; the core has its fields as inputs."""

    def problems(self, given: Properties) -> list[str]:
        found = super().problems(given)
        verdict = given.values.get("verdict")
        if verdict is not UNKNOWN and not isinstance(verdict, Mapping):
            found.append("verdict: must be the output `verdict` of a CheckSessionVerdict")
        handles = given.values.get("waitFor", UNKNOWN)
        if handles is not UNKNOWN and not (isinstance(handles, list) and all(map(_is_handle, handles))):
            found.append("waitFor: must be the list of `handle` outputs that the CheckSessionVerdict has")
        return found

    def to_core(self, resource_name: str, given: Properties) -> dict[str, Any]:
        verdict, expected = given.values.get("verdict"), given.values.get("expectedDeployVersions")
        handles = given.values.get("waitFor")
        if not isinstance(verdict, Mapping):
            verdict = {"passed": verdict}
        result = {key: verdict.get(key) for key in ("passed", "conclusion", "reason", "failed", "judged")}
        if expected is not None:
            result["expected"] = expected
        if handles is not None:
            ids = UNKNOWN if contains_unknown(handles) else judged_by(handles)["sessionIds"]
            result["expectedSessionIds"] = ids
        return {**result, "resourceName": resource_name}

    def from_core(self, outputs: Mapping[str, Any], given: Properties) -> Properties:
        return replace(given, values={**given.values, "passed": outputs.get("passed")})


def _is_handle(value: Any) -> bool:
    return value is UNKNOWN or isinstance(value, Mapping)


_LOST_DIGITS = (
    "1.10 becomes 1.1. Write it in quotes. A YAML program reads a value of the stack's configuration as a number when it looks "
    "like one, so put quotes into the value (pulumi config set version '\"1.10\"') or begin it with a letter (v1.10)"
)

_ONLY_INSIDE = ("resourceName", "rerun", "secretEnvironmentVariables")
"""Inputs of the core that programs do not write."""

RESOURCES = {
    resource.name: resource
    for resource in (
        _Trigger("CheckSessionTrigger", CheckSessionTriggerResource()),
        _TestTrigger("TestSessionTrigger", TestSessionTriggerResource()),
        _Verdict("CheckSessionVerdict", CheckSessionVerdictResource()),
        _Barrier("CheckSessionBarrier", CheckSessionBarrierResource()),
    )
}
"""The resources by name."""
