from pathlib import Path

import pytest

from tests.jobs.batches import Batch, rows


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """An empty batch."""
    return Batch(tmp_path)


@pytest.fixture
def filled(batch: Batch) -> Batch:
    """A batch of two good files."""
    made = rows()
    batch.write("one.csv", made[:180])
    batch.write("sub/two.csv", made[180:])
    return batch
