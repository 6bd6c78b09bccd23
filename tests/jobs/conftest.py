from pathlib import Path

import pytest

from tests.jobs.batches import Batch, rows
from tests.jobs.monitoring import windows
from tests.jobs.monitoring.windows import Window


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


@pytest.fixture
def window(tmp_path: Path) -> Window:
    """A monitor's window without any traffic, and a baseline."""
    made = Window(tmp_path)
    made.baseline(windows.rows(1000, seed=9))
    return made


@pytest.fixture
def served(window: Window) -> Window:
    """A window of quiet traffic, and labels of all of it."""
    made = windows.rows(800)
    window.capture(windows.event(row) for row in made)
    window.label(made)
    return window
