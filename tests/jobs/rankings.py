"""A small batch of searches whose results have a relevance from 0 to 3."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.jobs.batches import Batch, Row

HEADER = ("id", "at", "search", "price", "stars", "kind", "grade")
DATASET: dict[str, Any] = {
    "label": "grade",
    "timestamp": "at",
    "entity": None,
    "group": "search",
    "row_key": ["id"],
    "columns": {
        "id": "text",
        "at": "timestamp",
        "search": "text",
        "price": "number",
        "stars": "number",
        "kind": "category",
        "grade": "number",
    },
    "known_after": [],
    "features": ["price", "stars", "kind"],
    "calendar": [],
    "task": "ranking",
}


def searches(number: int = 120, seed: int = 1) -> list[Row]:
    """Results of searches over January to March 2024, in no order; cheap and well rated ones are relevant."""
    chance = random.Random(seed)
    made: list[Row] = []
    for search in range(number):
        at = datetime(2024, 1, 1) + timedelta(minutes=chance.randrange(90 * 24 * 60))
        for place in range(chance.randrange(2, 8)):
            stars, price = chance.randrange(6), round(chance.uniform(10, 100), 2)
            worth = stars / 2 - price / 60 + chance.gauss(0, 0.4)
            made.append(
                {
                    "id": f"s{search}-{place}",
                    "at": at.isoformat(),
                    "search": f"search {search:03d}",
                    "price": price,
                    "stars": stars,
                    "kind": chance.choice(["inn", "hotel", ""]),
                    "grade": min(3, max(0, round(worth))),
                }
            )
    chance.shuffle(made)
    return made


def batch_of(folder: Path, rows: Sequence[Row] | None = None) -> Batch:
    """A batch of these rows, by default of searches."""
    batch = Batch(folder)
    batch.write("rows.csv", searches() if rows is None else rows, header=HEADER)
    return batch
