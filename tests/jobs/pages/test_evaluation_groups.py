from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jobs.metrics.ranking import by_group, relevance_by_rank
from jobs.metrics.rows import ScoredRows
from jobs.pages import evaluation_groups, evaluation_unlabelled
from jobs.pages.axes import Figure
from tests.jobs.metrics.answers import rows_of


@pytest.fixture
def grid() -> Any:
    return Figure().subplots(2, 3)


def titles(grid: Any) -> list[str]:
    return [axes.get_title(loc="left") for axes in grid.flat[:5]]


def test_a_ranking_is_drawn_beside_a_random_order(grid: Any) -> None:
    scored = rows_of("ranking", 200)
    better = replace(scored, scores=scored.labels)
    evaluation_groups.draw_groups(grid, {"challenger": better, "champion": scored})
    assert all(titles(grid))
    curves = {line.get_label(): line.get_ydata() for line in grid[0][0].lines}
    assert list(curves["challenger"]) == pytest.approx([1.0] * len(curves["challenger"]))
    assert curves["a random order"][0] < curves["challenger"][0]


def test_relevance_falls_along_the_ranks_of_a_good_model() -> None:
    scored = rows_of("ranking", 200)
    falling = relevance_by_rank(replace(scored, scores=scored.labels), 4)
    assert list(falling) == sorted(falling, reverse=True)
    level = relevance_by_rank(replace(scored, scores=np.zeros(200)), 1)
    sizes = by_group(scored)["size"]
    means = np.bincount(scored.groups, scored.labels) / sizes  # type: ignore[arg-type]
    assert level[0] == pytest.approx(means.mean())


def without_labels(scored: ScoredRows) -> ScoredRows:
    return replace(scored, labels=np.full(len(scored), np.nan))


@pytest.mark.parametrize(
    "scored",
    [
        rows_of("cluster", 200),
        rows_of("anomaly", 200),
        without_labels(rows_of("anomaly", 200)),
        rows_of("embedding", 200),
        replace(rows_of("embedding", 50), answers=np.ones((50, 1)), features=np.ones((50, 1))),
        replace(rows_of("cluster", 50), answers=np.ones((50, 1)), features=np.ones((50, 1))),
    ],
)
def test_answers_without_labels_are_drawn(grid: Any, scored: ScoredRows) -> None:
    evaluation_unlabelled.draw_unlabelled(grid, {"challenger": scored})
    assert [title for title in titles(grid) if title]
