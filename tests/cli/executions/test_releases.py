from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mdlc_cli.errors import CommandError
from mdlc_cli.executions import releases
from mdlc_cli.executions.history import Timeline
from mdlc_cli.executions.machines import StateMachine
from mdlc_cli.executions.running import Result


def history(*versions: tuple[int, int], outcome: str = "Succeeded", workflow: str = "release") -> list[Any]:
    """Audit items of releases: each a version and the one it replaced."""
    return [
        {
            "sk": f"EXECUTION#2026-01-01T00:00:{number:02d}Z#{workflow}#x",
            "workflow": workflow,
            "outcome": outcome,
            "version": str(version),
            "replaced": str(replaced),
        }
        for number, (version, replaced) in enumerate(versions)
    ]


@pytest.mark.parametrize(
    ("versions", "path"),
    [
        ([], []),
        ([(1, 0)], [1]),
        ([(1, 0), (2, 1), (4, 2)], [1, 2, 4]),
        # What batch inference used before the first release counts as what served.
        ([(3, 2)], [2, 3]),
        # A way back takes what came after it off the list; twice leads two versions back.
        ([(1, 0), (2, 1), (3, 2), (2, 3)], [1, 2]),
        ([(1, 0), (2, 1), (3, 2), (2, 3), (1, 2)], [1]),
        ([(1, 0), (2, 1), (3, 2), (2, 3), (4, 2)], [1, 2, 4]),
        # Released once more it serves as before.
        ([(1, 0), (2, 1), (2, 2)], [1, 2]),
        ([(2, 2)], [2]),
    ],
)
def test_which_versions_served_one_after_the_other(versions: list[tuple[int, int]], path: list[int]) -> None:
    found = history(*versions)
    assert releases.served(reversed(found)) == path


def test_other_workflows_and_failed_releases_served_nothing() -> None:
    found = [
        *history((1, 0)),
        *history((9, 1), outcome="Failed"),
        *history((8, 1), workflow="batch-inference"),
        {"sk": "CHAMPION", "version": 9},
    ]
    assert releases.served(found) == [1]


def test_the_way_back() -> None:
    assert releases.before(history((1, 0), (3, 1)), "churn") == (3, 1)


@pytest.mark.parametrize(
    ("versions", "why"), [([], "nothing was released yet"), ([(4, 0)], "version 4 was the first")]
)
def test_without_a_way_back_the_remedy_is_named(versions: list[tuple[int, int]], why: str) -> None:
    with pytest.raises(
        CommandError, match=f"churn has no version to go back to .{why}.: .*mdlc rollback --to N"
    ):
        releases.before(history(*versions), "churn")


def result(error: str, cause: str) -> Result:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    timeline = Timeline(started=now, visits=(), status="FAILED", ended=now, error=error, cause=cause)
    return Result(
        arn="arn:aws:states:us-east-1:0:execution:m-release:e1",
        status="FAILED",
        output="",
        error=error,
        cause=cause,
        timeline=timeline,
    )


def test_a_failure_is_one_sentence_with_the_reason() -> None:
    told = releases.failure(result("RolledBack", "The alarm rang. The version before goes on serving."), 3)
    assert told == (
        "version 3 was not released (RolledBack: The alarm rang. The version before goes on serving): "
        "see why with `mdlc logs e1`; the version before serves"
    )
    assert releases.failure(result("", ""), None).startswith(
        "the newest approved version was not released (FAILED: no cause was given): "
        "start it anew with `mdlc release`"
    )


def test_the_model_begins_the_machines_name() -> None:
    assert releases.model_of(StateMachine(name="flight-delay-release", arn="a")) == "flight-delay"
