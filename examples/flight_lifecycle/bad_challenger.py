"""A declared bad challenger: it learns from shuffled labels, and is refused by what it must beat."""

import csv
import random
from pathlib import Path
from typing import Any

from examples.flight_delay import following
from examples.flight_lifecycle import flights
from examples.flight_lifecycle.living import Month, Scene, arrive, recorded
from examples.flight_lifecycle.team import TEAM
from mdlc_cli import progress
from mdlc_cli.errors import CommandError

REASON = "declared bad challenger: the labels to learn from are shuffled"
SEED = 2013


def inject(scene: Scene, known: Month) -> dict[str, Any]:
    """Has a model trained on shuffled labels, judged on true ones; returns its retraining's audit item.

    The last known month keeps its labels, so that the holdout tells the truth. It is the end of time here: a
    real team's request would train up to now.

    Raises:
        CommandError: it was not refused.
    """
    scene.out.print("\n[bold]A bad challenger, injected[/]")
    last = known.month
    with progress.step(f"shuffling the labels of all months before {flights.month_name(last)}"):
        for month in range(1, last):
            known_so_far = scene.folder / "known" / flights.file_name(month)
            arrive(scene, shuffled(known_so_far, scene.folder / "shuffled"))
    try:
        given = {"reason": REASON, "labelled_until": known.labelled_until}
        arn = following.start(scene.chosen, "retraining", given, TEAM)
        result = following.watched(scene.out, scene.chosen, arn)
    finally:
        with progress.step("putting the true labels back"):
            for month in range(1, last):
                arrive(scene, scene.folder / "known" / flights.file_name(month))
    if not result.succeeded:
        raise CommandError(f"the retraining failed ({result.error}: {result.cause})")
    item = recorded(scene, arn)
    if item["outcome"] != "Lost":
        raise CommandError(
            f"the bad challenger was not refused: its retraining's outcome is {item['outcome']}"
        )
    return item


def shuffled(path: Path, folder: Path) -> Path:
    """The file with its labels dealt out anew."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [row["late"] for row in rows]
    random.Random(SEED).shuffle(labels)
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "late": label} for row, label in zip(rows, labels, strict=True))
    return target
