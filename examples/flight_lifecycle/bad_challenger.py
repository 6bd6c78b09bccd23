"""A deliberately bad challenger: it is trained on shuffled labels and must be rejected by the gate."""

import csv
import random
from datetime import datetime
from pathlib import Path
from typing import Any

from examples.flight_delay import following
from examples.flight_lifecycle import flights
from examples.flight_lifecycle.living import Month, Scene, arrive, recorded
from examples.flight_lifecycle.team import JUDGED, TEAM
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.output.terminal import line

REASON = "declared bad challenger: the labels to learn from are shuffled"
SEED = 2013


def inject(scene: Scene, known: Month) -> dict[str, Any]:
    """Train a model on shuffled labels and judge it on true ones; returns its retraining's audit item.

    The flights of the holdout keep their true labels. The request's `labelled_until` is the end of the last
    known month, because data ends there; a real team's request would train until now.

    Raises:
        CommandError: the challenger was not rejected.
    """
    scene.out.print(line(("\nA bad challenger, injected", "bold")))
    learned_from = datetime.fromisoformat(known.labelled_until).replace(tzinfo=None) - JUDGED
    true = [scene.folder / "known" / flights.file_name(month) for month in range(1, known.month)]
    true.append(scene.folder / "arrived" / flights.file_name(known.month))
    with progress.step("shuffling the labels of all flights before the holdout"):
        for path in true:
            arrive(scene, shuffled(path, scene.folder / "shuffled", before=learned_from))
    try:
        arguments = {"reason": REASON, "labelled_until": known.labelled_until}
        arn = following.start(scene.chosen, "retraining", arguments, TEAM)
        result = following.watched(scene.out, scene.chosen, arn)
    finally:
        with progress.step("putting the true labels back"):
            for path in true:
                arrive(scene, path)
    if not result.succeeded:
        raise CommandError(f"the retraining failed ({result.error}: {result.cause})")
    item = recorded(scene, arn)
    if item["outcome"] != "Lost":
        raise CommandError(
            f"the bad challenger was not refused: its retraining's outcome is {item['outcome']}"
        )
    return item


def shuffled(path: Path, folder: Path, *, before: datetime) -> Path:
    """A copy of the file in which the labels of flights before a time are randomly permuted."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    learned = [row for row in rows if datetime.fromisoformat(row["time_hour"]) < before]
    labels = [row["late"] for row in learned]
    random.Random(SEED).shuffle(labels)
    for row, label in zip(learned, labels, strict=True):
        row["late"] = label
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return target
