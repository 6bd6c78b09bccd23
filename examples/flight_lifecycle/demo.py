"""The flights of 2013 as if they were happening: a model is trained once by hand, then retrains itself.

Run it with ``make lifecycle``, or ``python -m examples.flight_lifecycle.demo``. Each run starts from scratch.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from examples.flight_delay import following
from examples.flight_lifecycle import bad_challenger, comparing, flights, living, plot
from examples.flight_lifecycle.living import Interval, Month, Scene
from examples.flight_lifecycle.team import TEAM
from mdlc_cli.aws import local, target
from mdlc_cli.deploying import deployment
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.output.terminal import Terminal, line

ROOT = Path(__file__).resolve().parent
FIRST, LAST = 5, 12
"""The months whose flights are requested; the first model is trained on the months before."""
BAD_AFTER = 9
SHARE = 2


def main() -> int:
    """Run the demo; returns the exit status. Ctrl-C also stops the local AWS."""
    out = Terminal(soft_wrap=True)
    began = time.monotonic()
    try:
        year(out, first=FIRST, last=LAST, bad_after=BAD_AFTER, share=SHARE)
    except CommandError as error:
        if error.detail:
            out.print(error.detail, markup=False, style="dim")
        out.print(line(("error:", "bold red"), f" {error}"))
        return 1
    except KeyboardInterrupt:
        out.print("\nInterrupted: ending the local AWS", markup=False)
        local.down(ROOT)
        return 130
    out.print(f"\nTook       {time.monotonic() - began:.0f} s", markup=False)
    return 0


def year(out: Console, *, first: int, last: int, bad_after: int, share: int) -> list[Month]:
    """Run the months from `first` to `last`; returns their results.

    Args:
        out: where to print.
        first: the first month.
        last: the last month.
        bad_after: the month after which a bad challenger is injected.
        share: every `share`-th flight is requested.

    Raises:
        CommandError: an automatic step did not happen.
    """
    local.down(ROOT)
    local.up(ROOT)
    chosen = target.reported(ROOT, "local")
    outputs = deployment.deploy(chosen, ROOT, [TEAM.stack])[TEAM.stack]
    folder = ROOT / ".mdlc" / "lifecycle" / "flights"
    with progress.step("writing the flights of 2013"):
        flights.write_year(folder)
    scene = Scene(out=out, chosen=chosen, outputs=outputs, folder=folder, share=share)
    version = train_first(scene, first)
    months = []
    for month in range(first, last + 1):
        months.append(living.live(scene, month))
        report(scene, months[-1])
        if month == bad_after:
            refused = bad_challenger.inject(scene, months[-1])
            scene.say(f"  refused: {refused['reasons']}")
    without = comparing.never_retrained(scene, months, version)
    summarize(scene, months, without)
    return months


def train_first(scene: Scene, first: int) -> int:
    """Train the first model by hand on the data before the first month; returns its version."""
    with progress.step(f"loading the flights before {flights.month_name(first)}"):
        for month in range(1, first):
            living.know(scene, month)
    known = following.executions(scene.chosen, "release", TEAM)
    arguments = {"reason": "the first model", "trigger": "manual"}
    trained = following.run(scene.out, scene.chosen, "training", arguments, team=TEAM)
    scene.out.print(line((f"{TEAM.model}-release", "bold"), ", started by the approval"))
    arn = following.started_by_event(scene.chosen, known, "release", TEAM)
    released = following.watched(scene.out, scene.chosen, arn)
    if not released.succeeded:
        raise CommandError(f"the first model was not released ({released.error}: {released.cause})")
    return int(trained["package_arn"].rpartition("/")[2])


def report(scene: Scene, month: Month) -> None:
    """Print the results of a month."""
    auc = month.auc
    scene.say(
        f"  version {month.version} answered {month.asked:,} flights: AUC {auc.value:.4f} "
        f"({auc.low:.4f} to {auc.high:.4f}); {len(month.drifted)} columns drifted"
    )
    if month.trained is not None:
        scene.say(f"  retraining: {month.outcome}. {month.trained.get('reasons') or 'The gate passed.'}")


def summarize(scene: Scene, months: Sequence[Month], without: Mapping[int, Interval]) -> None:
    """Print the year as a table, plot it, and copy the report of the month with the lowest AUC."""
    scene.out.print(line(("\nThe year", "bold")))
    table = Table("month", "version", "AUC", "never retrained", "gain", "then", box=None, padding=(0, 2))
    for lived in months:
        other = without[lived.month]
        table.add_row(
            flights.month_name(lived.month), str(lived.version), f"{lived.auc.value:.4f}",
            f"{other.value:.4f}",
            f"{lived.auc.value - other.value:+.4f}", lived.outcome,
        )  # fmt: skip
    scene.out.print(table)
    gained = [lived.auc.value - without[lived.month].value for lived in months]
    scene.say(f"Retraining changed the AUC by {sum(gained) / len(gained):+.4f} on average over these months.")
    results = scene.folder.parent
    plot.draw(months, without, results / "year.png")
    worst = min(months, key=lambda lived: lived.auc.value)
    bucket, _, key = worst.report.removeprefix("s3://").partition("/")
    page = scene.chosen.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    (results / "report.html").write_bytes(page)
    scene.say(f"Picture    {results / 'year.png'}")
    scene.say(f"Report     {results / 'report.html'} (of {flights.month_name(worst.month)})")
    scene.say(
        "The local AWS stays up: go on with\n"
        f"  cd {ROOT}\n"
        f"  mdlc audit --model {TEAM.model}\n"
        f"  mdlc audit '2013-{months[-1].month:02d}-0#0'\n"
        "  mdlc local down"
    )


if __name__ == "__main__":
    sys.exit(main())
