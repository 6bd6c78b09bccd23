from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from jobs.answers import AnswerShape
from jobs.evaluation.importance import Importance, Permuted, measure_importance, read_permuted
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import ScoredRows


def logistic(values: Any) -> Any:
    return 1 / (1 + np.exp(-values))


def measured(task: str, *, repeats: int = 1, rows: int = 1500, resamples: int = 100) -> Importance:
    """Of a model of two columns; it needs the strong one, reads the weak one, and ignores the third."""
    generator = np.random.default_rng(3)
    columns = {name: generator.normal(size=4000) for name in ("strong", "weak", "ignored")}
    linear = 2 * columns["strong"] + 0.3 * columns["weak"]
    if task == "binary":
        labels = (generator.random(4000) < logistic(linear)).astype(np.float64)
    else:
        labels = linear + generator.normal(size=4000)

    def model(given: Any) -> Any:
        value = 2 * given["strong"] + 0.3 * given["weak"]
        return logistic(value) if task == "binary" else value

    chosen = generator.permutation(4000)[:rows]
    scores = {}
    for name in columns:
        held = {column: values[chosen] for column, values in columns.items()}
        scores[name] = np.array(
            [model({**held, name: generator.permutation(held[name])}) for _ in range(repeats)]
        )
    scored = ScoredRows(labels=labels, scores=model(columns), task=task)
    return measure_importance(Permuted(rows=chosen, scores=scores), scored, resamples=resamples, seed=1)


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize(("task", "metric"), [("binary", "auc"), ("regression", "rmse")])
def test_columns_are_ordered_by_the_loss_without_them(task: str, metric: str, repeats: int) -> None:
    found = measured(task, repeats=repeats)
    assert (found.metric, found.rows, found.repeats) == (metric, 1500, repeats)
    strong, weak, ignored = found.columns
    assert [column.column for column in found.columns] == ["strong", "weak", "ignored"]
    assert strong.low is not None and strong.value is not None and strong.high is not None
    assert weak.high is not None and 0 < weak.high < strong.low <= strong.value <= strong.high
    # What the model does not read changes no score.
    assert (ignored.value, ignored.low, ignored.high) == (0.0, 0.0, 0.0)


def test_the_loss_is_that_of_the_plain_metric() -> None:
    labels = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    scored = ScoredRows(labels=labels, scores=np.array([0.1, 0.9, 0.4, 0.8, 0.3, 0.2]))
    rows = np.array([5, 1, 3, 0])
    permuted = np.array([[0.2, 0.7, 0.1, 0.9], [0.6, 0.5, 0.4, 0.3]])
    found = measure_importance(Permuted(rows=rows, scores={"a": permuted}), scored, resamples=50, seed=1)

    def auc(scores: Any) -> float:
        return compute_metrics(ScoredRows(labels=labels[rows], scores=scores))["auc"]

    assert found.baseline == auc(scored.scores[rows])
    expected = auc(scored.scores[rows]) - (auc(permuted[0]) + auc(permuted[1])) / 2
    assert found.columns[0].value == pytest.approx(expected)


def test_the_interval_covers_the_loss_on_all_rows() -> None:
    """In most of many samples of another seed; a loss by chance alone is not far from 0."""
    whole = measured("binary", rows=4000, resamples=50).columns[0].value
    sample = measured("binary", rows=800).columns[0]
    assert whole is not None and sample.low is not None and sample.high is not None
    assert sample.low < whole < sample.high


def test_the_importance_repeats_exactly() -> None:
    assert measured("binary", resamples=20) == measured("binary", resamples=20)


def test_a_sample_of_one_class_has_no_importance_and_no_nan() -> None:
    scored = ScoredRows(labels=np.array([1.0, 1.0, 0.0]), scores=np.array([0.5, 0.6, 0.7]))
    permuted = Permuted(rows=np.array([0, 1]), scores={"a": np.array([[0.6, 0.5]])})
    found = measure_importance(permuted, scored, resamples=50, seed=1).to_json()
    assert found["baseline"] is None
    assert found["columns"] == ({"column": "a", "value": None, "low": None, "high": None, "gain": None},)


def test_gain_is_laid_beside_and_is_nothing_for_a_column_without_splits() -> None:
    found = measured("binary", resamples=20).with_gain({"strong": 0.75, "weak": 0.25})
    assert [column.gain for column in found.columns] == [0.75, 0.25, 0.0]


def written(folder: Path, answers: str | None) -> tuple[Path, Path]:
    """An index of two columns in two rows, and answers to them."""
    keys, predictions = folder / "keys", folder / "predictions"
    keys.mkdir()
    predictions.mkdir()
    rows = "('b', 0, 7), ('b', 0, 3), ('a', 0, 7), ('a', 0, 3)"
    index = f'SELECT * FROM (VALUES {rows}) AS t("column", "repeat", "row")'
    duckdb.connect().execute(f"COPY ({index}) TO '{keys}/importance.parquet' (FORMAT parquet)")
    if answers is not None:
        (predictions / "importance.csv.out").write_text(answers)
    return keys, predictions


def test_answers_are_read_by_column(tmp_path: Path) -> None:
    keys, predictions = written(tmp_path, "0.1\n0.2\n0.3\n0.4\n")
    found, note = read_permuted(duckdb.connect(), keys, predictions, AnswerShape(task="binary"))
    assert found is not None and note == ""
    assert found.rows.tolist() == [7, 3]
    assert {name: scores.tolist() for name, scores in found.scores.items()} == {
        "b": [[0.1, 0.2]],
        "a": [[0.3, 0.4]],
    }


def test_answers_of_several_numbers_are_read_by_column(tmp_path: Path) -> None:
    keys, predictions = written(tmp_path, "0.1,0.2,0.7\n0.2,0.3,0.5\n0.3,0.3,0.4\n0.4,0.3,0.3\n")
    shape = AnswerShape(task="multiclass", names=("x", "y", "z"))
    found, note = read_permuted(duckdb.connect(), keys, predictions, shape)
    assert found is not None and found.answers is not None and note == ""
    assert found.scores["a"].tolist() == [[0.4, 0.4]]
    assert found.answers["a"].tolist() == [[[0.3, 0.3, 0.4], [0.4, 0.3, 0.3]]]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (None, "the permuted rows were not scored with the holdout"),
        ("0.1\n0.2\n", "the answers to the permuted rows: 2 scores for 4 rows"),
        ("0.1\n0.2\n0.3\nx\n", "1 scores are no finite numbers"),
        ("0.1\n0.2\n0.3\n4\n", "probabilities lie from 0 to 1"),
    ],
)
def test_answers_that_cannot_be_used_are_a_note_and_fail_nothing(
    tmp_path: Path, answers: str | None, said: str
) -> None:
    keys, predictions = written(tmp_path, answers)
    found, note = read_permuted(duckdb.connect(), keys, predictions, AnswerShape(task="binary"))
    assert found is None
    assert note.startswith("No permutation importance")
    assert said in note


def test_without_an_index_a_note_says_why(tmp_path: Path) -> None:
    found, note = read_permuted(duckdb.connect(), tmp_path, tmp_path, AnswerShape(task="binary"))
    assert found is None and "less than 30 rows" in note
