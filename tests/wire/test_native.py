"""The native provider: the same resources as the dynamic ones, in the spelling of YAML and TypeScript, and its protocol."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from plugin import SIGNATURE, UNKNOWN, Kind, Refused, secret, struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2 as proto

from checkly_dynamic import __version__

KEYS = {"CHECKLY_API_KEY": "cu_key_of_the_environment", "CHECKLY_ACCOUNT_ID": "e0000000-0000-4000-8000-000000000000"}
TRIGGER, TEST, VERDICT, BARRIER = (
    Kind(name) for name in ("CheckSessionTrigger", "TestSessionTrigger", "CheckSessionVerdict", "CheckSessionBarrier")
)
SMOKE = {"target": {"matchTags": [["smoke"]]}, "deployVersion": "v1"}


def check(name, *outcomes, **more):
    """Return a check for a scenario."""
    return {"name": name, "tags": ["smoke"], "outcomes": list(outcomes) or ["PASSED"], "seconds": 0.1, **more}


def test_the_barrier_compares_deploy_versions_only_when_the_program_gives_them(native, engine):
    """A good verdict on another version is refused; without expectedDeployVersions there is a warning."""
    plugin = native(engine=engine.address)
    good = {"passed": True, "conclusion": "PASSED", "judged": {"deployVersions": ["v1", None], "sessionIds": ["1"]}}
    assert plugin.create(BARRIER, {"verdict": good})["passed"] is True
    [warning] = engine.lines
    assert warning.message.startswith("expectedDeployVersions is not given")
    stored = plugin.create(BARRIER, {"verdict": good, "expectedDeployVersions": ["v1", None]})
    other = {"verdict": good, "expectedDeployVersions": ["v2", None]}
    assert plugin.diff(BARRIER, stored, other)
    with pytest.raises(Refused, match=r"the deploy version in the program was not checked.*ignoreChanges"):
        plugin.update(BARRIER, stored, other)
    for broken in (None, {}, {"passed": "true"}, {"passed": UNKNOWN}):
        with pytest.raises(Refused):
            plugin.create(BARRIER, {"verdict": broken})


def test_messages_use_the_spelling_of_the_package(native):
    """Field names, hints and settings are written as YAML and TypeScript programs write them."""
    plugin = native(env=KEYS)
    formatted = "shop@Calling [toString] on an [Output<T>] is not supported.\n\nTo get the value of an Output<T>"
    for kind, inputs, words in (
        (
            TRIGGER,
            {"target": {"matchTags": ["a"]}},
            "target.matchTags[0]: must be a list, got a string; each tag group",
        ),
        (TRIGGER, {}, "name a tag or a check id, or set runAllChecks: true if that is what you want"),
        (TRIGGER, {"target": {"match_tags": [["a"]]}}, "target.match_tags: unknown key (did you mean matchTags?"),
        (TRIGGER, {**SMOKE, "deployVersion": formatted}, "pulumi.interpolate"),
        (VERDICT, {"waitFor": {}, "rerun": []}, "rerun: unknown key (allowed are "),
        (
            VERDICT,
            {"waitFor": {}},
            "waitFor: must be a list, got an object; a list of the outputs `handle` of triggers",
        ),
        (VERDICT, {"waitFor": [{}], "timeoutSeconds": 0}, "timeoutSeconds: must be more than 0; seconds, more than 0"),
        (BARRIER, {"verdict": True}, "verdict: must be the output `verdict` of a CheckSessionVerdict"),
        (
            VERDICT,
            {"waitFor": [{"sessionIds": []}], "expectedDeployVersions": "v1"},
            "expectedDeployVersions: must be a list",
        ),
        (BARRIER, {"verdict": {}, "waitFor": ["smoke"]}, "waitFor: must be the list of `handle` outputs"),
        (BARRIER, {"verdict": {}, "expected": ["v1"]}, "(allowed are verdict, expectedDeployVersions, waitFor)"),
    ):
        [line] = plugin.check(kind, inputs)
        assert words in line
    lines = native().check(TRIGGER, SMOKE)
    assert [line.partition(": ")[0] for line in lines] == ["checkly-sessions:apiKey", "checkly-sessions:accountId"]


def test_a_number_is_no_deploy_version_and_other_numbers_become_strings(native):
    """YAML reads 1.10 as 1.1, so the version is refused with the cure; a port in a variable becomes a string."""
    plugin = native(env=KEYS)
    for kind, inputs in (
        (TRIGGER, {**SMOKE, "deployVersion": 1.1}),
        (BARRIER, {"verdict": {}, "expectedDeployVersions": [1.1]}),
    ):
        [line] = plugin.check(kind, inputs)
        assert "must be a string, got a number" in line
        assert "pulumi config set version '\"1.10\"'" in line
    given = {**SMOKE, "deployVersion": " v1\n", "environmentVariables": {"PORT": 8080, "RATIO": 0.5}, "triggers": [1]}
    checked = plugin.checked(TEST, given)
    assert checked["environmentVariables"] == {"PORT": "8080", "RATIO": "0.5"}
    assert (checked["deployVersion"], checked["triggers"]) == ("v1", [1])


def test_unknown_values_and_secrets_come_back_unharmed(native):
    """In a preview no unknown value is an error at any depth, secrets keep their marks, and no request is made."""
    plugin = native(env=KEYS)
    given = {
        "target": {"matchTags": [[UNKNOWN, "a"]]},
        "deployVersion": secret(UNKNOWN),
        "environmentVariables": {"TOKEN": secret("t"), "URL": UNKNOWN},
    }
    assert plugin.checked(TEST, given) == given
    assert plugin.diff(TEST, SMOKE, given)
    outputs = plugin.create(TEST, given, preview=True)
    assert {key: outputs[key] for key in given} == given
    assert {outputs[key] for key in ("sessionId", "status", "handle")} == {UNKNOWN}
    assert plugin.check(VERDICT, {"waitFor": [UNKNOWN]}) == []
    assert plugin.check(BARRIER, {"verdict": UNKNOWN, "expectedDeployVersions": [UNKNOWN]}) == []
    assert plugin.diff(BARRIER, {"verdict": {"passed": True}, "passed": True}, {"verdict": UNKNOWN})


def test_secrets_stay_secret_from_the_variables_to_the_rerun(native, make_checkly):
    """A secret variable or version is sent as such, also in a re-run, and is in no output, name or summary in plain text."""
    checkly = make_checkly(check("a", "FAILED", "PASSED"), check("b"))
    plugin = native(env=checkly.env)
    variables = {"TOKEN": secret("canary-token"), "URL": "https://blue.example.com"}
    given = {**SMOKE, "deployVersion": secret("canary-version"), "environmentVariables": variables}
    trigger = plugin.create(TEST, given)
    assert trigger["sessionName"] == "testsessiontrigger"
    waits = {"waitFor": [trigger["handle"]]}
    verdict = plugin.update(VERDICT, plugin.create(VERDICT, waits), waits)
    assert verdict["passed"] is True
    first, again = (entry["body"] for entry in checkly.triggers)
    assert first["environmentVariables"] == again["environmentVariables"]
    assert {"key": "TOKEN", "value": "canary-token", "secret": True} in again["environmentVariables"]
    assert "matchTags" not in again["target"]
    assert SIGNATURE in verdict["verdict"]
    guards = {"verdict": verdict["verdict"], "expectedDeployVersions": [secret("canary-version")]}
    for outputs in (trigger, verdict, plugin.create(BARRIER, guards)):
        assert "canary" not in json.dumps(without_secrets(outputs))


def without_secrets(value):
    """Return a value with every secret in it left out."""
    if isinstance(value, dict):
        return "[secret]" if SIGNATURE in value else {key: without_secrets(item) for key, item in value.items()}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def test_a_refresh_reads_statuses_and_never_fails(native, make_checkly, engine):
    """Unfinished statuses are read again; after an error the stored values stay, and one line says so."""
    checkly = make_checkly(check("a"))
    plugin = native(env=checkly.env, engine=engine.address)
    stored = plugin.create(TRIGGER, SMOKE)
    deadline = time.monotonic() + 20
    while plugin.read(TRIGGER, stored)["statuses"] != ["PASSED"]:
        assert time.monotonic() < deadline
    assert plugin.read(TRIGGER, stored)["handle"]["sessionIds"] == stored["sessionIds"]
    broken = native(engine=engine.address)
    assert broken.read(TRIGGER, stored) == stored
    assert "checkly-sessions:apiKey" in engine.lines[-1].message


def test_cancel_waits_for_the_answer_to_a_request_that_was_sent(native, make_checkly):
    """The sessions of a request that was sent are not lost: the trigger returns them a little later."""
    checkly = make_checkly(check("a"), faults=[{"route": "trigger", "delay": 2}])
    plugin = native(env=checkly.env)
    call = cancel_during(plugin, lambda: plugin.create(TRIGGER, SMOKE), after=lambda: checkly.requests)
    assert len(call.result()["sessionIds"]) == 1


def test_cancel_does_not_lose_a_rerun_that_was_sent(native, make_checkly):
    """The session of a re-run that was sent is kept, and after Cancel nothing more is started."""
    slow = check("a", "FAILED", "PASSED", seconds=[0.1, 5])
    checkly = make_checkly(slow, faults=[{"route": "trigger", "nth": 2, "delay": 2}])
    plugin = native(env=checkly.env)
    waits = {"waitFor": [plugin.create(TRIGGER, SMOKE)["handle"]]}
    red = plugin.create(VERDICT, waits)

    def posts():
        return sum(request["method"] == "POST" for request in checkly.requests)

    call = cancel_during(plugin, lambda: plugin.update(VERDICT, red, waits), after=lambda: posts() == 2)
    kept = call.exception().kept
    assert (kept["conclusion"], len(kept["sessionIds"])) == ("PENDING", 2)
    with pytest.raises(Refused, match="cancelled"):
        plugin.create(TRIGGER, SMOKE)
    assert native(env=checkly.env).update(VERDICT, kept, waits)["conclusion"] == "PASSED"
    assert posts() == 2


def cancel_during(plugin, call, *, after):
    """Cancel everything as soon as *after* is true while a call runs; return the ended call."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(call)
        while not after():
            assert not running.done()
            time.sleep(0.01)
        plugin.call("Cancel", empty_pb2.Empty())
        wait([running])
        return running


def test_the_engine_learns_what_the_provider_is(native):
    """The provider returns version, schema and abilities, and refuses unknown methods cleanly."""
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


def test_a_provider_under_a_debugger_takes_the_engine_from_attach(native, make_checkly, engine):
    """Without an address in its arguments the provider logs to the engine that attaches."""
    plugin = native(env=make_checkly(check("a")).env)
    plugin.call("Attach", plugin_pb2.PluginAttach(address=engine.address))
    plugin.create(VERDICT, {"waitFor": [plugin.create(TRIGGER, SMOKE)["handle"]]})
    assert engine.lines[-1].message.startswith("1 check passed")


def test_another_key_runs_nothing_and_a_bad_one_is_named_without_its_value(native):
    """Another setting updates the provider and replaces nothing; the resources find a bad one, but destroy still works."""
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
    """A language host runs the folder with Python, and the folder serves the provider."""
    folder = Path(__file__).parents[2] / "provider"
    assert {path.name for path in folder.iterdir()} >= {"PulumiPlugin.yaml", "requirements.txt", "__main__.py"}
    plugin = start((sys.executable, str(folder)))
    assert plugin.call("GetPluginInfo", empty_pb2.Empty()).version == __version__
