import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from sklearn.datasets import load_svmlight_file

from jobs.commands import check, evaluate, features, prepare
from jobs.folders import Folders
from tests.jobs.batches import Batch
from tests.jobs.lives import Data, lived
from tests.jobs.rankings import DATASET, HEADER, batch_of, searches

pytestmark = pytest.mark.slow

PACKAGE = {"arn": "arn:package/7", "version": 7, "run": "r" * 16, "program": "s3://p/", "baseline": "s3://b/"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A batch whose features job has run."""
    batch = batch_of(tmp_path_factory.mktemp("ranking"))
    features.run(batch.plan(dataset=DATASET), batch.folders())
    return batch


def test_training_records_hold_the_groups_side_by_side(trained: Batch) -> None:
    path = trained.output("split", "train", "train.libsvm")
    values, labels, groups = load_svmlight_file(str(path), query_id=True, zero_based=True)
    rows = [row for row in searches() if row["at"] < "2024-02-01"]
    assert len(labels) == len(rows)
    assert list(groups) == sorted(groups)
    assert len(set(groups)) == len({row["search"] for row in rows})
    names = sorted({row["search"] for row in rows})
    found = sorted(zip(groups.tolist(), labels.tolist(), values.toarray()[:, 0].tolist(), strict=True))
    expected = sorted((names.index(row["search"]), float(row["grade"]), row["price"]) for row in rows)
    assert np.allclose(found, expected)
    assert all(line.count(":") == 4 for line in path.read_text().splitlines())


def answer(trained: Batch, name: str, *, best: bool) -> Path:
    """A model's answers to the holdout: stars against price, or nothing."""
    records = trained.output("split", "holdout", "holdout.csv").read_text().splitlines()
    folder = trained.folder / name
    folder.mkdir(exist_ok=True)
    scores = []
    for line in records:
        price, stars, _ = map(float, line.split(","))
        scores.append(stars / 2 - price / 60 if best else 0.0)
    (folder / "holdout.csv.out").write_text("".join(f"{score}\n" for score in scores))
    return folder


def evaluated(trained: Batch, name: str, *, best: bool, **sections: Any) -> dict[str, Any]:
    inputs = {
        "holdout_keys": trained.output("split", "holdout_keys"),
        "predictions": answer(trained, name, best=best),
        "trained_on": trained.output("split", "baseline"),
    }
    output = trained.folder / f"{name}-evaluated"
    folders = Folders(input_base=trained.folder, output_base=output, inputs=inputs)
    evaluate.run(trained.plan(dataset=DATASET, importance=None, **sections), folders)
    assert (output / "evaluation" / "evaluation.png").stat().st_size > 10_000
    report: dict[str, Any] = json.loads((output / "evaluation" / "report.json").read_text())
    return report


def test_a_ranking_is_judged_by_the_order_in_its_groups(trained: Batch) -> None:
    report = evaluated(trained, "good", best=True, gate={"at_least": {"ndcg@10": 0.9}})
    metric = report["metrics"]["challenger"]["ndcg@10"]
    assert metric["value"] > 0.9
    assert metric["low"] < metric["value"] < metric["high"]
    assert report["passed"]
    assert report["baseline"]["predictor"] == "a random order"
    assert report["baseline"]["metrics"]["ndcg@10"] < metric["value"] - 0.1


def test_equal_scores_are_as_good_as_a_random_order(trained: Batch) -> None:
    report = evaluated(trained, "level", best=False, gate={"at_least": {"ndcg@10": 0.9}})
    assert not report["passed"]
    value = report["metrics"]["challenger"]["ndcg@10"]["value"]
    assert value == pytest.approx(report["baseline"]["metrics"]["ndcg@10"])


def test_published_predictions_have_a_rank_over_all_files(trained: Batch, tmp_path: Path) -> None:
    batch, rows = Batch(tmp_path), searches(30, seed=2)
    for number in range(2):
        batch.write(f"{number}.csv", rows[number::2], header=HEADER[:-1])
    section = {
        **DATASET,
        "label": None,
        "columns": {n: k for n, k in DATASET["columns"].items() if n != "grade"},
    }
    plan = batch.plan(
        workflow="batch",
        dataset=section,
        package=PACKAGE,
        predicted_at="2024-04-01T00:00:00+00:00",
    )
    prepare.run(plan, batch.folders(program=trained.output("program")))
    for path in batch.output("shards").glob("*.csv"):
        stars = [line.split(",")[1] for line in path.read_text().splitlines()]
        answers = tmp_path / "answers" / f"{path.name}.out"
        answers.parent.mkdir(exist_ok=True)
        answers.write_text("\n".join(stars) + "\n")
    folders = Folders(
        input_base=tmp_path,
        output_base=tmp_path / "checked",
        inputs={"predictions": tmp_path / "answers", "keys": batch.output("keys")},
    )
    assert check.run(plan, folders).passed
    query = f"SELECT row_key, rank FROM '{tmp_path}/checked/parts/*.parquet'"
    found = duckdb.execute(query).fetchall()
    for row_key, rank in found:
        (own,) = (row for row in rows if row["id"] == row_key)
        others = [row for row in rows if row["search"] == own["search"]]
        assert rank == 1 + sum(row["stars"] > own["stars"] for row in others)
    assert len(found) == len(rows)


def test_a_ranking_is_monitored_by_its_groups(tmp_path: Path) -> None:
    """Each job once, with a model that is a formula: the endpoint's window and the batch's say the same."""
    fresh = [{**row, "id": f"fresh-{row['id']}", "at": "2024-03-01T05:00:00"} for row in searches(30, seed=9)]
    section = {"format": "csv", **DATASET}
    data = Data(section=section, training=searches(), fresh=fresh, monitor={"protected": ["kind"]})
    found = lived(data, tmp_path)
    endpoint, batch = found["monitor endpoint"], found["monitor batch"]
    assert endpoint["labelled"] == batch["labelled"] == len(fresh)
    assert endpoint["summary"][:2] == batch["summary"][:2]
