from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from examples.flight_delay import demo
from mdlc_cli import local
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeClient, FakeTarget


class Bucket(FakeClient):
    """Holds what was put, as S3 does."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[bytes, dict[str, str]]] = {}
        super().__init__(
            put_object=self._put,
            list_objects_v2=lambda Bucket, Prefix: {
                "Contents": [{"Key": key} for key in sorted(self.held) if key.startswith(Prefix)]
            },
            head_object=lambda Bucket, Key: {"Metadata": self.held[Key][1]},
            get_object=lambda Bucket, Key: {"Body": io.BytesIO(self.held[Key][0])},
        )

    def _put(self, Key: str, Body: bytes, Metadata: dict[str, str], **others: Any) -> None:
        assert others["ChecksumAlgorithm"] == "SHA256", (
            "the data version must rest on content, not on an ETag"
        )
        self.held[Key] = (Body, Metadata)


def outcome(
    tmp_path: Path, *, auc: float = 0.68, passed: bool = True, training: str = "Succeeded"
) -> demo.Outcome:
    metric = {"value": auc, "low": auc - 0.01, "high": auc + 0.01}
    report = {
        "rows": 80000,
        "passed": passed,
        "bootstrap": {"confidence": 0.95},
        "metrics": {"challenger": dict.fromkeys(demo.SHOWN_METRICS, metric)},
        "checks": [{"sentence": f"auc {auc} passes: asked was at least 0.66."}],
    }
    return demo.Outcome(
        report=report,
        package_arn="arn:aws:sagemaker:us-east-1:0:model-package/flight-delay/3",
        training=training,
        evaluation=demo.ROOT / ".mdlc" / "demo" / "evaluation",
        predictions=demo.ROOT / ".mdlc" / "demo" / "predictions",
        rows="27000",
    )


def test_a_file_is_uploaded_once_and_again_when_its_content_changes(tmp_path: Path) -> None:
    bucket, path = Bucket(), tmp_path / "2013-01.csv"
    path.write_text("a")
    assert demo.upload(bucket, "b", "raw/training/2013-01.csv", path)
    assert not demo.upload(bucket, "b", "raw/training/2013-01.csv", path)
    path.write_text("b")
    assert demo.upload(bucket, "b", "raw/training/2013-01.csv", path)
    assert bucket.held["raw/training/2013-01.csv"][0] == b"b"


def test_results_replace_those_of_an_earlier_run(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.held = {
        "predictions/1/manifest.json": (b"{}", {}),
        "predictions/1/parts/part-0.parquet": (b"p", {}),
    }
    folder = tmp_path / "predictions"
    folder.mkdir()
    (folder / "old").touch()
    demo.download(FakeTarget(clients={"s3": bucket}), "s3://b/predictions/1/", folder)
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == ["manifest.json", "parts/part-0.parquet"]


def test_the_summary_says_what_a_newcomer_wants_to_know(tmp_path: Path) -> None:
    out = Console(file=io.StringIO(), width=200, highlight=False)
    demo.summarize(out, outcome(tmp_path, training="Unchanged"), seconds=61)
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    for part in (
        "0.6800", "0.6700 to 0.6900", "passed", "asked was at least 0.66", "version 3", "nothing was trained",
        ".mdlc/demo/evaluation/evaluation.png", "27000 predictions in .mdlc/demo/predictions", "61 s",
        "mdlc audit", "`mdlc local down` ends it",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(("auc", "status"), [(0.68, 0), (0.65, 1), (0.73, 1)])
def test_an_auc_that_tells_of_a_broken_pipeline_or_a_leak_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auc: float, status: int
) -> None:
    monkeypatch.setattr(demo, "demo", lambda out: outcome(tmp_path, auc=auc))
    assert demo.main() == status


def test_an_interruption_ends_the_local_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Path] = []

    def interrupted(out: Console) -> demo.Outcome:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "demo", interrupted)
    monkeypatch.setattr(local, "down", ended.append)
    assert demo.main() == 130
    assert ended == [demo.ROOT]


def test_a_failed_step_is_one_sentence_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(out: Console) -> demo.Outcome:
        raise CommandError("cdk deploy failed: correct the stack", detail="the last line")

    monkeypatch.setattr(demo, "demo", fails)
    assert demo.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "the last line",
        "error: cdk deploy failed: correct the stack",
    ]


def test_the_data_is_written_once_and_lands_where_the_stack_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    written: list[str] = []

    def write(name: str) -> Any:
        def to(folder: Path, *months: object) -> None:
            folder.mkdir(parents=True)
            (folder / "2013-12.csv").write_text(json.dumps(name))
            written.append(name)

        return to

    monkeypatch.setattr(demo, "write_dataset", write("labelled"))
    monkeypatch.setattr(demo, "write_scoring_input", write("unlabelled"))
    bucket = Bucket()
    for _ in range(2):
        demo.load(FakeTarget(clients={"s3": bucket}), "b")
    assert written == ["labelled", "unlabelled"]
    assert sorted(bucket.held) == ["raw/batch/2013-12.csv", "raw/training/2013-12.csv"]
