"""What target tracking wants of a number of instances."""

import pytest

from mdlc_local.autoscaling.tracking import Look, wanted


def look(value: float | None, *, high: bool = False, low: bool | None = False, target: float = 10) -> Look:
    return Look(target=target, value=value, high=high, low=low)


@pytest.mark.parametrize(
    ("looks", "count"),
    [
        ([look(10)], 4),
        # Four instances at 25 need ten at 10; at 21 they need nine, rounded up.
        ([look(25, high=True)], 10),
        ([look(21, high=True)], 9),
        ([look(1000, high=True)], 12),
        # The alarm is on, but the metric is back already.
        ([look(9, high=True)], 4),
        ([look(None, high=True)], 4),
        # Who asks for most decides, whatever the others want.
        ([look(15, high=True), look(20, high=True), look(0, low=True)], 8),
        ([look(4, low=True)], 2),
        ([look(0, low=True)], 1),
        ([look(None, low=True)], 4),
        # Instances are taken away only when all want it, and as few as one of them wants.
        ([look(4, low=True), look(10)], 4),
        ([look(2, low=True), look(7, low=True)], 3),
        # A policy that must not take any away does not stand against it either.
        ([look(4, low=True), look(10, low=None)], 2),
        ([look(0, low=None)], 4),
    ],
)
def test_how_many_instances_there_shall_be(looks: list[Look], count: int) -> None:
    assert wanted(4, 1, 12, looks) == count


def test_the_least_are_kept() -> None:
    assert wanted(4, 3, 12, [look(0, low=True)]) == 3


def test_from_none_the_first_is_asked_for() -> None:
    assert wanted(0, 0, 5, [look(25, high=True)]) == 3
