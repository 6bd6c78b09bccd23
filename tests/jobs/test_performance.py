"""The baseline as evaluation completes it."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from jobs.commands import evaluate, features
from jobs.errors import InputError
from jobs.folders import Folders
from jobs.statistics.calibration import rates
from tests.jobs.batches import DATASET, Batch
from tests.jobs.commands.test_evaluate import answers, holdout

pytestmark = pytest.mark.slow

NAMES = ("constraints.json", "performance.json", "sample.parquet", "statistics.json")
RUN = {"model": "model", "run": "0123456789abcdef", "data_version": "d" * 64}


def evaluated(batch: Batch, into: str = "evaluated", **sections: Any) -> Path:
    inputs = {
        "holdout_keys": batch.output("split", "holdout_keys"),
        "predictions": batch.folder / "predictions",
        "trained_on": batch.output("split", "baseline"),
    }
    folder = batch.folder / into
    evaluate.run(batch.plan(**sections), Folders(input_base=batch.folder, output_base=folder, inputs=inputs))
    return folder / "baseline"


def read(folder: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / name).read_text())
    return document


def test_the_baseline_names_its_run_and_holds_columns_and_score(filled: Batch) -> None:
    labels = holdout(filled)
    scores = np.clip(labels * 0.3 + np.linspace(0.2, 0.6, len(labels)), 0, 1)
    answers(filled, "challenger", list(scores))
    folder = evaluated(filled)
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    statistics, constraints = read(folder, "statistics.json"), read(folder, "constraints.json")
    assert statistics["mdlc"] == constraints["mdlc"] == {**RUN, "prediction": "score"}
    names = [feature["name"] for feature in statistics["features"]]
    assert names == [*DATASET["features"], "score"]
    assert [feature["name"] for feature in constraints["features"]] == names
    score = statistics["features"][-1]["numerical_statistics"]
    assert score["common"] == {"num_present": len(labels), "num_missing": 0}
    assert score["mean"] == pytest.approx(scores.mean())
    told = duckdb.connect().execute(
        f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{folder / 'sample.parquet'}')"
    )
    assert dict(told.fetchall()) == RUN
    both = (folder / "sample.parquet", filled.output("split", "baseline", "sample.parquet"))
    one, other = (duckdb.connect().execute(f"FROM read_parquet('{path}')").fetchall() for path in both)
    assert one == other


def test_performance_has_intervals_and_a_calibration(filled: Batch) -> None:
    labels = holdout(filled)
    scores = np.clip(labels * 0.3 + np.linspace(0.2, 0.6, len(labels)), 0, 1)
    answers(filled, "challenger", list(scores))
    found = read(evaluated(filled, evaluation={"threshold": 0.4}), "performance.json")
    assert {key: found[key] for key in RUN} == RUN
    assert (found["schema_version"], found["task"], found["rows"]) == (1, "binary", len(labels))
    assert (found["threshold"], found["label_mean"]) == (0.4, pytest.approx(labels.mean()))
    auc = found["metrics"]["auc"]
    assert auc["low"] <= auc["value"] <= auc["high"]
    assert found["residual"] is None
    assert rates(found["calibration"], scores).sum() == pytest.approx(labels.sum())


def test_a_regression_tells_how_far_off_its_answers_are(filled: Batch) -> None:
    sections: dict[str, Any] = {
        "dataset": {"label": "amount", "features": ["count", "kind"], "task": "regression"}
    }
    features.run(filled.plan(**sections), filled.folders())
    path = filled.output("split", "holdout_keys", "keys.parquet")
    query = f"SELECT label FROM read_parquet('{path}') ORDER BY row"
    labels = np.array(duckdb.connect().execute(query).fetchall())[:, 0]
    off = np.where(np.arange(len(labels)) % 2, 3.0, -1.0)
    answers(filled, "challenger", list(labels + off))
    found = read(evaluated(filled, **sections), "performance.json")
    assert found["calibration"] is None
    assert found["residual"]["mean_absolute"] == pytest.approx(np.abs(off).mean())
    assert found["residual"]["rmse"] == pytest.approx(np.sqrt((off**2).mean()))
    errors = found["errors"]
    assert errors["score"] == "score"
    assert errors["absolute"]["mean"] == pytest.approx(np.abs(off).mean())
    assert errors["squared"]["mean"] == pytest.approx((off**2).mean())
    assert errors["absolute"]["rows"] == len(labels)


def test_a_run_evaluated_again_beside_a_champion_leaves_the_same_bytes(filled: Batch) -> None:
    labels = holdout(filled)
    noise = np.random.default_rng(3).random(len(labels)) * 0.5
    answers(filled, "challenger", list(noise + 0.3 * labels))
    alone = evaluated(filled)
    answers(filled, "champion", list(noise))
    rival = {"version": 3, "package_arn": "arn", "model": "m", "program": {}}
    beside = evaluated(filled, "again", champion=rival)
    for name in NAMES:
        assert (alone / name).read_bytes() == (beside / name).read_bytes()


def test_a_split_without_its_statistics_is_refused(filled: Batch) -> None:
    answers(filled, "challenger", list(holdout(filled) * 0.5))
    filled.output("split", "baseline", "sample.parquet").unlink()
    with pytest.raises(InputError, match=r"No sample\.parquet at .*an output of the features job"):
        evaluated(filled)


def test_without_the_input_no_baseline_is_written(filled: Batch) -> None:
    answers(filled, "challenger", list(holdout(filled) * 0.5))
    shutil.rmtree(filled.output("split", "baseline"))
    assert not evaluated(filled).exists()
