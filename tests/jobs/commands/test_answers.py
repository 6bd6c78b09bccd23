"""The answers to a batch of files: one a record, as they are and as columns."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands import answers
from jobs.folders import Folders
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.channels import ChannelSection
from mdlc_constructs.settings.payloads.job_plan import PackageSection
from mdlc_constructs.settings.payloads.verdict import Verdict
from tests.jobs.channels.pictures import plan_of, png, write

pytestmark = pytest.mark.slow

LINES = ChannelSection(name="batch", uri="s3://b/batch/", reading="records")
PICTURES = ChannelSection(name="batch", uri="s3://b/batch/", reading="images")


def planned(folder: Path, section: ChannelSection) -> tuple[Plan, Folders]:
    plan, folders = plan_of(folder, (section,))
    package = PackageSection(arn="arn:p/3", version=3)
    payload = replace(plan.payload, workflow="batch", package=package, predicted_at="2026-11-30T12:00:00Z")
    return replace(plan, payload=payload), folders


def published(folder: Path, section: ChannelSection) -> tuple[Verdict, list[dict[str, Any]]]:
    verdict = answers.run(*planned(folder, section))
    if not verdict.passed:
        assert not (folder / "output").exists()
        return verdict, []
    manifest = json.loads((folder / "output" / "staged" / "manifest.json").read_text())
    assert manifest["rows"] == verdict.rows and manifest["columns"] == list(answers.COLUMNS)
    parts = [str(folder / "output" / part["name"]) for part in manifest["parts"]]
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT * FROM read_parquet({parts})").fetchall()
    return verdict, [dict(zip(answers.COLUMNS, row, strict=True)) for row in rows]


def test_answers_of_lines_have_the_class_and_stay_as_they_are(tmp_path: Path) -> None:
    write(tmp_path / "input" / "data-batch", [("a.jsonl", b'{"source": "x"}\n\n{"source": "y"}\n')])
    said = '{"label": ["__label__bird", "__label__plane"], "prob": [0.75, 0.25]}'
    write(tmp_path / "input" / "predictions", [("a.jsonl.out", f"{said}\n\nno JSON\n".encode())])
    verdict, rows = published(tmp_path, LINES)
    assert verdict == Verdict(passed=True, metrics={"parts": 1}, rows=2)
    assert [row["row_key"] for row in rows] == ["a.jsonl#1", "a.jsonl#2"]
    assert [(row["prediction"], row["score"]) for row in rows] == [("bird", 0.75), (None, None)]
    assert [row["answer"] for row in rows] == [said, "no JSON"]
    assert {row["model_package_version"] for row in rows} == {3}
    assert len({row["inference_id"] for row in rows}) == 2


def test_a_record_without_an_answer_publishes_nothing(tmp_path: Path) -> None:
    write(
        tmp_path / "input" / "data-batch",
        [("a.jsonl", b'{"source": "x"}\n{"source": "y"}\n'), ("b.jsonl", b"{}")],
    )
    write(tmp_path / "input" / "predictions", [("a.jsonl.out", b"{}\n")])
    verdict, _ = published(tmp_path, LINES)
    assert verdict.reasons == (
        "a.jsonl: 1 answers for 2 records.",
        "b.jsonl: it has no answers: run the transform job again.",
    )


def test_each_image_has_one_answer(tmp_path: Path) -> None:
    write(tmp_path / "input" / "data-batch", [("1.png", png([[1]])), ("2.png", png([[2]]))])
    write(
        tmp_path / "input" / "predictions", [("1.png.out", b"[0.1, 0.7, 0.2]"), ("2.png.out", b"[1.0, 0, 0]")]
    )
    _, rows = published(tmp_path, PICTURES)
    assert [(row["prediction"], row["score"]) for row in rows] == [("1", 0.7), ("0", 1.0)]
    write(tmp_path / "input" / "predictions", [("2.png.out", b"\xff\xd8\xff"), ("1.png.out", b"")])
    answer = answers.run(*planned(tmp_path, PICTURES))
    assert answer.reasons == (
        "1.png: its answer is empty.",
        "2.png: its answer is no text; ask for JSON by accept.",
    )
