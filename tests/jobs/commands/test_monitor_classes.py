"""The monitor of a model of several classes."""

import json
import random
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from jobs.commands.monitor import run
from jobs.folders import write_json
from jobs.statistics.baseline import statistics
from tests.jobs.columns import relation
from tests.jobs.monitoring.windows import FEATURES, RUN, Row, Window, event, rows

pytestmark = pytest.mark.slow

CLASSES = ("red", "green", "blue")
DATASET: dict[str, Any] = {
    "task": "multiclass",
    "label": "colour",
    "classes": list(CLASSES),
    "known_after": [],
}


def coloured(number: int, seed: int = 1, *, reds: float = 1.0) -> list[Row]:
    """Rows with the probability of each class, and a class drawn by it."""
    drawn = random.Random(seed)
    made = []
    for row in rows(number, seed):
        weights = [drawn.gammavariate(2.0 * reds, 1), drawn.gammavariate(1.0, 1), drawn.gammavariate(0.7, 1)]
        probabilities = [round(weight / sum(weights), 6) for weight in weights]
        made.append({**row, "p": probabilities, "colour": drawn.choices(CLASSES, weights)[0]})
    return made


def answer(row: Row) -> str:
    best = max(range(3), key=lambda place: row["p"][place])
    named = dict(zip(CLASSES, row["p"], strict=True))
    return json.dumps({"prediction": CLASSES[best], "score": row["p"][best], "probabilities": named})


def served(window: Window, made: list[Row]) -> None:
    window.capture(
        event({k: v for k, v in row.items() if k not in ("p", "colour")}, answers=[answer(row)])
        for row in made
    )


def labelled(window: Window, made: list[Row], **changed: str) -> None:
    window.label(
        ({"request_id": row["id"], "value": changed.get(row["colour"], row["colour"])} for row in made),
        name="labels.jsonl",
    )


def baseline(window: Window, made: list[Row]) -> None:
    """A baseline whose probabilities mean what they say."""
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in made] for name in FEATURES}
    columns["score"] = [max(row["p"]) for row in made]
    for place, name in enumerate(CLASSES):
        columns[f"probability:{name}"] = [row["p"][place] for row in made]
    columns["prediction"] = [CLASSES[row["p"].index(max(row["p"]))] for row in made]
    kinds = {name: FEATURES.get(name, "number") for name in columns} | {"prediction": "category"}
    with duckdb.connect() as connection:
        relation(connection, "t", columns)
        document = statistics(connection, "t", kinds)
    parts = {"score": "score", "prediction": "prediction"}
    parts |= {f"probability:{name}": f"answer:{name}" for name in CLASSES}
    document["mdlc"] = {"run": RUN, "model": "model", "prediction": "score", "predictions": parts}
    write_json(window.folder / "baseline" / "statistics.json", document)
    edges = [round(step / 10, 1) for step in range(11)]
    rates = [round((low + high) / 2, 2) for low, high in pairwise(edges)]
    calibration = {"edges": edges, "rates": rates, "counts": [100] * 10}
    metrics = {
        "auc_macro": 0.74,
        "accuracy": 0.62,
        "recall:red": 0.9,
        "recall:green": 0.4,
        "recall:blue": 0.3,
    }
    write_json(
        window.folder / "baseline" / "performance.json",
        {
            "schema_version": 1,
            "task": "multiclass",
            "metrics": {
                name: {"value": value, "low": value - 0.02, "high": value + 0.02}
                for name, value in metrics.items()
            },
            "calibration": {"classes": dict.fromkeys(CLASSES, calibration)},
            "residual": None,
        },
    )


def monitored(window: Window, **monitor: Any) -> dict[str, Any]:
    columns = {**window.plan().dataset.columns, "colour": "category"}
    plan = window.plan(
        dataset={**DATASET, "columns": columns},
        labels={"by": "inference_id", "format": "jsonl"} if window.labels else None,
        **monitor,
    )
    run(plan, window.folders())
    found: dict[str, Any] = window.output("summary.json")
    return found


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Window:
    """A window as in training, with labels, of which some are of a class that the model does not have."""
    window = Window(tmp_path_factory.mktemp("classes"))
    made = coloured(900)
    window.capture(
        event(
            {k: v for k, v in row.items() if k not in ("p", "colour")},
            answers=[answer(row)],
            identity=row["id"],
        )
        for row in made
    )
    labelled(window, [{**row, "colour": "violet"} if n % 100 == 0 else row for n, row in enumerate(made)])
    baseline(window, coloured(3000, 7))
    monitored(window, segments=["kind"], protected=["flag"])
    return window


def test_a_window_as_in_training_is_quiet(quiet: Window) -> None:
    found = quiet.output("summary.json")
    assert (found["drifted"], found["columns"]) == (False, [])
    assert set(found["drift"]["predictions"]) == {
        *("score", "prediction", "probability:red", "probability:green", "probability:blue")
    }
    assert found["accuracy"]["worse"] is False
    assert found["accuracy"]["changes"]["accuracy"] == "same"


def test_unknown_classes_are_counted_in_one_sentence(quiet: Window) -> None:
    found = quiet.output("summary.json")
    assert found["accuracy"]["labelled"] == 891
    assert found["notes"] == [
        "9 rows have labels of a class that the model does not have ('violet'): left out of accuracy. If it "
        "is a new class, add it to dataset.classes and train again."
    ]


def test_metrics_estimate_and_groups_are_of_classes(quiet: Window) -> None:
    found = quiet.output("summary.json")
    metrics, estimate = found["accuracy"]["metrics"], found["estimate"]
    assert {"auc_macro", "log_loss", "recall:blue", "precision:red"} <= set(metrics)
    for name in ("accuracy", "auc_macro", "balanced_accuracy", "recall:red"):
        assert abs(estimate["error"][name]) < 0.06, name
        assert metrics[name]["low"] <= metrics[name]["value"] <= metrics[name]["high"]
    assert {segment["metric"] for segment in found["accuracy"]["segments"]} == {"auc_macro"}
    assert {gap["measure"] for gap in found["accuracy"]["fairness"]} == {
        f"{rate}:{name}" for rate in ("selection_rate", "true_positive_rate") for name in CLASSES
    }


def test_rows_have_the_names_of_classes(quiet: Window) -> None:
    path = quiet.folder / "out" / "monitoring" / "rows.parquet"
    found = duckdb.connect().execute(
        f"SELECT prediction, label, probabilities, score FROM '{path}' ORDER BY inference_id LIMIT 1"
    )
    ((prediction, label, probabilities, score),) = found.fetchall()
    assert prediction in CLASSES and label is None  # the first is of an unknown class
    assert score == max(probabilities) == probabilities[CLASSES.index(prediction)]


def test_the_page_says_what_classes_there_are(quiet: Window) -> None:
    page = (quiet.folder / "out" / "monitoring" / "report.html").read_text()
    assert "recall of green" in page and "selection rate of blue" in page


def test_other_answers_are_drift_of_the_model_not_of_its_inputs(tmp_path: Any) -> None:
    window = Window(tmp_path / "window")
    served(window, coloured(900, 3, reds=4.0))
    baseline(window, coloured(3000, 7))
    found = monitored(window)
    assert found["drifted"] and found["columns"] == []
    assert found["drift"]["prediction"]["verdict"] == "drift"
    drifted = {name for name, column in found["drift"]["predictions"].items() if column["verdict"] == "drift"}
    assert {"probability:red", "prediction"} <= drifted


def test_a_rare_class_is_not_compared(tmp_path: Any) -> None:
    window = Window(tmp_path / "window")
    made = [row for row in coloured(600, 5) if row["colour"] != "blue"]
    window.capture(
        event(
            {k: v for k, v in row.items() if k not in ("p", "colour")},
            answers=[answer(row)],
            identity=row["id"],
        )
        for row in made
    )
    labelled(window, made)
    baseline(window, coloured(3000, 7))
    found = monitored(window)
    assert "auc_macro" not in found["accuracy"]["changes"] and found["accuracy"]["worse"] is None
    assert found["accuracy"]["changes"].keys() >= {"accuracy", "recall:red"}
    assert any("Fewer than 10 labelled rows are of 'blue'" in note for note in found["notes"])
