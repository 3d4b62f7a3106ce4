"""What the engine sends: unknowns, floats, secrets, huge and odd input."""

from __future__ import annotations

import socket
import time

import pytest
from plugin import SECRET, UNKNOWN, VERDICT, Refused

GOOD = {"resourceName": "smoke", "target": {"matchTags": [["production"]]}}
KEYS = {"CHECKLY_API_KEY": "cu_key_of_the_environment", "CHECKLY_ACCOUNT_ID": "e0000000-0000-4000-8000-000000000000"}


def nested(levels):
    """Return a list inside a list, so many times."""
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_unknown_values_pass_check_and_count_as_a_change(start):
    """What is not known in a preview is stepped over at any depth and comes back unharmed; known parts are still judged."""
    host = start(env=KEYS)
    for news in (
        {"target": UNKNOWN, "deployVersion": UNKNOWN},
        {"target": {"matchTags": [["production", UNKNOWN], UNKNOWN], "checkId": [UNKNOWN]}},
        {**GOOD, "triggers": [{"deep": [{"er": UNKNOWN}]}, UNKNOWN]},
    ):
        assert host.check(news) == []
        assert host.diff(GOOD, news) is True
    assert host.diff(GOOD, {**GOOD, "onNoMatch": UNKNOWN, "resourceName": UNKNOWN}) is True
    stored = {**GOOD, "sessions": [{"checkSessionId": "1"}]}
    assert host.diff(stored, {**GOOD, "onNoMatch": UNKNOWN, "resourceName": UNKNOWN}) is False
    [line] = host.check({"target": {"matchTags": [[UNKNOWN, 7]]}})
    assert line.startswith("target.matchTags[0][1]: must be a text, got a number")
    assert host.check({"waitFor": [UNKNOWN, {"sessionIds": UNKNOWN}], "attempts": UNKNOWN}, VERDICT) == []


def test_numbers_arrive_as_floats_and_stay_the_same(start):
    """3 becomes 3.0 on the way, which is neither a change nor an error; NaN is refused before it reaches a state file."""
    host = start(env=KEYS)
    assert host.diff({**GOOD, "triggers": [3]}, {**GOOD, "triggers": [3.0]}) is False
    assert host.check({"waitFor": [{"sessionIds": []}], "attempts": 3, "timeoutSeconds": 30}, VERDICT) == []
    assert host.check({**GOOD, "triggers": [float("nan")]}) == [
        "triggers[0]: must be a finite number, got NaN or infinity"
    ]
    assert host.check({"waitFor": [{"sessionIds": []}], "timeoutSeconds": float("nan")}, VERDICT) == [
        "timeoutSeconds: must be a finite number, got NaN or infinity"
    ]


def test_config_wins_over_the_environment_and_may_be_secret(start, checkly):
    """The stack's config is read first, a secret in it arrives in plain text, and only then the environment counts."""
    config = {
        "checkly:apiKey": {**SECRET, "value": "cu_key_of_the_config"},
        "checkly:accountId": "c0000000-0000-4000-8000-000000000000",
        "checkly:apiUrl": checkly.url,
        "checkly-dynamic:apiVersion": "v2",
    }
    host = start(env={**KEYS, "CHECKLY_API_URL": "http://127.0.0.1:1"}, config=config)
    host.create({"target": {"matchTags": [["smoke"]]}})
    [request] = checkly.requests
    assert request["path"] == "/v2/check-sessions/trigger"
    assert request["headers"]["x-checkly-account"] == "c0000000-0000-4000-8000-000000000000"


def test_bad_settings_get_a_line_each_and_no_value(start):
    """Missing and malformed settings are refused in check, all at once, and never shown."""
    host = start(config={"checkly:apiKey": "cu_canary\n", "checkly:apiUrl": "http://canary.example.com"})
    lines = host.check(GOOD)
    assert [line.partition(":")[0] for line in lines] == ["config checkly", "checkly", "config checkly"]
    assert "canary" not in "".join(lines)
    assert "CHECKLY_ACCOUNT_ID" in lines[1]


@pytest.mark.parametrize(
    ("odd", "limit"),
    [
        ({"triggers": ["x" * 5_000_000]}, "more than 1000000 characters"),
        ({"deployVersion": "x" * 5_000_000}, "more than 1000000 characters"),
        ({"target": {"matchTags": [["tag"] * 50_000]}}, "more than 5000 values"),
        ({"triggers": nested(200)}, "nested deeper than 32 levels"),
    ],
    ids=["text", "version", "tags", "deep"],
)
def test_huge_inputs_are_refused_with_the_limit_named(start, odd, limit):
    """Five megabytes or two hundred levels are answered with one short line, and the host goes on living."""
    host = start(env=KEYS)
    host.check(GOOD)
    started = time.monotonic()
    [line] = host.check({**GOOD, **odd})
    assert time.monotonic() - started < 20  # generous: most of it is the host's own decoding on a loaded machine
    assert limit in line
    assert len(line) < 200
    assert host.check(GOOD) == []


def test_an_engine_that_does_not_listen_breaks_nothing(start, checkly):
    """The engine's address serves only to notice its death; where it cannot be reached from the start, it is not used."""
    for engine in ("127.0.0.1:1", "nonsense", "127.0.0.1:99999", "[::1]:1"):
        host = start(env=checkly.env, engine=engine)
        assert host.create({"target": {"matchTags": [["smoke"]]}})[0] == "check-session-trigger"
    assert len(checkly.triggers) == 4


def test_nothing_is_started_for_an_engine_that_has_died(start, checkly):
    """The host lives on when the engine is killed; nobody would learn of sessions that it starts then."""
    with socket.create_server(("127.0.0.1", 0)) as engine:
        host = start(env=checkly.env, engine=f"127.0.0.1:{engine.getsockname()[1]}")
        host.create({"target": {"matchTags": [["smoke"]]}})
    with pytest.raises(Refused, match=r"\AEngineGone: the Pulumi engine has ended; nothing more is started\s*\Z"):
        host.create({"target": {"matchTags": [["smoke"]]}})
    assert len(checkly.triggers) == 1
