"""Times of records and requests, in UTC."""

import datetime


def now() -> datetime.datetime:
    """The current time in UTC."""
    return datetime.datetime.now(datetime.UTC)


def moment(value: float | str) -> datetime.datetime:
    """The datetime of a time in a request, which is epoch seconds or an ISO 8601 text."""
    if isinstance(value, str):
        parsed = datetime.datetime.fromisoformat(value)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)
    return datetime.datetime.fromtimestamp(value, datetime.UTC)
