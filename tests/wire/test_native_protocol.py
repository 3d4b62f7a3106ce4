"""The provider protocol beside the resources: settings, old and new calls, the engine that dies."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from plugin import Kind, Refused, secret, struct
from pulumi.runtime.proto import provider_pb2 as proto

from checkly_dynamic import __version__

TRIGGER = Kind("CheckSessionTrigger")
SMOKE = {"target": {"matchTags": [["smoke"]]}}
ACCOUNT = "c0000000-0000-4000-8000-000000000000"
CHECK = {"name": "a", "tags": ["smoke"], "seconds": 0}


def test_the_engine_learns_what_the_provider_is(native):
    """Version, schema and abilities are answered, and what the provider does not have is refused cleanly."""
    plugin = native()
    assert plugin.call("GetPluginInfo", empty_pb2.Empty()).version == __version__
    assert plugin.call("Handshake", proto.ProviderHandshakeRequest()).accept_secrets
    answer = plugin.call("Configure", proto.ConfigureRequest())
    assert (answer.acceptSecrets, answer.supportsPreview, answer.acceptOutputs) == (True, True, False)
    schema = json.loads(plugin.call("GetSchema", proto.GetSchemaRequest()).schema)
    assert (schema["name"], schema["version"]) == ("checkly-sessions", __version__)
    for verb in ("Invoke", "Call", "Construct", "Parameterize", "GetMapping"):
        with pytest.raises(Refused) as refused:
            plugin.call(verb, getattr(proto, f"{verb}Request")())
        assert refused.value.code == grpc.StatusCode.UNIMPLEMENTED, verb
    with pytest.raises(Refused, match="no such resource"):
        plugin.check(Kind("CheckSessionGate"), {})


def test_settings_come_from_the_provider_and_then_from_the_environment(native, make_checkly):
    """A secret key is unwrapped, and what is not set comes from the environment."""
    checkly = make_checkly(CHECK)
    env = {**checkly.env, "CHECKLY_API_KEY": "cu_another", "CHECKLY_API_VERSION": "v1"}
    config = {"apiKey": secret("cu_key_of_the_provider"), "accountId": ACCOUNT, "apiVersion": "v2"}
    native(env=env, config=config).create(TRIGGER, SMOKE)
    [request] = checkly.requests
    assert request["path"] == "/v2/check-sessions/trigger"
    assert request["headers"]["x-checkly-account"] == ACCOUNT


def test_another_key_runs_nothing_and_a_bad_one_is_named_without_its_value(native):
    """Another setting updates the provider and replaces nothing; a bad one is found by the resources and stops no destroy."""
    plugin = native(config={"apiKey": secret("canary\n"), "accountId": "1"})
    news = struct({"apiKey": secret("b"), "accountId": "1"})
    changed = plugin.call("DiffConfig", proto.DiffRequest(olds=struct({"apiKey": "a", "accountId": "1"}), news=news))
    assert changed.changes == proto.DiffResponse.DIFF_SOME
    assert (list(changed.diffs), list(changed.replaces)) == (["apiKey"], [])
    assert plugin.call("DiffConfig", proto.DiffRequest(olds=news, news=news)).changes == proto.DiffResponse.DIFF_NONE
    assert plugin.call("CheckConfig", proto.CheckRequest(news=struct({"apiKey": ""}))).inputs == struct({"apiKey": ""})
    [line] = plugin.check(TRIGGER, SMOKE)
    assert line.startswith("config checkly-sessions:apiKey: ")
    assert "canary" not in line
    plugin.delete(TRIGGER, {})


def test_the_folder_for_pulumi_package_add_serves_the_same(start):
    """A language host runs the folder with Python; what it serves is the provider."""
    folder = Path(__file__).parents[2] / "provider"
    assert {path.name for path in folder.iterdir()} >= {"PulumiPlugin.yaml", "requirements.txt", "__main__.py"}
    plugin = start((sys.executable, str(folder)))
    assert plugin.call("GetPluginInfo", empty_pb2.Empty()).version == __version__
