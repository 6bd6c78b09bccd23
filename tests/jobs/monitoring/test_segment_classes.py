import numpy as np
import pytest

from jobs.metrics.rows import ScoredRows
from jobs.monitoring.intervals import macro_area
from jobs.monitoring.segment_classes import SegmentClasses


def segment(classes: int, seed: int) -> ScoredRows:
    """Rows of the first classes of three; each answer leans to its label."""
    generator = np.random.default_rng(seed)
    labels = np.arange(90) % classes
    answers = generator.dirichlet(np.ones(3), 90)
    answers[np.arange(90), labels] += 0.3
    answers /= answers.sum(axis=1, keepdims=True)
    return ScoredRows(
        labels=labels.astype(np.float64),
        scores=answers.max(axis=1),
        task="multiclass",
        answers=answers,
        names=("a", "b", "c"),
    )


def test_a_segment_is_compared_over_its_own_classes() -> None:
    segments = [segment(2, seed=1), segment(3, seed=2), segment(2, seed=3)]
    areas = [macro_area(each.labels, each.answers) for each in segments if each.answers is not None]
    classes = SegmentClasses(segments, [area for area in areas if area is not None])
    whole, pair = classes.others(0)
    rows = segments[1].labels < 2
    assert segments[1].answers is not None
    expected = macro_area(segments[1].labels[rows], segments[1].answers[rows])
    assert expected is not None and whole.value == pytest.approx(expected.value)
    assert areas[2] is not None and pair.value == pytest.approx(areas[2].value)
    # No other segment has all three classes.
    assert classes.others(1) == []
