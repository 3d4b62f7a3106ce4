"""Credentials and settings: where they come from, what is refused, and that no value is ever echoed."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, strategies as st

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


def test_key_and_account_are_enough():
    """The rest has defaults, and each setting knows where it came from."""
    settings = load()
    assert (settings.api_key.reveal(), settings.account_id) == (KEY, ACCOUNT)
    assert (settings.api_url, settings.api_version) == ("https://api.checklyhq.com", "v1")
    assert settings.sources["api_key"] == "environment variable CHECKLY_API_KEY"


def test_the_stack_s_config_wins_over_the_environment():
    """Also when its value is wrong: another credential than the one that was set would be a surprise."""
    config = {
        "checkly:apiKey": "cu_other",
        "checkly:accountId": "other",
        "checkly:apiUrl": "https://config.example.com/",
        "checkly-dynamic:apiVersion": "v2",
    }
    settings = load({**GOOD, "CHECKLY_API_URL": "https://env.example.com", "CHECKLY_API_VERSION": "v1"}, config)
    assert (settings.api_key.reveal(), settings.account_id) == ("cu_other", "other")
    assert (settings.api_url, settings.api_version) == ("https://config.example.com", "v2")
    assert set(settings.sources.values()) == {f"config {key}" for key in config}
    assert problems(config={"checkly:apiKey": ""}) == ("config checkly:apiKey: the API key is blank",)


def test_everything_that_is_wrong_is_told_at_once():
    """Each missing credential has one line with both places to set it."""
    key, account = problems({})
    assert "run `pulumi config set --secret checkly:apiKey` or set the environment variable CHECKLY_API_KEY" in key
    assert "run `pulumi config set checkly:accountId ID` or set the environment variable CHECKLY_ACCOUNT_ID" in account
    wrong = {
        "CHECKLY_API_KEY": " ",
        "CHECKLY_ACCOUNT_ID": KEY,
        "CHECKLY_API_URL": "ftp://x",
        "CHECKLY_API_VERSION": "v9",
    }
    assert len(problems(wrong)) == 4
    assert problems(config={"checkly-dynamic:apiVersion": 2.0})[0].endswith('must be "v1" or "v2"')


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value + "\n", "must not contain whitespace"),
        (lambda value: value + "\r\nX-Evil: 1", "must not contain whitespace"),
        (lambda value: value[:4] + "\t" + value[4:], "must not contain whitespace"),
        (lambda value: value + "\N{NO-BREAK SPACE}", "must contain only ASCII"),
        (lambda value: value + "\x00", "must not contain control characters"),
        (lambda _: "", "is blank"),
        (lambda _: "  \n", "is blank"),
    ],
)
def test_a_malformed_credential_is_found_before_it_becomes_a_header(name, change, words):
    """Each is one line that names the source and what is wrong, never the value."""
    (problem,) = problems({**GOOD, name: change(KEY if name == "CHECKLY_API_KEY" else ACCOUNT)})
    assert problem.startswith(f"environment variable {name}: ")
    assert words in problem


def test_a_key_in_the_place_of_the_account_is_recognised():
    """Before it is sent as an account header."""
    (problem,) = problems({**GOOD, "CHECKLY_ACCOUNT_ID": KEY})
    assert "swapped" in problem


def test_the_key_is_in_no_representation():
    """Repr, str, copies and pickles do not show the key."""
    settings = load()
    assert KEY not in f"{settings!r} {settings} {settings.api_key} {settings.api_key!r}"
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match=r"a secret is never pickled"):
            attempt(settings.api_key)


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.checklyhq.com", "https://gateway.example.com:8443/checkly", "https://[2001:db8::1]/x"),
        *("http://localhost:3000", "http://127.0.0.1:3000/", "http://127.1.2.3", "http://[::1]:3000"),
    ],
)
def test_urls_that_are_accepted(url):
    """https, or this machine itself."""
    assert load({**GOOD, "CHECKLY_API_URL": url}).api_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        *((f"http://{host}", "must start with https://") for host in ("api.checklyhq.com", "127.0.0.1.example.com")),
        *((f"http://{host}", "must start with https://") for host in ("0.0.0.0:3000", "169.254.169.254", "2130706433")),
        *(
            (url, "must start with https://")
            for url in ("ftp://x", "file:///etc/passwd", "api.checklyhq.com", "", "https://")
        ),
        *((f"https://{user}@evil.test", "user name or password") for user in ("user:pw", KEY, "api.checklyhq.com")),
        ("https://api.checklyhq.com?x=1", "query or fragment"),
        ("https://api.checklyhq.com/#v1", "query or fragment"),
        ("https://api.checklyhq.com:99999", "not a valid URL"),
        ("https://[::1", "not a valid URL"),
        ("https://api.checklyhq.com/a b", "whitespace or control characters"),
        ("https://api.checklyhq.com/\x00", "whitespace or control characters"),
    ],
)
def test_urls_that_are_refused(url, words):
    """The base URL decides who gets the key."""
    (problem,) = problems({**GOOD, "CHECKLY_API_URL": url})
    assert problem.startswith("environment variable CHECKLY_API_URL: ")
    assert words in problem


@given(st.text())
def test_any_url_is_accepted_or_refused(url):
    """Never another exception, and one line when it is refused."""
    found: tuple[str, ...] = ()
    try:
        assert load({**GOOD, "CHECKLY_API_URL": url}).api_url.startswith("http")
    except ConfigError as error:
        found = error.problems
    assert len(found) < 2
