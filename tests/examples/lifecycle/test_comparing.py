from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from examples.flight_lifecycle import comparing
from examples.flight_lifecycle.living import Scene

pytestmark = pytest.mark.slow


def test_the_interval_holds_the_auc_and_narrows_with_more_flights() -> None:
    random = np.random.default_rng(1)

    def found(rows: int) -> tuple[float, float, float]:
        labels = random.integers(0, 2, rows)
        scores = labels + random.normal(0, 1.5, rows)
        interval = comparing.interval(labels, scores, seed=1)
        assert interval.value == pytest.approx(roc_auc_score(labels, scores))
        return interval.low, interval.value, interval.high

    few, many = found(200), found(5000)
    for low, value, high in (few, many):
        assert low < value < high
    assert many[2] - many[0] < few[2] - few[0]


def test_only_flights_that_were_asked_about_and_whose_outcome_is_known_count(tmp_path: Path) -> None:
    (tmp_path / "asked").mkdir()
    (tmp_path / "known").mkdir()
    (tmp_path / "parts").mkdir()
    late = {f"F{n}": str(n % 2) for n in range(40)} | {"F38": ""}
    (tmp_path / "asked" / "2013-05.csv").write_text("flight_id\n" + "".join(f"{one}\n" for one in late))
    (tmp_path / "known" / "2013-05.csv").write_text(
        "flight_id,time_hour,late\n"
        + "".join(f"{one},2013-05-01 05:00:00,{label}\n" for one, label in late.items())
    )
    # Odd flights, which are not asked about when every second one is, have absurd scores.
    scores = ", ".join(f"('F{n}', {1.0 if n % 2 else n / 100})" for n in range(40))
    duckdb.execute(
        f"COPY (SELECT * FROM (VALUES {scores}) AS rows(row_key, score)) TO '{tmp_path}/parts/part-0.parquet'"
    )
    scene: Any = Scene(out=None, chosen=None, outputs={}, folder=tmp_path, share=1)  # type: ignore[arg-type]
    assert comparing.auc_of(scene, 5, "2013-05-30T23:00:00+00:00", tmp_path).value == 1.0
