"""Times that signers claim, as texts."""

from __future__ import annotations

from datetime import UTC, datetime

from smartid.errors import EncodingError

_LONGEST = 40


def read_time(text: str, what: str) -> datetime:
    """Read a date and a time (RFC 3339, xsd:dateTime); one without a zone is taken for UTC.

    Raises EncodingError.
    """
    try:
        time = datetime.fromisoformat(text.strip()[:_LONGEST])
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise EncodingError(what, offset=0, expected="a date and a time") from error
