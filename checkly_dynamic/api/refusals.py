"""What an error status means, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping

from checkly_dynamic.api.answers import Answer
from checkly_dynamic.errors import ApiError

__all__ = ["is_checklys_404", "refusal", "said", "says_no_match"]

_MEANINGS = {
    400: "Checkly refused the request to {action} as malformed",
    401: "the API key was not accepted; check {key}, and that the account id belongs to it",
    402: "the account's plan does not let you {action}; see the plan and usage in Checkly",
    403: "the API key may not {action}; it needs at least the role Read & Run in this account",
    404: (
        "unexpected answer when trying to {action}; "
        "check checkly:apiUrl, and whether a proxy answered instead of Checkly"
    ),
    429: "too many requests",
    500: "Checkly, or a proxy in front of it, failed",
}
_NO_MATCH = r"\bno\s+(matching\s+checks?\b|checks?\s+(were\s+)?(found|match))"


def refusal(answer: Answer, *, action: str = "", key: str = "") -> ApiError:
    """
    Turn an answer with an error status into an error.

    Args:
        answer: The answer.
        action: What the request was to do; 429 and statuses from 500 on say nothing about it.
        key: Where the API key came from.
    """
    meaning = _MEANINGS.get(min(answer.status, 500), "unexpected answer when trying to {action}")
    asked = "" if answer.retry_after is None else f", asked to wait {answer.retry_after:.0f} s"
    message = f"{answer.status}: {meaning.format(action=action, key=key)}{asked}{said(answer)}"
    return ApiError(message, status=answer.status, retry_after=answer.retry_after)


def said(answer: Answer) -> str:
    """Quote what an error answer says."""
    return f" (Checkly says: {answer.message})" if answer.message else ""


def is_checklys_404(answer: Answer) -> bool:
    """Whether a 404 is Checkly's own (``{"statusCode": 404, …}``) and not that of a proxy."""
    return answer.status == 404 and isinstance(answer.body, Mapping) and answer.body.get("statusCode") == 404


def says_no_match(answer: Answer) -> bool:
    """Whether this is the documented "No matching checks were found."; an unknown route answers 404 in the same shape."""
    message = answer.body.get("message") if is_checklys_404(answer) else None
    return isinstance(message, str) and re.search(_NO_MATCH, message, re.IGNORECASE) is not None
