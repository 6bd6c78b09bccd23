from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from examples.flight_delay import demo, following, serving
from mdlc_cli.aws import local
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeTarget


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


def test_the_summary_says_what_a_newcomer_wants_to_know(tmp_path: Path) -> None:
    out = Console(file=io.StringIO(), width=200, highlight=False)
    demo.summarize(out, outcome(tmp_path, training="Unchanged"))
    demo.say_goodbye(out, seconds=61)
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    for part in (
        "0.6800", "0.6700 to 0.6900", "passed", "asked was at least 0.66", "version 3", "nothing was trained",
        ".mdlc/demo/evaluation/evaluation.png", "27000 predictions in .mdlc/demo/predictions", "61 s",
        "mdlc audit", "mdlc rollback", "`mdlc local down` ends it",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize("auc", [0.65, 0.73])
def test_an_auc_that_tells_of_a_broken_pipeline_or_a_leak_fails(tmp_path: Path, auc: float) -> None:
    with pytest.raises(CommandError, match=f"the AUC {auc:.4f} is outside 0.66 to 0.72"):
        demo.check(outcome(tmp_path, auc=auc))


def test_an_auc_as_measured_passes(tmp_path: Path) -> None:
    demo.check(outcome(tmp_path, auc=0.68))


def test_the_batchs_scores_are_read_by_flight(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    rows = "SELECT * FROM (VALUES ('F1', 0.25), ('F2', 0.5)) AS rows(row_key, score)"
    duckdb.execute(f"COPY ({rows}) TO '{tmp_path}/parts/part-0.parquet'")
    assert demo.scores(tmp_path) == {"F1": 0.25, "F2": 0.5}


def test_a_model_that_the_gate_refused_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {
        "ModelPackageVersion": 3,
        "ModelApprovalStatus": "Rejected",
        "ApprovalDescription": "auc is worse",
    }
    monkeypatch.setattr(following, "executions", lambda chosen: set())
    monkeypatch.setattr(following, "run", lambda *_: {"package_arn": "arn", "outcome": "Refused"})
    monkeypatch.setattr(serving, "package", lambda chosen, arn: refused)
    with pytest.raises(CommandError, match=r"version 3 is Rejected \(auc is worse\)"):
        demo.offline(Console(file=io.StringIO()), FakeTarget())


def test_a_demo_in_which_all_held_ends_with_status_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "demo", lambda out: None)
    assert demo.main() == 0


def test_an_interruption_ends_the_local_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Path] = []

    def interrupted(out: Console) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "demo", interrupted)
    monkeypatch.setattr(local, "down", ended.append)
    assert demo.main() == 130
    assert ended == [demo.ROOT]


def test_a_failed_step_is_one_sentence_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(out: Console) -> None:
        raise CommandError("cdk deploy failed: correct the stack", detail="the last line")

    monkeypatch.setattr(demo, "demo", fails)
    assert demo.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "the last line",
        "error: cdk deploy failed: correct the stack",
    ]
