"""Two months of the year as `make lifecycle` lives through them, with real flights: what the monitor finds
leads to a model that is trained, compared, released and audited, and no hand touches it.
"""

import io
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from examples.flight_delay import following
from examples.flight_lifecycle import demo
from examples.flight_lifecycle.living import Month
from examples.flight_lifecycle.team import TEAM
from mdlc_cli.audit import account
from mdlc_cli.aws import local, target
from mdlc_cli.aws.target import Target
from mdlc_cli.executions import watch
from mdlc_cli.executions.history import timeline
from mdlc_cli.predictions.searching import Search
from mdlc_client import audit
from tests.examples import notebooks

pytestmark = pytest.mark.slow

EXAMPLE = Path(demo.__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Lived:
    """What two months left behind."""

    chosen: Target
    folder: Path
    months: list[Month]
    told: str
    items: list[dict[str, Any]]

    def executions(self, workflow: str) -> list[dict[str, Any]]:
        """The audit items of a workflow's executions, the oldest first."""
        return [one for one in audit.executions(self.items) if one["workflow"] == workflow][::-1]

    def states(self, arn: str) -> list[str]:
        """The states that an execution entered, in order."""
        seen = timeline(watch.events(self.chosen.client("stepfunctions"), arn))
        assert seen is not None
        return [visit.state for visit in seen.visits]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lifecycle")
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} {EXAMPLE / 'app.py'}"}))
    shutil.copy(EXAMPLE / "mdlc.toml", folder)
    out = Console(file=io.StringIO(), width=200, highlight=False)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(demo, "ROOT", folder)
        months = demo.year(out, first=5, last=6, bad_after=6, share=8)
    chosen = target.choose(folder, "local")
    outputs = {
        one["OutputKey"]: one["OutputValue"]
        for one in chosen.client("cloudformation").describe_stacks(StackName=TEAM.stack)["Stacks"][0][
            "Outputs"
        ]
    }
    assert isinstance(out.file, io.StringIO)
    yield Lived(
        chosen=chosen,
        folder=folder,
        months=months,
        told=out.file.getvalue(),
        items=audit.items(chosen, outputs["AuditTableName"], model=TEAM.model),
    )
    local.down(folder)


def test_the_second_month_is_answered_by_a_model_that_no_hand_touched(lived: Lived) -> None:
    assert [one.version for one in lived.months] == [1, 2]
    assert [one.outcome for one in lived.months] == ["Succeeded", "Succeeded"]


def test_the_path_leads_from_drift_through_training_and_release_to_the_audit(lived: Lived) -> None:
    first = lived.executions("retraining")[0]
    states = lived.states(str(first["execution_arn"]))
    assert [state for state in states if state in ("Claim", "Train", "Release", "Won", "RecordAudit")] == [
        "Claim", "Train", "Release", "Won", "RecordAudit",
    ]  # fmt: skip
    (trigger,) = json.loads(first["triggers"])
    assert trigger["trigger"] == "drift"
    assert trigger["report"].endswith("/report.json")
    trained = next(
        one for one in lived.executions("training") if one["execution_arn"] == first["training_execution"]
    )
    assert (trained["trigger"], trained["passed"]) == ("drift", "true")
    # Labels are a day late, so that the last day of May is known to nobody yet.
    assert json.loads(first["window"])["end"] == json.loads(first["holdout"])["end"]
    assert json.loads(first["holdout"])["end"].startswith("2013-05-30T")
    gate = json.loads(trained["metrics"])
    assert gate["auc"] > 0.6
    released = [one for one in lived.executions("release") if one["version"] == "2"]
    assert {one["package_arn"] for one in released} == {trained["package_arn"]}
    # The approval starts a release and so does the retraining: of equal executions at once one publishes.
    outcomes = sorted(one["outcome"] for one in released)
    assert outcomes == ["Succeeded", *["Unchanged"] * (len(released) - 1)]


def test_challenger_and_champion_met_on_the_same_fresh_holdout(lived: Lived) -> None:
    item = lived.months[0].trained
    assert item is not None
    bucket, _, key = str(item["evaluation"]).removeprefix("s3://").partition("/")
    body = lived.chosen.client("s3").get_object(Bucket=bucket, Key=f"{key}report.json")["Body"]
    report = json.load(body)
    assert set(report["metrics"]) == {"challenger", "champion"}
    assert any("champion" in check["sentence"] for check in report["checks"])


def test_the_bad_challenger_is_refused_and_the_champion_stays(lived: Lived) -> None:
    bad = lived.executions("retraining")[-1]
    assert (bad["outcome"], bad["passed"], bad["release_execution"]) == ("Lost", "false", "")
    assert "auc" in bad["reasons"]
    champion = audit.champions(lived.items)[TEAM.model]
    assert int(champion["version"]) == 3
    package = lived.chosen.client("sagemaker").describe_model_package(ModelPackageName=bad["package_arn"])
    assert package["ModelApprovalStatus"] == "Rejected"


def test_the_year_is_told_drawn_and_reported(lived: Lived) -> None:
    for words in (
        "May",
        "June",
        "never retrained",
        "A bad challenger, injected",
        "Retraining changed the AUC",
    ):
        assert words in lived.told
    results = lived.folder / ".mdlc" / "lifecycle"
    assert (results / "year.png").stat().st_size > 10_000
    assert "<html" in (results / "report.html").read_text()


def test_an_answer_of_june_tells_which_drift_its_version_came_from(lived: Lived) -> None:
    search = Search(target=lived.chosen, prediction_id="2013-06-0#0", stack=TEAM.stack)
    found = account.of(search.target, *search.find())
    assert found.lineage is not None and found.prediction.version == 2
    (trigger,) = found.lineage.triggers
    assert trigger["trigger"] == "drift" and trigger["report"].endswith("/report.json")
    assert found.lineage.release["outcome"] == "Succeeded"


def test_the_notebook_shows_runs_versions_predictions_and_windows(lived: Lived) -> None:
    pictures, texts = notebooks.shown(lived.chosen, lived.folder)
    # The versions' metrics, the scores of the batch, and the AUC of the windows.
    assert pictures == 3
    for words in ("retraining", "predictions, the mean score is", "drifted", "label"):
        assert words in texts


def test_no_execution_failed(lived: Lived) -> None:
    assert not [one for one in audit.executions(lived.items) if one["outcome"] == "Failed"]
    assert len(following.executions(lived.chosen, "retraining", TEAM)) == 3
