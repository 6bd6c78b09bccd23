"""Versions tried beside the champion on the embedded AWS: in shadow, and in an A/B test.

The tests tell one story and run in order; both endpoints are tried on at once.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.trying import AB_TEST, ROWS, SHADOWED, TESTED, Trying

pytestmark = chapters("experiments")

PLANES = [f"N{number}" for number in range(70)]
TRIAL = ["CreateTrial", "RecordTrial", "StartTrial", "RunTrial", "WaitTrial", "JudgeTrial", "EndTrial"]


@pytest.fixture(scope="module")
def trying(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Trying:
    made = Trying.deployed(aws, tmp_path_factory.mktemp("trying") / "assembly")
    for team in (SHADOWED, TESTED):
        made.register(team, 1, 0.0)
        made.register(team, 2, 0.01)
        made.register(team, 3, 0.5)
    return made


def test_a_first_release_is_tried_beside_nothing(trying: Trying) -> None:
    for execution in [trying.start(team, 1) for team in (SHADOWED, TESTED)]:
        done = trying.wait(execution)
        assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
        assert "CreateEndpoint" in done.states
        assert "Trial" not in done.states


@dataclass(frozen=True)
class Tried:
    """A release of both models: how each execution ended, and what callers were told meanwhile."""

    shadowed: Execution
    tested: Execution
    answers: list[dict[str, Any]]
    decisions: list[dict[str, Any]]


def tried(
    trying: Trying, version: int, outcome: Callable[[int, int], float], *, broken_off: bool = False
) -> Tried:
    """Release a version of both models at once, and ask while it is tried.

    Args:
        outcome: of the request of that number, answered by that version.
        broken_off: whether the A/B test's release is stopped while it runs, and started again.
    """

    def shadowed(execution: str) -> list[dict[str, Any]]:
        trying.aws.until_entered(execution, "WaitTrial")
        return trying.ask_endpoint(SHADOWED, ROWS)

    def tested(execution: str) -> list[dict[str, Any]]:
        trying.aws.until_entered(execution, "WaitTrial")
        decisions = trying.decide(f"of-{version}", PLANES)
        told = {
            one["request_id"]: outcome(number, one["model_version"]) for number, one in enumerate(decisions)
        }
        trying.tell_outcomes(f"of-{version}", told)
        return decisions

    executions = [trying.start(team, version) for team in (SHADOWED, TESTED)]
    if broken_off:
        trying.aws.until_entered(executions[1], "WaitTrial")
        trying.break_off(executions[1])
        executions[1] = trying.start(TESTED, version)
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(work, execution)
            for work, execution in zip((shadowed, tested), executions, strict=True)
        ]
        answers, decisions = (one.result() for one in asked)
    first, second = (trying.wait(execution) for execution in executions)
    return Tried(first, second, answers, decisions)


def test_what_holds_takes_over(trying: Trying) -> None:
    found = tried(trying, 2, lambda number, version: version + number % 7 / 10)
    assert {answer["version"] for answer in found.answers} == {1}
    versions = {"main": 1, "challenger": 2}
    assert [one["model_version"] for one in found.decisions] == [
        versions[AB_TEST.variant_of(tail)] for tail in PLANES
    ]
    for team, done, said in (
        (SHADOWED, found.shadowed, r"The shadow was promoted: \d+ pairs of answers, 0\.0% of them"),
        (TESTED, found.tested, r"The challenger won: mean outcome 2\."),
    ):
        assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
        ordered = [*TRIAL, "UpdateEndpoint", "PointChampion"]
        assert [state for state in done.states if state in ordered] == ordered
        assert {answer["version"] for answer in trying.ask_endpoint(team, 3)} == {2}
        assert trying.item(team) == {}
        config = trying.config(team)
        assert [variant["VariantName"] for variant in config["ProductionVariants"]] == ["main"]
        assert "ShadowProductionVariants" not in config
        assert re.match(said, done.output["experiment"])
        # The trial's own configuration goes with the tidying.
        listed = trying.aws.client("sagemaker").list_endpoint_configs(NameContains=f"{team.model}-trial-")
        assert listed["EndpointConfigs"] == []


def test_what_does_not_hold_leaves_the_champion_as_it_was(trying: Trying) -> None:
    before = {team.model: trying.config(team) for team in (SHADOWED, TESTED)}
    found = tried(trying, 3, lambda number, version: number % 7 / 10, broken_off=True)
    # The second execution found the test that the first had left, and carried it on.
    assert not {"CreateTrial", "StartTrial"} & set(found.tested.states)
    assert {answer["version"] for answer in found.answers} == {2}
    assert {one["model_version"] for one in found.decisions} == {2, 3}
    for team, done, error in (
        (SHADOWED, found.shadowed, "ShadowDropped"),
        (TESTED, found.tested, "ChallengerLost"),
    ):
        assert (done.status, done.error) == ("FAILED", error), (done.cause, done.states)
        assert "UpdateEndpoint" not in done.states
        assert trying.config(team)["EndpointConfigName"] == before[team.model]["EndpointConfigName"]
        assert trying.item(team) == {}
        status, reason = trying.status(team, 3)
        assert status == "Rejected"
        assert reason.startswith(f"{error}: The ")
    assert {one["model_version"] for one in trying.decide("after", PLANES[:8])} == {2}
