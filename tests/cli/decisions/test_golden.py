from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mdlc_cli.decisions import golden
from mdlc_cli.decisions.golden import Golden
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeClient, FakeTarget

CSV = "flight,carrier,delay,late\n1,AA,3.5,0.25\n2,,-1,0.75\n"


def file(tmp_path: Path, text: str, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_csv_files_values_stay_text_and_an_empty_one_is_missing(tmp_path: Path) -> None:
    found = golden.read(file(tmp_path, CSV), keys=["flight"], expected="late", limit=None)
    assert found == [
        Golden(key="1", row={"flight": "1", "carrier": "AA", "delay": "3.5"}, expected=0.25),
        # The answer is taken out of the row: it is not asked.
        Golden(key="2", row={"flight": "2", "delay": "-1"}, expected=0.75),
    ]


def test_json_lines_keep_their_types(tmp_path: Path) -> None:
    path = file(tmp_path, '{"id": 7, "name": "é", "x": null}\n\n{"id": 8}\n', "rows.jsonl")
    found = golden.read(path, keys=["id"], expected=None, limit=None)
    assert [(one.key, one.expected) for one in found] == [("7", None), ("8", None)]
    assert golden.lines(found).decode() == '{"id": 7, "name": "é", "x": null}\n{"id": 8}\n'
    assert len(golden.read(path, keys=["id"], expected=None, limit=1)) == 1


def test_a_key_of_several_columns_is_written_as_the_jobs_do() -> None:
    assert golden.key_of({"a": "x", "b": 2}, ["b", "a"]) == '{"b":"2","a":"x"}'


@pytest.mark.parametrize("value", ["100000.0", 100000.0, 100000, "100000"])
def test_a_key_is_one_however_it_is_written(value: object) -> None:
    assert golden.key_of({"a": value}, ["a"]) == "100000"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("r.csv", "flight,late\n1,0.5\n,0.5\n", "line 3 of r.csv has no 'flight'.*--key"),
        ("r.csv", "flight,late\n1,\n", "has no 'late'.*--expected"),
        ("r.csv", "flight,late\n1,0\n1,1\n", "line 3 of r.csv repeats the row key 1"),
        ("r.csv", "flight,late\n1,soon\n", "column 'late' holds 'soon': give a finite number"),
        ("r.csv", "flight,late\n1,nan\n", "give a finite number"),
        ("r.csv", "flight,late\n", "r.csv holds no rows"),
        ("r.txt", "", "neither .csv nor .jsonl"),
        ("r.jsonl", "[1]\n", "line 1 of r.jsonl is no JSON object"),
        ("r.jsonl", "{\n", "line 1 of r.jsonl is no JSON object"),
    ],
)
def test_a_file_that_cannot_be_recorded(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        golden.read(file(tmp_path, text, name), keys=["flight"], expected="late", limit=None)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none.csv cannot be read .*: give a CSV file"):
        golden.read(tmp_path / "none.csv", keys=["a"], expected=None, limit=None)


def endpoint(answer: Any) -> tuple[FakeTarget, list[bytes]]:
    """An endpoint that answers each row with what a function makes of it."""
    asked: list[bytes] = []

    def invoke(**request: Any) -> dict[str, Any]:
        asked.append(request["Body"])
        rows = [json.loads(line) for line in request["Body"].decode().splitlines()]
        return {"Body": io.BytesIO("\n".join(answer(row) for row in rows).encode())}

    return FakeTarget(clients={"sagemaker-runtime": FakeClient(invoke_endpoint=invoke)}), asked


def numbered(count: int) -> list[Golden]:
    return [Golden(key=str(number), row={"id": number}) for number in range(count)]


def test_the_endpoint_is_asked_in_requests_that_it_takes() -> None:
    target, asked = endpoint(lambda row: json.dumps({"score": row["id"] / 2, "version": 3}))
    found = golden.answered(target, "churn", numbered(250))
    assert [len(body.splitlines()) for body in asked] == [100, 100, 50]
    assert [one.expected for one in found] == [number / 2 for number in range(250)]


def test_a_container_that_answers_bare_numbers() -> None:
    target, _ = endpoint(lambda row: "0.5")
    assert golden.answered(target, "churn", numbered(1))[0].expected == 0.5


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda row: '{"score": [0.1, 0.9]}', "the answer of endpoint churn to 0 holds"),
        (lambda row: "late", "holds 'late'"),
        (lambda row: "1\n2", "gave 2 answers to 1 rows: .*--expected"),
    ],
)
def test_an_answer_that_is_not_one_number_a_row(answer: Any, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        golden.answered(endpoint(answer)[0], "churn", numbered(1))


class NoSuchKey(Exception):
    """As the client of S3 raises it."""


class Bucket:
    """A client of S3 with one bucket."""

    exceptions = SimpleNamespace(NoSuchKey=NoSuchKey)

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        assert Bucket == "b"
        self.objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise NoSuchKey
        return {"Body": io.BytesIO(self.objects[Key])}


@dataclass(frozen=True, kw_only=True)
class Storing(FakeTarget):
    bucket: Bucket = field(default_factory=Bucket)

    def client(self, service: str) -> Any:
        return self.bucket if service == "s3" else super().client(service)


ROWS = [
    Golden(key='{"b":"2"}', row={"b": 2, "name": "é"}, expected=0.1),
    Golden(key="x,y", row={"b": 3}, expected=1e-9),
]


def test_what_is_recorded_is_read_back() -> None:
    target = Storing()
    golden.write(target, "b", ROWS)
    assert list(target.bucket.objects) == ["golden/rows.jsonl", "golden/expected.csv"]
    assert target.bucket.objects["golden/expected.csv"].startswith(b"row_key,expected\n")
    assert golden.recorded(target, "b") == ROWS


def test_classes_that_look_like_numbers_stay_text() -> None:
    target = Storing()
    rows = [replace(row, expected=name) for row, name in zip(ROWS, ("1", "nan"), strict=True)]
    golden.write(target, "b", rows)
    assert golden.recorded(target, "b", ("1", "2", "nan")) == rows
    assert [row.expected for row in golden.recorded(target, "b")] == [1.0, "nan"]


def test_files_that_do_not_belong_together() -> None:
    target = Storing()
    with pytest.raises(CommandError, match=r"s3://b/golden/rows.jsonl is not there: record rows with"):
        golden.recorded(target, "b")
    golden.write(target, "b", ROWS)
    target.bucket.objects["golden/rows.jsonl"] = golden.lines(ROWS[:1])
    with pytest.raises(CommandError, match="does not answer the 1 rows beside it: record them again"):
        golden.recorded(target, "b")


def registry(*arns: str, **metadata: str) -> FakeTarget:
    packages = [{"ModelPackageArn": arn} for arn in arns]
    sagemaker = FakeClient(
        list_model_packages={"ModelPackageSummaryList": packages},
        describe_model_package={"CustomerMetadataProperties": metadata},
    )
    return FakeTarget(clients={"sagemaker": sagemaker})


def test_the_bucket_is_that_of_the_newest_package() -> None:
    assert golden.bucket_of(registry("arn", program="s3://b/programs/1"), "churn") == "b"
    with pytest.raises(CommandError, match="churn has no model package yet: train it first"):
        golden.bucket_of(registry(), "churn")
    with pytest.raises(CommandError, match="registered by no training workflow"):
        golden.bucket_of(registry("arn"), "churn")


def test_expected_classes_are_those_of_the_model(tmp_path: Path) -> None:
    path = file(tmp_path, "flight,late\n1,01\n2,b.0\n3,2.0\n")
    found = golden.read(path, keys=["flight"], expected="late", limit=None, classes=("01", "b.0", "2"))
    assert [one.expected for one in found] == ["01", "b.0", "2"]
    text = golden.expected_csv(found)
    assert text == b"row_key,expected\n1,01\n2,b.0\n3,2\n"
    with pytest.raises(
        CommandError, match=r"line 2 of rows\.csv, column 'late' holds '01': give one of .* a, b"
    ):
        golden.read(path, keys=["flight"], expected="late", limit=None, classes=("a", "b"))
    answer = '{"prediction": "b", "score": 0.7, "probabilities": {"a": 0.3, "b": 0.7}, "version": 1}'
    assert golden._score(answer, "x") == "b"


def test_rows_without_ids_are_numbered(tmp_path: Path) -> None:
    path = file(tmp_path, "x,late\n1,0.5\n1,0.5\n")
    found = golden.read(path, keys=(), expected="late", limit=None)
    assert [(one.key, one.row) for one in found] == [("1", {"x": "1"}), ("2", {"x": "1"})]
