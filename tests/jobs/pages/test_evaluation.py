import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.gate import Check
from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import ScoredRows
from jobs.pages.axes import colour
from jobs.pages.evaluation import draw
from jobs.pages.evaluation_classes import MAX_CURVES
from tests.jobs.batches import Batch
from tests.jobs.evaluation.reports import scored_rows

pytestmark = pytest.mark.slow


def scored(task: str, seed: int, rows: int = 400) -> ScoredRows:
    generator = np.random.default_rng(seed)
    if task == "regression":
        labels = generator.normal(50, 10, rows)
        return ScoredRows(labels=labels, scores=labels + generator.normal(0, 5, rows), task=task)
    labels = (np.arange(rows) % 4 == 0).astype(np.float64)
    return ScoredRows(labels=labels, scores=np.clip(0.3 * labels + 0.5 * generator.random(rows), 0, 1))


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("names", [("challenger",), ("challenger", "champion")])
def test_a_page_is_drawn(filled: Batch, tmp_path: Path, task: str, names: tuple[str, ...]) -> None:
    columns = {**filled.document()["dataset"]["columns"], "y": "number"}
    plan = filled.plan(dataset={"task": task, "columns": columns})
    labels = scored(task, 0).labels
    models = {
        name: ScoredRows(labels=labels, scores=scored(task, seed).scores, task=task)
        for seed, name in enumerate(names)
    }
    metrics = {name: compute_metrics(model) for name, model in models.items()}
    bootstrap = bootstrap_metrics(models, resamples=20, seed=1)
    checks = [
        Check(metric="auc", kind="at_least", bound=0.5, value=0.6, passed=passed, sentence="auc: a sentence.")
        for passed in (True, False)
    ]
    draw(plan, models, metrics, bootstrap, checks, tmp_path / "page.png")
    content = (tmp_path / "page.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1820, 1170)


@pytest.mark.parametrize("classes", [3, 15])
def test_a_page_of_classes_is_drawn(filled: Batch, tmp_path: Path, classes: int) -> None:
    names = tuple(f"class number {number}" for number in range(classes))
    columns = {**filled.document()["dataset"]["columns"], "y": "category"}
    plan = filled.plan(dataset={"task": "multiclass", "classes": names, "columns": columns})
    # No row of the last class.
    models = {"challenger": scored_rows("multiclass", 300, 0.4, names)}
    models["challenger"].labels[models["challenger"].labels == classes - 1] = 0
    metrics = {name: compute_metrics(model) for name, model in models.items()}
    bootstrap = bootstrap_metrics(models, resamples=10, seed=1)
    draw(plan, models, metrics, bootstrap, [], tmp_path / "page.png")
    content = (tmp_path / "page.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1820, 1170)


@pytest.mark.parametrize("changes", [{"scores": np.full(50, 0.5)}, {"labels": np.zeros(50)}])
def test_a_page_is_drawn_of_a_model_that_says_nothing(
    filled: Batch, tmp_path: Path, changes: dict[str, Any]
) -> None:
    columns = {"labels": (np.arange(50) % 2).astype(np.float64), "scores": np.linspace(0, 1, 50), **changes}
    models = {"challenger": ScoredRows(**columns)}
    metrics = {"challenger": compute_metrics(models["challenger"])}
    with np.errstate(all="raise"):
        bootstrap = bootstrap_metrics(models, resamples=20, seed=1)
    draw(filled.plan(), models, metrics, bootstrap, [], tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_a_text_with_dollars_is_no_formula(filled: Batch, tmp_path: Path) -> None:
    model = scored("binary", 0)
    sentence = r"$\frac{$ is a column's name"
    check = Check(metric="auc", kind="at_least", bound=0.5, value=0.6, passed=True, sentence=sentence)
    models = {"challenger": model}
    metrics = {"challenger": compute_metrics(model)}
    bootstrap = bootstrap_metrics(models, resamples=20, seed=1)
    draw(filled.plan(), models, metrics, bootstrap, [check], tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_curves_have_colours_of_their_own() -> None:
    assert len({colour(place) for place in range(MAX_CURVES)}) == MAX_CURVES
