import io
import json
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jobs.commands import evaluate, features
from jobs.errors import InputError
from jobs.folders import Folders
from mdlc_constructs.settings.payloads.verdict import Verdict
from mdlc_local.sagemaker.registry.model_cards import problems
from tests.jobs.batches import DATASET, Batch, rows
from tests.jobs.test_dividing import HEADER as WITHOUT_IDS
from tests.jobs.test_dividing import PLAIN, at_random, plain

pytestmark = pytest.mark.slow


def answers(batch: Batch, who: str, scores: list[float]) -> None:
    folder = batch.folder / "predictions" / who
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "holdout.csv.out").write_text("\n".join(map(str, scores)) + "\n")


def holdout(batch: Batch) -> np.ndarray[Any, Any]:
    """Write the split; returns the holdout's labels in the order of its records."""
    features.run(batch.plan(), batch.folders())
    path = batch.output("split", "holdout_keys", "keys.parquet")
    found = duckdb.connect().execute(f"SELECT label FROM read_parquet('{path}') ORDER BY row").fetchall()
    return np.array([row[0] for row in found], dtype=np.float64)


def answer_permuted(batch: Batch, *, by: int = 0) -> None:
    """Score both files of records by one of their features, whose order is the features'."""
    for name in ("holdout.csv", "importance.csv"):
        records = (batch.output("split", "holdout", name)).read_text().splitlines()
        values = [float(record.split(",")[by]) for record in records]
        folder = batch.folder / "predictions" / "challenger"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.out").write_text("\n".join(str(1 / (1 + np.exp(-value / 10))) for value in values))


def evaluated(batch: Batch, given: dict[str, Path] | None = None, **sections: Any) -> tuple[Verdict, Path]:
    folders = Folders(
        input_base=batch.folder / "nothing",
        output_base=batch.folder / "evaluated",
        inputs={
            "holdout_keys": batch.output("split", "holdout_keys"),
            "predictions": batch.folder / "predictions",
            **(given or {}),
        },
    )
    return evaluate.run(batch.plan(**sections), folders), batch.folder / "evaluated" / "evaluation"


def test_a_model_that_knows_something_passes_its_gate(filled: Batch) -> None:
    labels = holdout(filled)
    answers(filled, "challenger", list(np.clip(labels * 0.3 + np.linspace(0.2, 0.6, len(labels)), 0, 1)))
    verdict, folder = evaluated(filled, gate={"at_least": {"auc": 0.6}, "at_most": {}})
    assert verdict.passed
    assert list(verdict.reasons) == []
    assert verdict.rows == len(labels)
    registry = json.loads((folder / "metrics.json").read_text())["binary_classification_metrics"]
    assert registry["auc"]["value"] == pytest.approx(verdict.metrics["auc"], abs=1e-4)
    assert registry["auc"]["standard_deviation"] > 0
    assert sum(sum(row.values()) for row in registry["confusion_matrix"].values()) == len(labels)
    report = json.loads((folder / "report.json").read_text())
    told = report["metrics"]["challenger"]["auc"]
    assert told["low"] <= told["value"] <= told["high"]
    assert (folder / "evaluation.png").read_bytes().startswith(b"\x89PNG")


def test_scores_that_know_nothing_are_refused_with_the_reason(filled: Batch) -> None:
    labels = holdout(filled)
    answers(filled, "challenger", list(np.random.default_rng(5).random(len(labels))))
    verdict, folder = evaluated(filled, gate={"at_least": {"auc": 0.66}, "at_most": {}})
    assert not verdict.passed
    assert "auc" in verdict.reasons[0]
    gate = json.loads((folder / "gate.json").read_text())
    assert (gate["passed"], gate["checks"][0]["passed"]) == (False, False)


@pytest.mark.parametrize(("better", "passed"), [(True, True), (False, False)])
def test_a_challenger_is_compared_with_the_champion(filled: Batch, better: bool, passed: bool) -> None:
    labels = holdout(filled)
    noise = np.random.default_rng(1).random(len(labels)) * 0.5
    good, poor = list(noise + 0.5 * labels), list(noise + 0.1 * labels)
    answers(filled, "challenger", good if better else poor)
    answers(filled, "champion", poor if better else good)
    verdict, folder = evaluated(
        filled,
        gate={"better_than_champion": "auc", "margin": 0.0, "confidence": 0.95},
        champion={"version": 3, "package_arn": "arn", "model": "m", "program": {}},
    )
    assert verdict.passed is passed
    report = json.loads((folder / "report.json").read_text())
    assert report["champion"] == {"version": 3, "package_arn": "arn", "model": "m", "program": None}
    assert set(report["metrics"]) == {"challenger", "champion"}


def test_a_holdout_of_one_class_passes_no_gate_not_even_one_without_conditions(filled: Batch) -> None:
    labels = holdout(filled)
    keys = filled.output("split", "holdout_keys", "keys.parquet")
    table = f"(SELECT * REPLACE (0 AS label) FROM read_parquet('{keys}'))"
    duckdb.connect().execute(f"COPY {table} TO '{keys}.new' (FORMAT parquet)")
    Path(f"{keys}.new").replace(keys)
    answers(filled, "challenger", [0.5] * len(labels))
    verdict, folder = evaluated(filled)
    assert not verdict.passed
    assert list(verdict.reasons) == [
        "auc is not defined on this holdout, so nothing is known of the model: fails."
    ]
    assert verdict.metrics["auc"] is None
    assert json.loads((folder / "gate.json").read_text())["checks"][0]["kind"] == "defined"


def test_rows_may_count_by_their_weight(batch: Batch) -> None:
    made = [{**row, "w": 1 + place % 3} for place, row in enumerate(plain())]
    batch.write("a.csv", made, WITHOUT_IDS)
    sections = {"dataset": {**PLAIN, "weight": "w"}, "split": at_random(stratify="y")}
    features.run(batch.plan(**sections), batch.folders())
    keys = batch.output("split", "holdout_keys", "keys.parquet")
    query = f"SELECT label, weight FROM read_parquet('{keys}') ORDER BY row"
    held = duckdb.connect().execute(query).fetchall()
    labels, weights = (np.array(column) for column in zip(*held, strict=True))
    scores = np.linspace(0, 1, len(labels))
    answers(batch, "challenger", list(scores))
    manifest = {"manifest": batch.output("split", "manifest.json")}
    manifest["trained_on"], once = batch.output("split", "baseline"), []
    for weighted, expected in ((True, weights), (False, None)):
        evaluation = {"evaluation": {"weighted": weighted}} if weighted else {}
        verdict, folder = evaluated(batch, manifest, **sections, **evaluation)
        assert verdict.metrics["auc"] == round(roc_auc_score(labels, scores, sample_weight=expected), 4)
        notes = json.loads((folder / "report.json").read_text())["notes"]
        assert ("Metrics count each row by its weight in 'w'; segments do not." in notes) is weighted
        # Windows of a monitor, whose rows have no weights, are compared with this.
        performance = json.loads((folder.parent / "baseline" / "performance.json").read_text())["metrics"]
        assert performance["auc"]["value"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
        once.append(performance)
    assert once[0] == once[1]
    report = json.loads((folder / "report.json").read_text())
    assert report["split"]["rows"]["holdout"] == len(labels) and "intervals" not in report["split"]
    assert "20% of the rows, at random" in (folder / "evaluation.html").read_text()
    details = json.loads((folder / "model_card.json").read_text())["additional_information"]["custom_details"]
    assert details["split"] == "at random 70/10/20, seed 1, equal shares of y"


def test_a_gate_without_conditions_refuses_nothing_and_says_so(filled: Batch) -> None:
    labels = holdout(filled)
    answers(filled, "challenger", list(np.linspace(0, 1, len(labels))))
    verdict, folder = evaluated(filled)
    assert verdict.passed
    for name in ("gate.json", "report.json"):
        assert json.loads((folder / name).read_text())["notes"] == [
            "The gate has no conditions: it refuses no model that can be measured."
        ]


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ({"fitted_from": None, "fitted_to": "2024-03-01T00:00:00"}, []),
        ({}, []),
        ({"fitted_from": "2024-05-01T00:00:00", "fitted_to": "2024-06-01T00:00:00"}, []),
        ({"fitted_from": None, "fitted_to": "2024-03-15T00:00:00"}, ["may have seen"]),
    ],
)
def test_a_champion_that_saw_the_holdout_is_noted_and_not_refused(
    filled: Batch, origin: dict[str, Any], said: list[str]
) -> None:
    labels = holdout(filled)
    scores = list(np.linspace(0, 1, len(labels)))
    for who in ("challenger", "champion"):
        answers(filled, who, scores)
    program = {"schema_version": 1, "columns": {}, "steps": [], "origin": origin}
    champion = {"version": 1, "package_arn": "arn", "model": "m", "program": program}
    verdict, folder = evaluated(filled, gate={"at_least": {"auc": 0.0}}, champion=champion)
    assert verdict.passed
    notes = json.loads((folder / "gate.json").read_text())["notes"]
    assert len(notes) == len(said)
    if said:
        seen = sum("2024-03-01" <= row["at"] < "2024-03-15" for row in rows())
        assert f"may have seen {seen} of the {len(labels)} holdout rows" in notes[0]
        assert json.loads((folder / "report.json").read_text())["notes"] == notes


def test_a_regression_has_its_own_metrics(batch: Batch) -> None:
    batch.write("a.csv", [{**row, "y": round(row["count"] + len(row["kind"]) / 7, 3)} for row in rows()])
    columns = {**batch.document()["dataset"]["columns"], "y": "number"}
    dataset = {"task": "regression", "columns": columns}
    features.run(batch.plan(dataset=dataset), batch.folders())
    count = len((batch.output("split", "holdout", "holdout.csv")).read_text().splitlines())
    answers(batch, "challenger", list(np.linspace(0, 4, count)))
    verdict, folder = evaluated(batch, dataset=dataset, gate={"at_most": {"rmse": 100}})
    assert set(verdict.metrics) == {"rmse", "mae", "r2"}
    assert "regression_metrics" in json.loads((folder / "metrics.json").read_text())
    assert verdict.passed


def test_missing_or_surplus_scores_are_broken_inputs(filled: Batch) -> None:
    labels = holdout(filled)
    with pytest.raises(InputError, match="'predictions' is missing"):
        evaluated(filled)
    answers(filled, "challenger", [0.5] * (len(labels) - 1))
    with pytest.raises(InputError, match=r"The challenger's answers: .* scores for"):
        evaluated(filled)
    answers(filled, "challenger", [0.5] * len(labels))
    with pytest.raises(InputError, match="champion_predictions"):
        evaluated(filled, champion={"version": 1, "package_arn": "a", "model": "m", "program": None})


def test_an_evaluation_repeats_to_the_byte(filled: Batch) -> None:
    labels = holdout(filled)
    answers(filled, "challenger", list(np.linspace(0, 1, len(labels))))
    written = []
    for _ in range(2):
        folder = evaluated(filled)[1]
        written.append(
            [
                (folder / name).read_bytes()
                for name in ("metrics.json", "report.json", "gate.json", "evaluation.html", "model_card.json")
            ]
        )
    assert written[0] == written[1]


@pytest.fixture
def large(batch: Batch) -> Batch:
    """A batch whose holdout has enough rows in each segment."""
    batch.write("one.csv", rows(900))
    return batch


def test_importance_names_the_column_that_the_model_reads(large: Batch) -> None:
    holdout(large)
    answer_permuted(large)
    _, folder = evaluated(large, {"manifest": large.output("split", "manifest.json")})
    report = json.loads((folder / "report.json").read_text())
    importance = report["importance"]
    assert (importance["metric"], importance["columns"][0]["column"]) == ("auc", "amount")
    assert importance["columns"][0]["low"] > 0
    assert {column["value"] for column in importance["columns"][1:]} == {0}
    assert report["unmeasured"] == []
    assert {segment["column"] for segment in report["segments"]} <= {"kind", "flag"}
    assert sum(point["rows"] for point in report["calibration"]["bins"]) == report["rows"]
    assert report["split"]["rows"]["holdout"] == report["rows"]
    page = (folder / "evaluation.html").read_text()
    assert "Which columns does it need?" in page and "data:image/png;base64," in page
    card = json.loads((folder / "model_card.json").read_text())
    assert not list(problems(card))


def test_a_step_that_scores_the_holdout_alone_leaves_importance_out_with_a_note(large: Batch) -> None:
    labels = holdout(large)
    answers(large, "challenger", list(np.linspace(0, 1, len(labels))))
    verdict, folder = evaluated(large, gate={"at_least": {"auc": 0.0}})
    report = json.loads((folder / "report.json").read_text())
    assert verdict.passed
    assert report["importance"] is None
    assert report["unmeasured"] == [
        "No permutation importance: the permuted rows were not scored with the holdout."
    ]
    assert report["unmeasured"][0] in (folder / "evaluation.html").read_text()


def test_switched_off_importance_is_no_note(large: Batch) -> None:
    labels = holdout(large)
    answers(large, "challenger", list(np.linspace(0, 1, len(labels))))
    report = json.loads((evaluated(large, importance=None)[1] / "report.json").read_text())
    assert (report["importance"], report["unmeasured"]) == (None, [])


@pytest.mark.parametrize("readable", [True, False])
def test_the_gain_of_trees_is_laid_beside(large: Batch, readable: bool) -> None:
    holdout(large)
    answer_permuted(large)
    trees = [{"split_indices": [4, 0, 0], "left_children": [1, -1, -1], "loss_changes": [2.0, 0.0, 0.0]}]
    content = json.dumps({"learner": {"gradient_booster": {"model": {"trees": trees}}}}).encode()
    artifact = large.folder / "artifact"
    artifact.mkdir()
    with tarfile.open(artifact / "model.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("xgboost-model")
        entry.size = len(content) if readable else 0
        archive.addfile(entry, io.BytesIO(content if readable else b""))
    given = {"model": artifact, "program": large.output("program")}
    report = json.loads((evaluated(large, given)[1] / "report.json").read_text())
    gain = {column["column"]: column["gain"] for column in report["importance"]["columns"]}
    # The fifth feature is the hour of the column "at".
    assert gain["at"] == (1.0 if readable else None)
    assert len(report["unmeasured"]) == (0 if readable else 1)


CLASSES: dict[str, Any] = {
    "columns": {**DATASET["columns"], "y": "category"},
    "task": "multiclass",
    "classes": ["high", "low", "none"],
}


def answer_classes(batch: Batch) -> None:
    """Score both files of records: the larger the amount, the likelier the first class."""
    for name in ("holdout.csv", "importance.csv"):
        lines = []
        for record in batch.output("split", "holdout", name).read_text().splitlines():
            logits = np.array([1.0, -1.0, 0.0]) * float(record.split(",")[0]) / 5
            lines.append(",".join(map(str, np.exp(logits) / np.exp(logits).sum())))
        folder = batch.folder / "predictions" / "challenger"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.out").write_text("\n".join(lines) + "\n")


def test_classes_are_evaluated_by_name(batch: Batch) -> None:
    made = rows(600)
    for row in made:
        amount = row["amount"] or 0
        row["y"] = "high" if amount > 4 else "low" if amount < -4 else "none"
    batch.write("one.csv", made)
    features.run(batch.plan(dataset=CLASSES), batch.folders())
    answer_classes(batch)
    verdict, folder = evaluated(
        batch, dataset=CLASSES, gate={"at_least": {"recall:high": 0.3}, "at_most": {"log_loss": 2}}
    )
    assert verdict.passed, verdict.reasons
    assert "recall:high" in verdict.metrics and "recall:low" not in verdict.metrics
    registry = json.loads((folder / "metrics.json").read_text())["multiclass_classification_metrics"]
    assert sum(sum(row.values()) for row in registry["confusion_matrix"].values()) == verdict.rows
    assert registry["weighted_recall"] == registry["accuracy"]
    assert registry["accuracy_best_constant_classifier"]["value"] < registry["accuracy"]["value"]
    report = json.loads((folder / "report.json").read_text())
    assert report["importance"]["metric"] == "auc_macro"
    assert report["importance"]["columns"][0]["column"] == "amount"
    assert list(report["calibration"]["classes"]) == CLASSES["classes"]
    assert report["baseline"]["metrics"]["auc_macro"] == 0.5
    assert "No segment" not in " ".join(report["unmeasured"])
    verdict, _ = evaluated(batch, dataset=CLASSES, gate={"at_least": {"recall:none": 0.5}})
    assert not verdict.passed and "recall:none" in verdict.reasons[0]


def test_rows_of_one_patient_do_not_count_as_many(tmp_path: Path) -> None:
    """An error that all rows of a patient share: the interval follows the number of patients."""
    batch = Batch(tmp_path)
    batch.write("a.csv", [{**row, "x": int(row["patient"][1:]) % 7} for row in plain(600)], WITHOUT_IDS)
    dataset, group = {**PLAIN, "task": "regression"}, {"seed": 3}
    widths = []
    for split in (at_random(**group, group="patient"), at_random(**group)):
        features.run(batch.plan(dataset=dataset, split=split), batch.folders())
        keys = batch.output("split", "holdout_keys", "keys.parquet")
        labels = duckdb.execute(f"SELECT label FROM '{keys}' ORDER BY row").fetchnumpy()["label"]
        records = batch.output("split", "holdout", "holdout.csv").read_text().splitlines()
        errors = [float(line.split(",")[0]) for line in records]
        answers(batch, "challenger", list(labels + np.asarray(errors)))
        manifest = {"manifest": batch.output("split")}
        _, folder = evaluated(batch, manifest, dataset=dataset, split=split, importance=None)
        report = json.loads((folder / "report.json").read_text())
        found = report["metrics"]["challenger"]["rmse"]
        widths.append(found["high"] - found["low"])
        told = [note for note in report["notes"] if "'patient' depend on each other" in note]
        assert len(told) == (split["group"] is not None)
    assert widths[0] > 2 * widths[1]
