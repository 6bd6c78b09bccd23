import json
from pathlib import Path
from typing import Any

import pytest

from jobs import features, golden, prepare
from jobs.errors import InputError, PlanError
from jobs.folders import Folders
from jobs.plan import Plan
from tests.jobs.batches import HEADER, Batch, rows

SCORING = [name for name in HEADER if name not in ("y", "after")]
KEYS = [f"r{number}" for number in range(20)]


@pytest.fixture
def asked(filled: Batch) -> Batch:
    """Recorded rows that were prepared, and answered with one half each; that is what is expected."""
    features.run(filled.plan(), filled.folders())
    made = Batch(filled.folder / "golden")
    made.write("rows.csv", rows(20, seed=9), header=SCORING)
    prepare.run(planned(made), made.folders(program=filled.output("program")))
    answer(made, ["0.5"] * 20)
    expect(made, dict.fromkeys(KEYS, "0.5"))
    return made


def planned(batch: Batch, **bounds: float) -> Plan:
    return batch.plan(workflow="batch", split={}, golden={"tolerance": 0.1, "share": 1.0, **bounds})


def answer(batch: Batch, scores: list[str]) -> None:
    (records,) = batch.output("shards").rglob("*.csv")
    path = batch.folder / "scores" / f"{records.name}.out"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(scores))


def expect(batch: Batch, answers: dict[str, str]) -> Path:
    path = batch.folder / "expected" / "expected.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["row_key,expected", *(f"{k},{v}" for k, v in answers.items())]) + "\n")
    return path


def run(batch: Batch, plan: Plan | None = None) -> dict[str, Any]:
    folders = Folders(
        input_base=batch.folder / "nothing",
        output_base=batch.folder / "compared",
        inputs={
            "keys": batch.output("keys"),
            "predictions": batch.folder / "scores",
            "expected": batch.folder / "expected",
        },
    )
    return golden.run(plan or planned(batch), folders)


def report(batch: Batch) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((batch.folder / "compared" / "golden" / "report.json").read_text())
    return read


def test_the_expected_answers_pass(asked: Batch) -> None:
    assert run(asked) == {
        "passed": True,
        "reasons": [],
        "metrics": {"within": 1.0, "furthest": 0.0},
        "rows": 20,
    }
    assert report(asked)["off"] == []


def test_an_answer_that_is_off_is_named_by_its_row(asked: Batch) -> None:
    expect(asked, dict.fromkeys(KEYS, "0.5") | {"r7": "0.9"})
    verdict = run(asked)
    assert verdict["passed"] is False
    assert "1 of 20 golden answers are further off than 0.1, the furthest by 0.4" in verdict["reasons"][0]
    assert [row["row_key"] for row in report(asked)["off"]] == ["r7"]


def test_as_many_may_be_off_as_the_share_leaves(asked: Batch) -> None:
    expect(asked, dict.fromkeys(KEYS, "0.5") | {"r7": "0.9"})
    assert run(asked, planned(asked, share=0.95))["passed"] is True
    assert run(asked, planned(asked, share=0.96))["passed"] is False


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (["0.5"] * 19, "19 scores for 20 rows"),
        (["nan"] * 20, "no finite numbers"),
        (["7"] * 20, "from 0 to 1"),
    ],
)
def test_answers_that_are_none_are_refused(asked: Batch, scores: list[str], said: str) -> None:
    answer(asked, scores)
    verdict = run(asked)
    assert verdict["passed"] is False
    assert said in verdict["reasons"][0]


def test_every_row_needs_its_expected_answer_and_no_other(asked: Batch) -> None:
    expect(asked, dict.fromkeys([*KEYS[1:], "stranger"], "0.5"))
    assert run(asked)["reasons"] == [
        "1 recorded rows have no expected answer, such as 'r0'.",
        "1 expected answers have no recorded row, such as 'stranger'.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("row_key,expected\n", "expects nothing"),
        ("row_key,expected\nr0,high\n", "does not hold row_key,expected"),
        ("row_key,expected\nr0,0.5\nr0,0.5\n", "each row key once"),
        ("row_key,expected\nr0,\n", "a finite number beside it"),
    ],
)
def test_broken_expectations_break_the_job(asked: Batch, text: str, said: str) -> None:
    expect(asked, {}).write_text(text)
    with pytest.raises(InputError, match=said):
        run(asked)


def test_missing_expectations_break_the_job(asked: Batch) -> None:
    expect(asked, {}).unlink()
    with pytest.raises(InputError, match="upload them beside the recorded rows"):
        run(asked)


def test_a_plan_that_does_not_say_how_near_breaks_the_job(asked: Batch) -> None:
    with pytest.raises(PlanError, match="needs its tolerance and share"):
        run(asked, asked.plan(workflow="batch", split={}))
