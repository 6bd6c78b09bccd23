"""Moments and intervals of time as payloads hold them: ISO 8601; without a time zone they are UTC."""

from dataclasses import dataclass
from datetime import datetime, timezone

from mdlc_constructs.settings.payloads.codec import PayloadError

UTC = timezone.utc  # noqa: UP017  # a job's image has Python 3.10


def parse_moment(text: str, name: str = "The moment") -> datetime:
    """A moment with its time zone, which is UTC where the text names none.

    Args:
        name: how the message names it.

    Raises:
        PayloadError: for anything but ISO 8601.
    """
    try:
        # Python 3.10 does not read the suffix Z.
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise PayloadError(
            f"{name} is {text!r}: give a date or time in ISO 8601, such as 2013-10-01."
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def plain_text(moment: datetime) -> str:
    """A moment as jobs hold it: UTC without a zone, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Time from `start` to before `end`; without an edge it is open on that side."""

    start: str | None = None
    end: str | None = None

    def normalized(self, name: str) -> "Interval":
        """The same interval in one spelling, so that equal intervals are equal work.

        Args:
            name: of the interval, for messages.

        Raises:
            PayloadError: as `moments` does.
        """
        start, end = self.moments(name)
        return Interval(
            start=None if start is None else plain_text(start), end=None if end is None else plain_text(end)
        )

    def moments(self, name: str) -> "tuple[datetime | None, datetime | None]":
        """Both edges with their time zone.

        Args:
            name: of the interval, for messages.

        Raises:
            PayloadError: for an edge that is no whole second in ISO 8601, or that is not before the other.
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
