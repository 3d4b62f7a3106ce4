"""The verbs of the API that need no socket to be judged: which words mean that nothing matched."""

import pytest

from checkly_dynamic.client import _says_no_match


@pytest.mark.parametrize(
    "message",
    ["No matching checks were found.", "no matching check", "No checks found", "Error: no checks match the given tags"],
)
def test_the_words_that_mean_that_nothing_matched(message):
    """The documented sentence, and what it could become in another release."""
    assert _says_no_match({"statusCode": 404, "error": "Not Found", "message": message})


@pytest.mark.parametrize(
    "message",
    [
        "Not Found",
        "no check-sessions route here",
        "There is no check group with this id",
        "No such check session.",
        "no checksum",
        "",
        None,
        404,
    ],
)
def test_the_words_that_mean_something_else(message):
    """With on_no_match="pass" a misread 404 would be a green gate with no session, so every other one is an error."""
    assert not _says_no_match({"statusCode": 404, "error": "Not Found", "message": message})
    assert not _says_no_match({"message": "No matching checks were found."}), "not in Checkly's own shape"
