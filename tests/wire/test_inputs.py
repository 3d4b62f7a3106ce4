"""What the engine sends: unknowns, floats, secrets, huge and odd input."""

from __future__ import annotations

import pytest
from plugin import BARRIER, SECRET, TEST_TRIGGER, TRIGGER, UNKNOWN, VERDICT

GOOD = {"resourceName": "smoke", "target": {"matchTags": [["production"]]}}
KEYS = {"CHECKLY_API_KEY": "cu_key_of_the_environment", "CHECKLY_ACCOUNT_ID": "e0000000-0000-4000-8000-000000000000"}


def nested(levels):
    """Return a list inside a list, so many times."""
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_unknown_values_pass_check_and_count_as_a_change(start):
    """What a preview does not know is skipped at any depth and comes back as it was; known parts are still validated."""
    host = start(env=KEYS)
    for news in (
        {"target": UNKNOWN, "deployVersion": UNKNOWN},
        {"target": {"matchTags": [["production", UNKNOWN], UNKNOWN], "checkId": [UNKNOWN]}},
        {**GOOD, "triggers": [{"deep": [{"er": UNKNOWN}]}, UNKNOWN]},
    ):
        for provider in (TRIGGER, TEST_TRIGGER):
            assert host.check(news, provider) == []
            assert host.diff(GOOD, news, provider) is True
    variables = {"environmentVariables": {"BASE_URL": UNKNOWN, "TOKEN": "t"}, "secretEnvironmentVariables": ["TOKEN"]}
    assert host.check({**GOOD, **variables, "retryStrategy": UNKNOWN}, TEST_TRIGGER) == []
    stored = {**GOOD, "sessions": [{"checkSessionId": "1"}]}
    assert host.diff(stored, {**GOOD, "onNoMatch": UNKNOWN, "resourceName": UNKNOWN}) is False
    [line] = host.check({"target": {"matchTags": [[UNKNOWN, 7]]}})
    assert line.startswith("target.match_tags[0][1]: must be a string, got a number")
    assert host.check({"waitFor": [UNKNOWN, {"sessionIds": UNKNOWN}], "attempts": UNKNOWN}, VERDICT) == []
    assert host.diff({"passed": True}, {"passed": UNKNOWN}, BARRIER) is True


def test_numbers_arrive_as_floats_and_stay_the_same(start):
    """3 becomes 3.0 on the way, which is neither a change nor an error; NaN is refused before it reaches a state file."""
    host = start(env=KEYS)
    assert host.diff({**GOOD, "triggers": [3]}, {**GOOD, "triggers": [3.0]}) is False
    gate = {"waitFor": [{"sessionIds": []}]}
    assert host.check({**gate, "attempts": 3, "timeoutSeconds": 30}, VERDICT) == []
    for news, provider, field in (
        ({**GOOD, "triggers": [float("nan")]}, TRIGGER, "triggers[0]"),
        ({**gate, "timeoutSeconds": float("inf")}, VERDICT, "timeout_seconds"),
    ):
        [line] = host.check(news, provider)
        assert line.startswith(f"{field}: must be a finite number")


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
    """Missing and malformed settings are refused in check, all at once, and never shown; http is for this machine only."""
    host = start(config={"checkly:apiKey": "cu_canary\n", "checkly:apiUrl": "http://canary.example.com"})
    lines = host.check(GOOD)
    assert [line.partition(":")[0] for line in lines] == ["config checkly", "checkly", "config checkly"]
    assert "canary" not in "".join(lines)
    assert "CHECKLY_ACCOUNT_ID" in lines[1]
    assert "must start with https://" in lines[2]


@pytest.mark.parametrize(
    ("odd", "limit"),
    [
        ({"triggers": ["x" * 21_000_000]}, "all arguments together hold more than 20,000,000 characters"),
        ({"triggers": nested(200)}, "nested deeper than 32 levels"),
    ],
    ids=["large", "deep"],
)
def test_huge_inputs_are_refused(start, odd, limit):
    """Twenty megabytes or two hundred levels are answered with one short line, and the host lives on."""
    host = start(env=KEYS)
    [line] = host.check({**GOOD, **odd})
    assert limit in line
    assert len(line) < 200
    assert host.check(GOOD) == []
