"""Times and intervals of time in payloads: ISO 8601; without a time zone they are UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime

from mdlc_constructs.settings.payloads.codec import PayloadError


def parse_moment(text: str, name: str = "The moment") -> datetime:
    """The time that a text names, with a time zone: UTC if the text has none.

    Args:
        name: its name in messages.

    Raises:
        PayloadError: when the text is not ISO 8601.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PayloadError(
            f"{name} is {text!r}: give a date or time in ISO 8601, such as 2013-10-01."
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def plain_text(moment: datetime) -> str:
    """A time as text for jobs: UTC without a time zone, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A half-open interval from `start` to before `end`; None leaves that side open."""

    start: str | None = None
    end: str | None = None

    def normalized(self, name: str) -> "Interval":
        """The same interval in canonical form, so that equal intervals have equal digests.

        Args:
            name: the interval's name in messages.

        Raises:
            PayloadError: as `moments` does.
        """
        start, end = self.moments(name)
        return Interval(
            start=None if start is None else plain_text(start), end=None if end is None else plain_text(end)
        )

    def moments(self, name: str) -> "tuple[datetime | None, datetime | None]":
        """The start and the end, with time zones; None where the interval is open.

        Args:
            name: the interval's name in messages.

        Raises:
            PayloadError: when one is not a whole second in ISO 8601, or the start is not before the end.
        """
        start, end = (
            _whole_seconds(edge, text)
            for edge, text in ((f"{name}.start", self.start), (f"{name}.end", self.end))
        )
        if start is not None and end is not None and start >= end:
            raise PayloadError(f"{name}.start {start} is not before {name}.end {end}: swap or correct them.")
        return start, end


def _whole_seconds(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = parse_moment(text, name)
    if moment.microsecond:
        raise PayloadError(f"{name} is {text!r}: give whole seconds.")
    return moment
