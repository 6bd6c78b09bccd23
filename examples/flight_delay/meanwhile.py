"""The requests that were sent while a broken version was released and rolled back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from examples.flight_delay.asking import Asked


@dataclass(frozen=True, kw_only=True)
class Meanwhile:
    """Requests from before the broken version's first answer to some time after its last.

    Attributes:
        asked: the requests.
        good: the version that serves before and afterwards.
        broken: the version whose release is rolled back.
        scores: the good version's score of each flight, from batch inference.
    """

    asked: Sequence[Asked]
    good: int
    broken: int
    scores: Mapping[str, float]

    @property
    def unanswered(self) -> list[Asked]:
        """Requests without a decision."""
        return [call for call in self.asked if not call.answered]

    @property
    def fallbacks(self) -> list[Asked]:
        """Requests with a decision but without a score."""
        return [call for call in self.asked if call.answered and call.version is None]

    @property
    def by_broken(self) -> list[Asked]:
        """Requests that the broken version answered, in the order in which they were sent."""
        return sorted(
            (call for call in self.asked if call.version == self.broken), key=lambda call: call.began
        )

    @property
    def seconds(self) -> float:
        """Seconds from the broken version's first answer to its last."""
        return max(call.ended for call in self.by_broken) - self.by_broken[0].ended

    @property
    def share(self) -> float:
        """The broken version's share of the requests between its first and its last."""
        first, last = self.by_broken[0].began, self.by_broken[-1].began
        return len(self.by_broken) / sum(first <= call.began <= last for call in self.asked)

    @property
    def harm(self) -> float:
        """The mean absolute difference of its scores from the good version's for the same flights."""
        apart = [abs(float(call.answer["score"]) - self.scores[call.flight_id]) for call in self.by_broken]
        return sum(apart) / len(apart)

    @property
    def later(self) -> list[Asked]:
        """Requests that were sent after the broken version's last answer."""
        end = max(call.ended for call in self.by_broken)
        return [call for call in self.asked if call.began > end]

    def problems(self) -> list[str]:
        """The unexpected results, empty when there are none."""
        if self.unanswered:
            first = self.unanswered[0]
            lost = f"{len(self.unanswered)} of {len(self.asked)} requests got no decision"
            return [f"{lost}: {first.request_id} {first.status} {dict(first.answer)}"]
        if not self.by_broken:
            return [f"version {self.broken} answered none of {len(self.asked)} requests"]
        if not any(call.version == self.good for call in self.asked if call.began < self.by_broken[0].began):
            return [f"nobody asked before version {self.broken} did its first answer"]
        if {call.version for call in self.later} - {None} != {self.good}:
            return [f"version {self.good} does not answer alone after version {self.broken} was taken back"]
        return []
