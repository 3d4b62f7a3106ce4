"""Credentials and settings: where they come from, what is refused, and that no value is ever echoed."""

import copy
import pickle

import pytest

from checkly_dynamic.api.settings import Settings
from checkly_dynamic.errors import ConfigError

KEY = "cu_CanaryQ7zX9vKp2LmW4"
ACCOUNT = "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"
GOOD = {"CHECKLY_API_KEY": KEY, "CHECKLY_ACCOUNT_ID": ACCOUNT}


def load(environ=None, config=None):
    """Load settings from an environment and a stack's config."""
    return Settings.load((config or {}).get, GOOD if environ is None else environ)


def problems(environ=None, config=None):
    """Return what is refused; no piece of the key may show."""
    with pytest.raises(ConfigError) as caught:
        load(environ, config)
    assert not any(KEY[i : i + 6] in str(caught.value) + repr(caught.value) for i in range(len(KEY) - 5))
    return caught.value.problems


def test_the_stack_s_config_wins_over_the_environment():
    """Also when its value is wrong. Each setting knows its source; a key and an account are enough."""
    settings = load()
    assert (settings.api_url, settings.api_version) == ("https://api.checklyhq.com", "v1")
    assert settings.sources["api_key"] == "environment variable CHECKLY_API_KEY"
    settings = load({**GOOD, "CHECKLY_API_URL": "https://env.example.com"}, {"checkly:apiUrl": "https://config.test/"})
    assert (settings.api_url, settings.sources["api_url"]) == ("https://config.test", "config checkly:apiUrl")
    assert problems(config={"checkly:apiKey": ""}) == ("config checkly:apiKey: the API key is blank",)
    assert problems(config={"checkly-dynamic:apiVersion": 2.0})[0].endswith('must be "v1" or "v2"')


@pytest.mark.parametrize("end", ["\r\nX-Evil: 1", " ", "\N{NO-BREAK SPACE}", "\x00", "é"])
def test_a_malformed_credential_is_found_before_it_becomes_a_header(end):
    """Each is one line that names the source and what is wrong, never the value."""
    found = problems({name: value + end for name, value in GOOD.items()})
    assert [problem.partition(": ")[0] for problem in found] == [f"environment variable {name}" for name in GOOD]
    assert all("must contain only printable ASCII characters and no whitespace" in problem for problem in found)


def test_the_key_is_in_no_representation():
    """Repr, str, copies and pickles do not show the key."""
    settings = load()
    assert KEY not in f"{settings!r} {settings} {settings.api_key} {settings.api_key!r}"
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match=r"a secret is never pickled"):
            attempt(settings.api_key)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1.example.com", "must start with https://"),
        ("http://2130706433", "must start with https://"),
        ("file:///etc/passwd", "must start with https://"),
        ("https:///path", "must start with https://"),
        (f"https://{KEY}@evil.test", "must not contain a user name"),
        ("https://api.checklyhq.com?x=1", "must not contain"),
        ("https://api.checklyhq.com:99999", "not a valid URL"),
        ("https://[", "not a valid URL"),
        ("https://api.checklyhq.com/\x00", "must not contain"),
    ],
)
def test_urls_that_are_refused(url, words):
    """The server at the base URL gets the key, so only https, or this machine, is allowed."""
    for fine in ("https://gateway.example.com:8443/checkly", "http://127.0.0.1:3000", "http://[::1]:3000"):
        assert load({**GOOD, "CHECKLY_API_URL": f"{fine}/"}).api_url == fine
    (problem,) = problems({**GOOD, "CHECKLY_API_URL": url})
    assert problem.startswith("environment variable CHECKLY_API_URL: ")
    assert words in problem
