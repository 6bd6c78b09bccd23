"""The whole example on this machine: real flights in, a registered model and a month of predictions out.

Run it with ``make demo``, or ``python -m examples.flight_delay.demo``. A second run reuses the work of the
first one.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from examples.flight_delay import following, loading, sending_back, serving
from examples.flight_delay.asking import raw_rows
from mdlc_cli.aws import local, target
from mdlc_cli.aws.target import Target
from mdlc_cli.deploying import deployment
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.output.terminal import Terminal, line

ROOT = Path(__file__).resolve().parent.parent.parent

LOWEST_AUC, HIGHEST_AUC = 0.66, 0.72
"""The AUC is about 0.68: a broken pipeline lowers it, a leak raises it."""

SHOWN_METRICS = {
    "auc": "AUC",
    "pr_auc": "PR-AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "expected_calibration_error": "calibration error",
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The results of the two workflows, copied to this machine."""

    report: dict[str, Any]
    package_arn: str
    training: str
    evaluation: Path
    predictions: Path
    rows: str

    @property
    def version(self) -> int:
        """The package's version."""
        return int(self.package_arn.rpartition("/")[2])


def main() -> int:
    """Run the demo; returns the exit status. Ctrl-C also stops the local AWS."""
    out = Terminal(soft_wrap=True)
    began = time.monotonic()
    try:
        demo(out)
    except CommandError as error:
        if error.detail:
            out.print(error.detail, markup=False, style="dim")
        out.print(line(("error:", "bold red"), f" {error}"))
        return 1
    except KeyboardInterrupt:
        out.print("\nInterrupted: ending the local AWS", markup=False)
        local.down(ROOT)
        return 130
    say_goodbye(out, seconds=time.monotonic() - began)
    return 0


def demo(out: Console) -> None:
    """Deploy the example to the local AWS, train, score, serve, and have a broken version rolled back.

    Raises:
        CommandError: a step failed or had an unexpected result; the message says which.
    """
    local.up(ROOT)
    chosen = target.reported(ROOT, "local")
    outputs = deployment.deploy(chosen, ROOT, [following.STACK])[following.STACK]
    data = ROOT / ".mdlc" / "demo" / "data"
    loading.load(chosen, outputs["BucketName"], data)
    loading.fill_planes(chosen, outputs["PlanesTableName"])
    outcome = offline(out, chosen)
    summarize(out, outcome)
    check(outcome)
    scene = serving.Scene(
        out=out,
        chosen=chosen,
        outputs=outputs,
        rows=raw_rows(data / "batch" / f"2013-{loading.SCORED_MONTH:02d}.csv"),
        scores=scores(outcome.predictions),
        version=outcome.version,
        name=f"demo-{int(time.time())}",
    )
    serving.record_golden(scene)
    asked = serving.ask_first(scene)
    sending_back.send_back(scene, data)
    sending_back.show_records(scene, asked[0].request_id)


def offline(out: Console, chosen: Target) -> Outcome:
    """Train a model, which its approval releases, and score a month with it.

    Raises:
        CommandError: a workflow failed, or the gate rejected the model.
    """
    known = following.executions(chosen)
    reason = {"reason": "make demo", "trigger": "manual"}
    training = following.run(out, chosen, "training", reason)
    package = serving.package(chosen, training["package_arn"])
    version = int(package["ModelPackageVersion"])
    if package["ModelApprovalStatus"] != "Approved":
        refusal = package.get("ApprovalDescription", "the gate refused it")
        raise CommandError(
            f"version {version} is {package['ModelApprovalStatus']} ({refusal}): undo your change"
        )
    serving.release_first(out, chosen, version, known, trained=training["outcome"] != "Unchanged")
    batch = following.run(out, chosen, "batch-inference", {**reason, "package_version": version})
    evaluation, predictions = (ROOT / ".mdlc" / "demo" / name for name in ("evaluation", "predictions"))
    with progress.step("copying the results"):
        loading.download(chosen, package["CustomerMetadataProperties"]["evaluation"], evaluation)
        loading.download(chosen, batch["manifest"].rpartition("/")[0] + "/", predictions)
    return Outcome(
        report=json.loads((evaluation / "report.json").read_text()),
        package_arn=training["package_arn"],
        training=training["outcome"],
        evaluation=evaluation,
        predictions=predictions,
        rows=batch["rows"],
    )


def scores(predictions: Path) -> dict[str, float]:
    """The batch's score of each flight."""
    with duckdb.connect() as connection:
        parts = connection.read_parquet(f"{predictions}/parts/*.parquet")
        pairs = parts.project("row_key, score").fetchall()
    return {str(key): float(score) for key, score in pairs}


def check(outcome: Outcome) -> None:
    """Check that the model's AUC is within bounds.

    Raises:
        CommandError: names the metric and the bounds.
    """
    auc = outcome.report["metrics"]["challenger"]["auc"]["value"]
    if not LOWEST_AUC <= auc <= HIGHEST_AUC:
        expected = f"{LOWEST_AUC} to {HIGHEST_AUC}"
        raise CommandError(f"the AUC {auc:.4f} is outside {expected}: the pipeline is broken")


def summarize(out: Console, outcome: Outcome) -> None:
    """Print the model's metrics and the locations of the results."""
    report = outcome.report
    verdict = ("passed", "green") if report["passed"] else ("refused", "red")
    confidence = report["bootstrap"]["confidence"]
    question = "\nWill the flight arrive 15 or more minutes late?"
    out.print(line((question, "bold"), f" {report['rows']:,} holdout flights"))
    table = Table("metric", "value", f"{confidence:.0%} interval", box=None, padding=(0, 2))
    for name, shown in SHOWN_METRICS.items():
        metric = report["metrics"]["challenger"][name]
        table.add_row(shown, f"{metric['value']:.4f}", f"{metric['low']:.4f} to {metric['high']:.4f}")
    out.print(table)
    out.print(line("Gate       ", verdict))
    for check in report["checks"]:
        out.print(f"           {check['sentence']}", markup=False)
    note = " (unchanged since the last run: nothing was trained)" if outcome.training == "Unchanged" else ""
    picture, predictions = (
        path.relative_to(ROOT) for path in (outcome.evaluation / "evaluation.png", outcome.predictions)
    )
    out.print(f"Package    version {outcome.version}{note}\n           {outcome.package_arn}", markup=False)
    out.print(f"Picture    {picture}", markup=False)
    out.print(f"Scores     {outcome.rows} predictions in {predictions}", markup=False)


def say_goodbye(out: Console, *, seconds: float) -> None:
    """Print what to try next (``seconds``: duration of the demo)."""
    for text in (
        f"\nTook       {seconds:.0f} s\n",
        "What to try next (`source .venv/bin/activate` first):",
        "  mdlc audit                 what was trained, scored and released, or rolled back, and why",
        "  mdlc golden show           the questions that every version must answer before it serves",
        "  mdlc release               again: this version serves already, so only the golden rows are asked",
        "  mdlc rollback              once another version serves: back to the one before, in one release",
        "  examples/flight_delay/stack.py    change max_depth, then `mdlc deploy` and `mdlc run training`",
        "  examples/flight_delay/rules.json  when to rebook: edit it, then `mdlc deploy`",
        "The local AWS stays up for this; `mdlc local down` ends it.",
    ):
        out.print(text, markup=False)


if __name__ == "__main__":
    sys.exit(main())
