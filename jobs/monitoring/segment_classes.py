"""What a segment of a multiclass task is compared with: other segments' rows of the classes that it has.

The mean over classes depends on which classes there are, and the area of one class on the classes that it is
compared with. A segment of two similar classes is not worse than one that also has a third, different one.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jobs.metrics.rows import ScoredRows
from jobs.monitoring.intervals import Estimate, macro_area

Classes = frozenset[int]


class SegmentClasses:
    """The segments of one column.

    Args:
        segments: the rows of each segment.
        measured: the macro AUC of each, over all of its classes.
    """

    def __init__(self, segments: Sequence[ScoredRows], measured: Sequence[Estimate]) -> None:
        self._segments = segments
        self._known = {(place, self._classes[place]): area for place, area in enumerate(measured)}

    @cached_property
    def _classes(self) -> list[Classes]:
        return [frozenset(int(label) for label in np.unique(segment.labels)) for segment in self._segments]

    def others(self, place: int) -> list[Estimate]:
        """The macro AUC of each other segment that has all classes of this one, over rows of these."""
        own = self._classes[place]
        return [
            self._over(other, own)
            for other, classes in enumerate(self._classes)
            if other != place and own <= classes
        ]

    def _over(self, place: int, classes: Classes) -> Estimate:
        if (place, classes) not in self._known:
            labels, answers = self._segments[place].labels, self._segments[place].answers
            rows: npt.NDArray[np.bool_] = np.isin(labels, sorted(classes))
            area = macro_area(labels[rows], answers[rows]) if answers is not None else None
            assert area is not None, "a segment that is measured has rows of two classes"
            self._known[place, classes] = area
        return self._known[place, classes]
