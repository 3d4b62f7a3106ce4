"""Points in time as they are stored: ISO 8601, read leniently and written in one form."""

import re
from datetime import datetime, timezone

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?$", re.ASCII)


def instant(text: str | None) -> datetime | None:
    """Read ISO 8601, with any number of fraction digits; without a zone it is UTC. None for anything else."""
    match = _ISO.match((text or "").strip())
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    offset = "+00:00" if zone in (None, "Z") else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{offset}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def utc(moment: datetime) -> str:
    """Write a point in time as the API does: ISO 8601 in UTC with milliseconds, ``2026-11-23T07:48:41.250Z``."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
