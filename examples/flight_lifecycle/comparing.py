"""The scores of the first model for the whole year's flights, from one batch, as a comparison."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
from sklearn.metrics import roc_auc_score

from examples.flight_delay import following
from examples.flight_delay.loading import RAW_BATCH, download, upload
from examples.flight_lifecycle import flights
from examples.flight_lifecycle.living import Interval, Month, Scene
from examples.flight_lifecycle.team import TEAM
from mdlc_cli.output import progress

RESAMPLES, CONFIDENCE = 200, 0.95


def never_retrained(scene: Scene, months: Sequence[Month], version: int) -> dict[int, Interval]:
    """The AUC of a version on each month's requested flights, by month."""
    with progress.step("bringing the flights of the year for the first model to score"):
        for scored_month in months:
            path = scene.folder / "asked" / flights.file_name(scored_month.month)
            upload(scene.chosen.client("s3"), scene.outputs["BucketName"], RAW_BATCH + path.name, path)
    arguments = {"package_version": version, "reason": "what if nobody had retrained?"}
    batch = following.run(scene.out, scene.chosen, "batch-inference", arguments, team=TEAM)
    answers = scene.folder.parent / "never-retrained"
    download(scene.chosen, batch["manifest"].rpartition("/")[0] + "/", answers)
    return {
        scored_month.month: auc_of(scene, scored_month.month, scored_month.labelled_until, answers)
        for scored_month in months
    }


def auc_of(scene: Scene, month: int, labelled_until: str, answers: Path) -> Interval:
    """The AUC on a month's requested flights whose outcome the monitor knew."""
    asked = [str(row["flight_id"]) for row in flights.asked_about(scene.folder, month, scene.share)]
    known = scene.folder / "known" / flights.file_name(month)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE asked AS SELECT unnest($asked) AS flight_id", {"asked": asked})
        columns = connection.execute(
            f"SELECT late, score FROM read_parquet('{answers}/parts/*.parquet') "
            f"JOIN asked ON row_key = flight_id JOIN read_csv('{known}') AS known USING (flight_id) "
            "WHERE late IS NOT NULL AND time_hour <= CAST(left($until, 19) AS TIMESTAMP) ORDER BY flight_id",
            {"until": labelled_until},
        ).fetchnumpy()
    return interval(np.asarray(columns["late"]), np.asarray(columns["score"]), seed=month)


def interval(labels: np.ndarray, scores: np.ndarray, seed: int) -> Interval:
    """The AUC with its bootstrap confidence interval."""
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(labels), len(labels))
        drawn.append(roc_auc_score(labels[rows], scores[rows]))
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(value=float(roc_auc_score(labels, scores)), low=float(low), high=float(high))
