"""The family of errors: what each carries, and that it can travel."""

from __future__ import annotations

import pytest

from checkly_dynamic import errors
from checkly_dynamic.errors import ChecklyError, ConfigError, PayloadError, RateLimited


@pytest.mark.parametrize("kind", [ConfigError, PayloadError])
def test_problems_are_lines(kind):
    """Each problem is one line of the text, and can be had by itself."""
    error = kind(["one: wrong", "two: wrong"])
    assert str(error) == "one: wrong\ntwo: wrong"
    assert error.problems == ("one: wrong", "two: wrong")


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (errors.ConnectFailed, "no"),
        (errors.TlsError, "no"),
        (errors.EngineGone, "no"),
        (errors.ConnectionLost, "maybe"),
        (errors.ReadTimeout, "maybe"),
        (errors.InvalidResponse, "maybe"),
        (errors.UnexpectedRedirect, "maybe"),
    ],
)
def test_what_was_sent(kind, sent):
    """No usable answer: the class says whether the request may have arrived."""
    assert kind("x").sent == sent
    assert isinstance(kind("x"), errors.TransportError)


@pytest.mark.parametrize(
    "kind",
    [
        errors.BadRequest,
        errors.Unauthorized,
        errors.PaymentRequired,
        errors.Forbidden,
        errors.NoMatchingChecks,
        errors.SessionNotFound,
        errors.ServerError,
        errors.UnexpectedStatus,
    ],
)
def test_an_answer_came(kind):
    """An error status means that the request arrived."""
    error = kind("x", status=418)
    assert (error.sent, error.status) == ("yes", 418)
    assert isinstance(error, errors.ApiError)


def test_rate_limited():
    """It knows how long to wait and who said so."""
    assert (RateLimited("x").status, RateLimited("x").retry_after, RateLimited("x").sent) == (429, None, "yes")
    own = RateLimited("x", retry_after=3.0, sent="no")
    assert (own.retry_after, own.sent) == (3.0, "no")


def test_one_base_class():
    """Whoever wants to catch all of ours needs one name."""
    assert all(issubclass(getattr(errors, name), ChecklyError) for name in errors.__all__)
