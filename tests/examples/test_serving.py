import json
from typing import Any

import pytest

from examples.flight_delay import following, serving
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeClient, FakeTarget
from tests.examples.scenes import ROWS, SCORES, asked, scene, told


def sagemaker(*, version: str = "1", endpoints: tuple[str, ...] = ("flight-delay",)) -> FakeClient:
    containers = [{"Environment": {}}, {"Environment": {"MDLC_MODEL_VERSION": version}}]
    return FakeClient(
        list_endpoints={"Endpoints": [{"EndpointName": name} for name in endpoints]},
        describe_endpoint={"EndpointStatus": "InService", "EndpointConfigName": "config"},
        describe_endpoint_config={"ProductionVariants": [{"ModelName": "m"}]},
        describe_model={"Containers": containers},
    )


@pytest.mark.parametrize(
    ("client", "serves"),
    [
        (sagemaker(), True),
        (sagemaker(version="2"), False),
        (sagemaker(endpoints=()), False),
        (sagemaker(endpoints=("flight-delay-other",)), False),
    ],
)
def test_what_serves_is_known_by_the_endpoints_own_model(client: FakeClient, serves: bool) -> None:
    assert serving.serves(FakeTarget(clients={"sagemaker": client}), 1) is serves


def test_a_version_that_serves_already_is_not_released_again() -> None:
    given = scene(sagemaker=sagemaker())
    serving.release_first(given.out, given.chosen, 1, set(), trained=False)
    assert "not needed: version 1 serves" in told(given)


def test_a_version_of_an_earlier_run_that_does_not_serve_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(following, "run", lambda out, chosen, *what: started.append(what))
    given = scene(sagemaker=sagemaker(endpoints=()))
    serving.release_first(given.out, given.chosen, 1, set(), trained=False)
    assert started == [("release", {"package_version": 1, "reason": "make demo"})]


def test_golden_rows_are_the_first_flights_with_the_batchs_scores() -> None:
    s3 = FakeClient(put_object={})
    serving.record_golden(scene(s3=s3))
    (_, rows), (_, expected) = s3.calls
    assert (rows["Key"], expected["Key"]) == ("golden/rows.jsonl", "golden/expected.csv")
    lines = [json.loads(line) for line in rows["Body"].decode().splitlines()]
    assert lines == ROWS[: serving.GOLDEN_ROWS]
    assert expected["Body"].decode().splitlines()[:2] == ["row_key,expected", "F0,0.2"]


def test_answers_are_shown_and_held_against_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        serving, "in_turn", lambda api, name, rows: [asked(str(row["flight_id"])) for row in rows]
    )
    given = scene()
    assert len(serving.ask_first(given)) == serving.ASKED
    assert "48 flights, 0 to rebook; p50 20 ms, p99 20 ms, 20 ms for the first one" in told(given)
    assert "Every score is the one of batch inference" in told(given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"status": 503}, "48 of 48 requests got no decision: .*nothing was recorded"),
        ({"score": 0.3}, "48 of 48 scores are not the batch's"),
    ],
)
def test_a_lost_request_or_another_score_ends_the_demo(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr(
        serving, "in_turn", lambda api, name, rows: [asked(str(row["flight_id"]), **changed) for row in rows]
    )
    with pytest.raises(CommandError, match=message):
        serving.ask_first(scene())
    assert len(SCORES) == 100
