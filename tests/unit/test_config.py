"""Credentials and settings: where they come from, what is refused, and that no value is ever echoed."""

from __future__ import annotations

import copy
import pickle
import ssl

import pytest
import requests
import trustme
from checkly_dynamic.api.transport.environment import passwords, proxy_for, trust
from checkly_dynamic.api.transport.failures import origin
from hypothesis import given, strategies as st

from checkly_dynamic.api.settings import DEFAULT_API_URL, Settings, is_loopback
from checkly_dynamic.errors import ConfigError

KEY = "cu_CanaryQ7zX9vKp2LmW4"
ACCOUNT = "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"
GOOD = {"CHECKLY_API_KEY": KEY, "CHECKLY_ACCOUNT_ID": ACCOUNT}


def load(environ=None, **config):
    """Load settings from an environment and a stack's config, where ``__`` stands for the colon."""
    values = {name.replace("__", ":").replace("_dynamic", "-dynamic"): value for name, value in config.items()}
    return Settings.load(values.get, GOOD if environ is None else environ)


def problems(environ=None, **config):
    """Return what is refused; no piece of the key may show."""
    with pytest.raises(ConfigError) as caught:
        load(environ, **config)
    assert not any(KEY[i : i + 6] in str(caught.value) + repr(caught.value) for i in range(len(KEY) - 5))
    return caught.value.problems


class TestSources:
    """Config wins over the environment, and a value that is there wins even when it is wrong."""

    def test_environment(self):
        """Key and account are enough; the rest has defaults."""
        settings = load()
        assert settings.api_key.reveal() == KEY
        assert settings.account_id == ACCOUNT
        assert settings.api_url == DEFAULT_API_URL == "https://api.checklyhq.com"
        assert settings.api_version == "v1"
        assert settings.sources["api_key"] == "environment variable CHECKLY_API_KEY"

    def test_config_wins(self):
        """Each setting of the stack's config replaces the environment's."""
        settings = load(
            {**GOOD, "CHECKLY_API_URL": "https://env.example.com", "CHECKLY_API_VERSION": "v1"},
            checkly__apiKey="cu_other",
            checkly__accountId="other",
            checkly__apiUrl="https://config.example.com",
            checkly_dynamic__apiVersion="v2",
        )
        assert settings.api_key.reveal() == "cu_other"
        assert settings.account_id == "other"
        assert settings.api_url == "https://config.example.com"
        assert settings.api_version == "v2"
        assert settings.sources == {
            "api_key": "config checkly:apiKey",
            "account_id": "config checkly:accountId",
            "api_url": "config checkly:apiUrl",
            "api_version": "config checkly-dynamic:apiVersion",
        }

    def test_an_empty_config_value_is_not_replaced_by_the_environment(self):
        """Using another credential than the one that was set would be a surprise."""
        assert problems(checkly__apiKey="") == ("config checkly:apiKey: the API key is blank",)

    def test_1_nothing_is_set(self):
        """Case 1: each missing credential has one line with both ways to set it."""
        key, account = problems({})
        assert key.startswith(
            "checkly:apiKey: the Checkly API key is not set; run `pulumi config set --secret checkly:apiKey`"
        )
        assert key.endswith("environment variable CHECKLY_API_KEY")
        assert account.startswith(
            "checkly:accountId: the Checkly account id is not set; run `pulumi config set checkly:accountId"
        )
        assert account.endswith("environment variable CHECKLY_ACCOUNT_ID")

    def test_all_problems_at_once(self):
        """Whoever sets up a project sees everything that is wrong, not one thing after the other."""
        environ = {
            "CHECKLY_API_KEY": " ",
            "CHECKLY_ACCOUNT_ID": KEY,
            "CHECKLY_API_URL": "ftp://x",
            "CHECKLY_API_VERSION": "v9",
        }
        assert len(problems(environ)) == 4

    def test_numbers_from_config_are_texts(self):
        """A config value that is not a text is read as one, not crashed on."""
        assert problems(checkly_dynamic__apiVersion=2.0)[0].endswith('must be "v1" or "v2"')


class TestCredentials:
    """Case 2: both travel as headers, so a bad character is found before an HTTP library would print the header."""

    @pytest.mark.parametrize("name", GOOD)
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda value: value + "\n", "has a space or line break in it"),
            (lambda value: value + "\r\nX-Evil: 1", "has a space or line break in it"),
            (lambda value: " " + value, "has a space or line break in it"),
            (lambda value: value[:4] + "\t" + value[4:], "has a space or line break in it"),
            (lambda value: value + "\N{NO-BREAK SPACE}", "has characters that are not ASCII"),
            (lambda value: value + "é", "has characters that are not ASCII"),
            (lambda value: value + "\x00", "has control characters in it"),
            (lambda value: value + "\x7f", "has control characters in it"),
            (lambda _: "", "is blank"),
            (lambda _: "  \n", "is blank"),
        ],
    )
    def test_malformed(self, name, change, words):
        """Each is one line that names the source and what is wrong, never the value."""
        (problem,) = problems({**GOOD, name: change(KEY if name == "CHECKLY_API_KEY" else ACCOUNT)})
        assert problem.startswith(f"environment variable {name}: ")
        assert words in problem

    def test_swapped(self):
        """A key in the place of the account is recognised, before it is sent as an account header."""
        (problem,) = problems({**GOOD, "CHECKLY_ACCOUNT_ID": KEY})
        assert "swapped" in problem

    def test_the_key_is_in_no_representation(self):
        """Repr, str, copies and pickles do not show the key."""
        settings = load()
        assert "***" in repr(settings)
        assert KEY not in f"{settings} {settings.api_key} {settings.api_key!r}"
        for attempt in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match=r"a secret is never pickled|mappingproxy|cannot pickle"):
                attempt(settings)


class TestUrl:
    """Case 3: the base URL decides who gets the key."""

    @pytest.mark.parametrize(
        "url",
        [
            "https://api.checklyhq.com",
            "https://api.checklyhq.com/",
            "https://gateway.example.com:8443/checkly",
            "http://localhost:3000",
            "http://LOCALHOST:3000",
            "http://127.0.0.1:3000/",
            "http://127.1.2.3",
            "http://[::1]:3000",
            "https://[2001:db8::1]/x",
            "https://under_score.example.com",
        ],
    )
    def test_accepted(self, url):
        """Only a trailing slash is taken off."""
        assert load({**GOOD, "CHECKLY_API_URL": url}).api_url == url.rstrip("/")

    def test_the_scheme_is_written_small(self):
        """It decides whether TLS is used and with which authorities, so it is the same for every part that looks."""
        assert load({**GOOD, "CHECKLY_API_URL": "HTTPS://API.example.com/V"}).api_url == "https://API.example.com/V"

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://api.checklyhq.com", "must start with https://"),
            ("http://127.0.0.1.example.com", "must start with https://"),
            ("http://localhost.example.com", "must start with https://"),
            ("http://0.0.0.0:3000", "must start with https://"),
            ("http://169.254.169.254/latest", "must start with https://"),
            ("http://2130706433", "must start with https://"),
            ("ftp://api.checklyhq.com", "must start with https://"),
            ("file:///etc/passwd", "must start with https://"),
            ("api.checklyhq.com", "must start with https://"),
            ("", "must start with https://"),
            ("https://user:pw@api.checklyhq.com", "user name or password"),
            ("https://api.checklyhq.com@evil.test/", "user name or password"),
            (f"https://{KEY}@api.checklyhq.com", "user name or password"),
            ("https://api.checklyhq.com?x=1", "query or fragment"),
            ("https://api.checklyhq.com?", "query or fragment"),
            ("https://api.checklyhq.com/#v1", "query or fragment"),
            ("https://api.checklyhq.com:99999", "not a valid URL"),
            ("https://api.checklyhq.com:port", "not a valid URL"),
            ("https://[::1", "not a valid URL"),
            ("https://", "has no host"),
            ("https:///v1", "has no host"),
            ("https://:443", "has no host"),
            ("https://api.checklyhq.com//v1", "empty or dotted path segment"),
            ("https://api.checklyhq.com//", "empty or dotted path segment"),
            ("https://api.checklyhq.com/../admin", "empty or dotted path segment"),
            ("https://api.checklyhq.com/./v1", "empty or dotted path segment"),
            ("https://api.checklyhq.com\\@evil.test", "spaces, backslashes"),
            ("https://api.checklyhq.com/a b", "spaces, backslashes"),
            ("https://api.checklyhq.com\n", "spaces, backslashes"),
            ("https://api\tchecklyhq.com", "spaces, backslashes"),
            ("https://äpi.checklyhq.com", "spaces, backslashes"),
            ("https://a..b", "is not a valid host name"),
            ("https://api.checklyhq.com/%2e%2e/x", "only letters, digits"),
            ("https://api.checklyhq.com/v1;x", "only letters, digits"),
            ("https://[fe80::1%25eth0]", "is not a valid host name"),
            ("https://[v1.foo]/x", "is not a valid"),
            ("https://[::1]evil/x", "is not a valid"),
            ("https://[::1][::1]/x", "is not a valid"),
            ("https://[abc]/x", "is not a valid"),
            ("https://[127.0.0.1]/x", "is not a valid"),
            ("https://-", "is not a valid host name"),
            ("https://api.checkly%68q.com", "is not a valid host name"),
            ("https://a;b", "is not a valid host name"),
            ("https://" + "a" * 64 + ".com", "is not a valid host name"),
            ("https://" + ".".join(["a" * 60] * 5), "is not a valid host name"),
        ],
    )
    def test_refused(self, url, words):
        """Each is one line that says what is allowed and does not repeat the URL, which may hold a secret."""
        (problem,) = problems({**GOOD, "CHECKLY_API_URL": url})
        assert problem.startswith("environment variable CHECKLY_API_URL: ")
        assert words in problem

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.255.254", "::1"])
    def test_loopback(self, host):
        """This machine itself may be reached without TLS."""
        assert is_loopback(host)

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.", "example.com", "", "::ffff:8.8.8.8"])
    def test_not_loopback(self, host):
        """Everything else needs TLS."""
        assert not is_loopback(host)


class TestEnvironment:
    """Proxies and authorities: the variables of requests, read once."""

    @pytest.fixture(autouse=True)
    def clean(self, monkeypatch):
        """Keep the machine's own variables out."""
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)

    def test_passwords_in_both_spellings(self):
        """A password is known as it stands in the URL and decoded, so that neither can be shown."""
        assert passwords("http://user:p%40ss%2Fword@proxy:1") == ["p%40ss%2Fword", "p@ss/word"]
        assert passwords("http://user:all:of:it@proxy:1") == ["all:of:it"]
        assert passwords("http://token@proxy:1") == ["token"]
        assert passwords("http://proxy:1") == []
        assert passwords(None) == []

    def test_the_more_special_variable_wins(self, monkeypatch):
        """HTTPS_PROXY is for https, ALL_PROXY for what has no variable of its own."""
        monkeypatch.setenv("ALL_PROXY", "http://all:1")
        assert proxy_for("https://x.example.com") == "http://all:1"
        monkeypatch.setenv("HTTPS_PROXY", "https://special:2")
        assert proxy_for("https://x.example.com") == "https://special:2"
        monkeypatch.setenv("NO_PROXY", ".example.com")
        assert proxy_for("https://x.example.com") is None
        assert proxy_for("https://x.example.org") == "https://special:2"
        assert proxy_for("https://[::1]:1") is None

    def test_authorities(self, monkeypatch, tmp_path):
        """The usual authorities, a file, or a folder; read once, and never "trust everything"."""
        usual = trust()
        assert usual.verify_mode is ssl.CERT_REQUIRED
        assert usual.check_hostname
        assert len(usual.get_ca_certs()) > 50
        assert trust() is usual
        monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path))
        assert trust().get_ca_certs() == []
        bundle = tmp_path / "own.pem"
        trustme.CA().cert_pem.write_to_path(str(bundle))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        assert len(trust().get_ca_certs()) == 1
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
        assert trust().get_ca_certs() == []

    def test_authorities_that_are_not_there(self, monkeypatch, tmp_path):
        """A wrong path, or a file that holds no certificate, is named by its variable."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))
        with pytest.raises(ConfigError, match="environment variable REQUESTS_CA_BUNDLE: there is no such file"):
            trust()
        (tmp_path / "none").write_text("garbage")
        with pytest.raises(
            ConfigError, match="environment variable REQUESTS_CA_BUNDLE: this file holds no certificates"
        ):
            trust()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "x" * 5000)
        with pytest.raises(ConfigError, match="environment variable REQUESTS_CA_BUNDLE: this file cannot be read"):
            trust()

    def test_a_key_log_that_cannot_be_written(self, monkeypatch, tmp_path):
        """Its own variable is named, not that of the authorities, which are right."""
        bundle = tmp_path / "own.pem"
        trustme.CA().cert_pem.write_to_path(str(bundle))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no-such-folder" / "keys"))
        with pytest.raises(ConfigError, match="environment variable SSLKEYLOGFILE: this file cannot be written"):
            trust()

    @pytest.mark.parametrize("letter", "#/?")
    def test_a_proxy_password_that_ends_the_url(self, monkeypatch, letter):
        """Such a letter must be encoded; nothing of the password is shown, and none of it is taken for a host."""
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:12{letter}Canary@proxy.example.com:1")
        with pytest.raises(ConfigError, match="percent-encoded, such as %23 for # and %2F for /") as caught:
            proxy_for("https://x.example.com")
        assert "Canary" not in str(caught.value)


@given(st.text())
def test_what_is_accepted_can_be_a_header(value):
    """Whatever is accepted as a key is refused by no HTTP library, which would print it."""
    try:
        settings = load({**GOOD, "CHECKLY_API_KEY": value})
    except ConfigError:
        return
    request = requests.PreparedRequest()
    request.prepare("GET", "https://x", headers={"Authorization": f"Bearer {settings.api_key.reveal()}"})


@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"https?://[!-~]{0,30}", fullmatch=True),
        st.from_regex(r"https://[a-z0-9.:\[\]%_-]{1,20}(/[!-~]{0,10})?", fullmatch=True),
    )
)
def test_what_is_accepted_goes_where_it_seems_to(url):
    """For every URL that is accepted, all libraries agree on host and port, and a request can be made."""
    try:
        settings = load({**GOOD, "CHECKLY_API_URL": url})
    except ConfigError:
        return
    request = requests.PreparedRequest()
    request.prepare("GET", settings.api_url + "/v1/checks")
    assert origin(request.url).lower() == origin(settings.api_url).lower()
    assert request.url.endswith("/v1/checks")
    assert "@" not in origin(settings.api_url)
    assert proxy_for(settings.api_url) is None
