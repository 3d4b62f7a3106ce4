"""What may be shown of foreign text: names and links come from outside, and none of them may do anything."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from checkly_dynamic.api.settings import is_loopback
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.text import printable

__all__ = ["link", "title", "words"]

_LONGEST_LINK = 2000
_KEPT_IN_LINKS = "%/:?=&#+,;@!$*~[]"


def link(url: str) -> str | None:
    """
    Return a link that is safe to follow, in ASCII, or None.

    Only https, or http to this machine itself (the local Checkly), and without a user name, which could hide the real host.
    """
    if not url or len(url) > _LONGEST_LINK or not url.isprintable() or any(c.isspace() or c == "\\" for c in url):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or "@" in parts.netloc or not parts.netloc.isascii():
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return None
    return quote(url, safe=_KEPT_IN_LINKS)


def title(session: CheckSession, *, limit: int = 120) -> str:
    """Return what to call a check: its name, or its id, or the session's id; one line, safe to print."""
    name = next((text for text in (session.name, session.check_id, session.id) if text.strip()), "check without a name")
    return printable(name, limit=limit)


def words(text: str, *, limit: int = 500) -> str:
    """Return foreign text as one safe line."""
    return printable(text, limit=limit)
