import json
from pathlib import Path
from typing import Any

import pytest

from jobs.commands import golden
from jobs.errors import InputError, PlanError
from jobs.folders import Folders
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.verdict import Verdict
from tests.jobs.batches import DATASET, Batch

pytestmark = pytest.mark.slow

KEYS = [f"r{number}" for number in range(20)]


def stamped(scores: list[Any], version: int = 4) -> str:
    return "".join(json.dumps({"score": score, "version": version}) + "\n" for score in scores)


class Golden(Batch):
    """Recorded rows below ``data``, the expected answers, and the transform job's output."""

    def record(self, rows: list[dict[str, Any]]) -> None:
        self.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    def expect(self, answers: dict[str, Any]) -> Path:
        path = self.folder / "expected" / "expected.csv"
        path.parent.mkdir(exist_ok=True)
        lines = ["row_key,expected", *(f"{key},{answer}" for key, answer in answers.items())]
        path.write_text("\n".join(lines) + "\n")
        return path

    def answer(self, text: str, name: str = "rows.jsonl.out") -> Path:
        path = self.folder / "scores" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def planned(self, *, dataset: dict[str, Any] | None = None, **bounds: float) -> Plan:
        return self.plan(
            workflow="batch",
            split={},
            dataset=dataset or {},
            package={"arn": "arn", "version": 4},
            golden={"tolerance": 0.1, "share": 1.0, **bounds},
        )

    def run(self, plan: Plan | None = None) -> Verdict:
        folders = Folders(
            input_base=self.folder / "nothing",
            output_base=self.folder / "compared",
            inputs={
                "rows": self.data,
                "expected": self.folder / "expected",
                "predictions": self.folder / "scores",
            },
        )
        return golden.run(plan or self.planned(), folders)

    def report(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.folder / "compared" / "golden" / "report.json").read_text())
        return read


@pytest.fixture
def asked(tmp_path: Path) -> Golden:
    """Recorded rows, answered with one half each; that is what is expected."""
    made = Golden(tmp_path)
    made.record([{"id": key, "amount": 1.5, "kind": "a"} for key in KEYS])
    made.expect(dict.fromkeys(KEYS, "0.5"))
    made.answer(stamped([0.5] * 20))
    return made


def test_the_expected_answers_pass(asked: Golden) -> None:
    metrics = {"within": 1.0, "furthest": 0.0}
    assert asked.run() == Verdict(passed=True, metrics=metrics, rows=20)
    assert asked.report()["off"] == []


def test_an_answer_that_is_off_is_named_by_its_row(asked: Golden) -> None:
    asked.expect(dict.fromkeys(KEYS, "0.5") | {"r7": "0.9", "r3": "0.8"})
    verdict = asked.run()
    assert verdict.passed is False
    assert "2 of 20 golden answers are further off than 0.1, the furthest by 0.4" in verdict.reasons[0]
    assert asked.report()["off"][0] == {"row_key": "r7", "expected": 0.9, "score": 0.5, "distance": 0.4}
    assert [row["row_key"] for row in asked.report()["off"]] == ["r7", "r3"]


def test_as_many_may_be_off_as_the_share_leaves(asked: Golden) -> None:
    asked.expect(dict.fromkeys(KEYS, "0.5") | {"r7": "0.9"})
    assert asked.run(asked.planned(share=0.95)).passed is True
    assert asked.run(asked.planned(share=0.96)).passed is False


@pytest.mark.parametrize("separator", ["\n", ","])
def test_scores_without_a_version_are_read_too(asked: Golden, separator: str) -> None:
    asked.answer(separator.join(["0.5"] * 20))
    assert asked.run().passed is True


def test_several_files_of_answers_go_in_the_order_of_their_names(asked: Golden) -> None:
    asked.answer(stamped([0.5] * 12), "a.out")
    asked.answer(stamped([0.9] * 8), "rows.jsonl.out")
    asked.expect(dict.fromkeys(KEYS[:12], "0.5") | dict.fromkeys(KEYS[12:], "0.9"))
    assert asked.run().passed is True


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (stamped([0.5] * 19), "19 scores for 20 rows."),
        ("nan\n" * 20, "20 scores are no finite numbers."),
        (stamped([[0.5, 0.5]] + [0.5] * 19), "1 scores are no finite numbers."),
        ('{"score"\n' + stamped([0.5] * 19), "Answers carry the version null, version 4 was asked."),
        (stamped([7] * 20), "scores run from 7.0 to 7.0; probabilities lie from 0 to 1."),
        (stamped([0.5] * 20, version=3), "Answers carry the version 3, version 4 was asked."),
    ],
)
def test_answers_that_are_none_are_refused(asked: Golden, answers: str, said: str) -> None:
    asked.answer(answers)
    verdict = asked.run()
    assert verdict.passed is False
    assert verdict.reasons[0] == said


def test_a_key_of_several_columns_is_the_one_that_every_job_writes(asked: Golden) -> None:
    rows = [{"id": f'ü"{n}', "count": n + 0.0, "at": f"2024-05-17T10:00:0{n}+02:00"} for n in range(3)]
    asked.record(rows)
    keys = [{"id": f'ü"{n}', "count": str(n), "at": f"2024-05-17 08:00:0{n}"} for n in range(3)]
    texts = [json.dumps(key, ensure_ascii=False, separators=(",", ":")) for key in keys]
    asked.expect({'"' + text.replace('"', '""') + '"': 0.5 for text in texts})
    asked.answer(stamped([0.5] * 3))
    assert asked.run(asked.planned(dataset={"row_key": ["id", "count", "at"]})).rows == 3


def test_thousands_of_rows_keep_their_order(asked: Golden) -> None:
    keys = [f"k{number}" for number in range(1234)]
    asked.record([{"id": key} for key in keys])
    asked.expect({key: number / 1234 for number, key in enumerate(keys)})
    asked.answer(stamped([number / 1234 for number in range(1234)]))
    assert asked.run().metrics == {"within": 1.0, "furthest": 0.0}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("\n", "rows.jsonl asks nothing"),
        ('{"id": "r0"}\nr1\n', 'line 2 of rows.jsonl: "r1" is no JSON object'),
        ('{"kind": "a"}\n', "line 1 of rows.jsonl has no 'id': a golden row needs its key"),
        ('{"id": []}\n', r"line 1 of rows.jsonl, column 'id': \[\] is no text: give a JSON string"),
    ],
)
def test_broken_rows_break_the_job(asked: Golden, rows: str, said: str) -> None:
    asked.write("rows.jsonl", rows)
    with pytest.raises(InputError, match=said):
        asked.run()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with '': its header is row_key,expected"),
        ("key,value\nr0,0.5\n", "begins with 'key,value'"),
        ("row_key,expected\nr0,0.5\n", "expects 1 answers and rows.jsonl asks 2 rows"),
        (
            "row_key,expected\nr0,0.5\nr1,high\n",
            "answer 2 of expected.csv is 'r1,high': give row key and",
        ),
        ("row_key,expected\nr0,0.5\nr1,\n", "answer 2 of expected.csv is 'r1,'"),
        ("row_key,expected\nr0,0.5\nr1,0.5,1\n", "answer 2 of expected.csv is 'r1,0.5,1'"),
        (
            "row_key,expected\nr1,0.5\nr0,0.5\n",
            "answer 1 of expected.csv is that of row 'r1', row 1 of rows.jsonl",
        ),
        ('row_key,expected\n"r0', "cannot be read as CSV"),
    ],
)
def test_broken_expectations_break_the_job(asked: Golden, text: str, said: str) -> None:
    asked.record([{"id": key} for key in KEYS[:2]])
    asked.expect({}).write_text(text)
    with pytest.raises(InputError, match=said):
        asked.run()


def test_missing_files_break_the_job(asked: Golden) -> None:
    plan = asked.planned()
    asked.answer("").unlink()
    with pytest.raises(InputError, match=r"There are no answers \(\*.out\) under scores"):
        asked.run(plan)
    asked.expect({}).unlink()
    with pytest.raises(InputError, match="upload them beside the recorded rows"):
        asked.run(plan)
    (asked.data / "rows.jsonl").unlink()
    with pytest.raises(InputError, match=r"rows.jsonl was planned but is not there"):
        asked.run(plan)
    with pytest.raises(InputError, match=r"No recorded rows at rows\.jsonl"):
        asked.run(asked.planned())


def test_a_plan_that_does_not_say_how_near_breaks_the_job(asked: Golden) -> None:
    with pytest.raises(PlanError, match="golden=None: the golden job needs this section"):
        asked.run(asked.plan(workflow="batch", split={}))


CLASSES: dict[str, Any] = {
    "columns": {**DATASET["columns"], "y": "category"},
    "task": "multiclass",
    "classes": ["a", "b", "2"],
}


def of_classes(*numbers: Any) -> str:
    return "".join(
        json.dumps({"score": 1, "probabilities": dict(zip("ba2", row, strict=False)), "version": 4}) + "\n"
        for row in numbers
    )


@pytest.mark.parametrize(
    "answers",
    [
        of_classes((0.2, 0.5, 0.3), (0.45, 0.5, 0.05)),
        "[0.5, 0.2, 0.3]\n[0.5, 0.45, 0.05]\n",
        "0.5,0.2,0.3\n0.5,0.45,0.05\n",
    ],
)
def test_expected_classes_are_compared_by_probability(tmp_path: Path, answers: str) -> None:
    made = Golden(tmp_path)
    made.record([{"id": key} for key in KEYS[:2]])
    made.expect({"r0": "2.0", "r1": "b"})
    made.answer(answers)
    verdict = made.run(made.planned(dataset=CLASSES, share=0.5))
    assert verdict.passed and verdict.metrics == {"within": 0.5, "furthest": 0.2}
    assert made.report()["off"] == [
        {
            "row_key": "r0",
            "expected": "2",
            "prediction": "a",
            "score": 0.5,
            "distance": pytest.approx(0.2),
        }
    ]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (of_classes((0.2, 0.5)), "1 answers hold no probability of each class."),
        (of_classes((0.2, 1.5, 0)), "answers run from 0.0 to 1.5; probabilities lie from 0 to 1."),
        ("0.5\n", "1 answers hold no probability of each class."),
    ],
)
def test_answers_without_every_class_fail(tmp_path: Path, answers: str, said: str) -> None:
    made = Golden(tmp_path)
    made.record([{"id": "r0"}])
    made.expect({"r0": "a"})
    made.answer(answers)
    assert list(made.run(made.planned(dataset=CLASSES)).reasons) == [said]


def test_an_expected_class_that_the_model_does_not_have_is_named(tmp_path: Path) -> None:
    made = Golden(tmp_path)
    made.record([{"id": "r0"}])
    made.expect({"r0": "c"})
    with pytest.raises(InputError, match=r"answer 1 of expected\.csv is 'r0,c': give row key and one of"):
        made.run(made.planned(dataset=CLASSES))


def test_rows_without_ids_are_numbered(tmp_path: Path) -> None:
    made = Golden(tmp_path)
    made.record([{"amount": 1}, {"amount": 1}])
    made.expect({"1": 0.5, "2": 0.6})
    made.answer(stamped([0.5, 0.6]))
    assert made.run(made.planned(dataset={"row_key": []})).passed
    made.expect({"2": 0.5, "1": 0.6})
    with pytest.raises(InputError, match="write both in the same order"):
        made.run(made.planned(dataset={"row_key": []}))
