"""The committed pictures are those that the machines draw today."""

import pytest

from scripts.draw_workflows import TARGET, pictures

NAMES = [
    *("training.svg", "batch-inference.svg", "real-time-inference.svg", "decision-api.svg"),
    "delivery.svg",
    "monitoring.svg",
    "tuned-training.svg",
    "channel-training.svg",
    "retraining.svg",
    "approval.svg",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_as_its_machine_draws_it(name: str) -> None:
    drawn = pictures()[name]
    assert (TARGET / name).read_text() == drawn, "stale: run `python scripts/draw_workflows.py`"


def test_there_is_no_other_picture() -> None:
    assert {path.name for path in TARGET.iterdir() if path.is_file()} == set(pictures()) == set(NAMES)
