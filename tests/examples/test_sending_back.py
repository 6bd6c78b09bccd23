from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from examples.flight_delay import following, loading, sending_back
from examples.flight_delay.asking import Asked
from mdlc_cli.errors import CommandError
from mdlc_cli.executions.running import Result
from tests.cli.fakes import FakeClient
from tests.examples.scenes import asked, scene, told
from tests.examples.test_following import result

REASON = f"RolledBack: auto-rollback alarm {sending_back.QUALITY} is in ALARM state."
WELL = (
    asked("F1", at=0), asked("F2", at=1, version=2, score=0.6), asked("F3", at=2), asked("F4", at=3)
)  # fmt: skip


def text(**values: str) -> dict[str, dict[str, str]]:
    return {name: {"S": value} for name, value in values.items()}


TRAINED = text(
    pk="MODEL#flight-delay", sk="EXECUTION#1#training#x", workflow="training", package_arn="arn:p/2",
    reason=sending_back.CELSIUS,
)  # fmt: skip


class Registry(FakeClient):
    """The registry and the endpoint; the package's status follows what the test says, call by call."""

    def __init__(self, *statuses: str, reason: str = REASON, config: Sequence[str] = ("c1", "c1")) -> None:
        left, configs = list(statuses), list(config)
        super().__init__(
            describe_model_package=lambda ModelPackageName: {
                "ModelPackageArn": ModelPackageName,
                "ModelPackageVersion": 2,
                "ModelApprovalStatus": left.pop(0) if len(left) > 1 else left[0],
                "ApprovalDescription": reason,
                "CustomerMetadataProperties": {"evaluation": "s3://bucket/evaluations/2/"},
            },
            describe_endpoint=lambda EndpointName: {
                "EndpointStatus": "InService",
                "EndpointConfigName": configs.pop(0) if len(configs) > 1 else configs[0],
            },
        )


def table(*items: dict[str, Any], ids: Sequence[str] = ()) -> FakeClient:
    return FakeClient(
        query={"Items": list(items)},
        scan={"Items": [text(request_id=id_) for id_ in ids]},
    )


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which data was put into the bucket, in order."""
    order: list[str] = []
    monkeypatch.setattr(loading, "load", lambda *_: order.append("right"))
    monkeypatch.setattr(loading, "load_celsius", lambda *_: order.append("celsius"))
    return order


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch, loaded: list[str]) -> dict[str, Any]:
    """How the training and the release go, and what passengers meet meanwhile."""
    given: dict[str, Any] = {"asked": WELL, "result": result("FAILED", error="RolledBack")}
    given["result"] = Result(**{**vars(given["result"]), "cause": REASON})

    @contextmanager
    def all_the_time(*_: object) -> Iterator[Sequence[Asked]]:
        yield given["asked"]

    monkeypatch.setattr(sending_back, "SETTLED_SECONDS", 0)
    monkeypatch.setattr(sending_back, "PASSENGERS", 10)
    monkeypatch.setattr(sending_back, "all_the_time", all_the_time)
    monkeypatch.setattr(sending_back, "gate_of", lambda *_: ["auc 0.69 passes."])
    monkeypatch.setattr(following, "executions", lambda chosen: set())
    monkeypatch.setattr(following, "run", lambda *_: {"package_arn": "arn:p/2"})
    monkeypatch.setattr(following, "started_by_event", lambda chosen, known: "arn:by-approval")
    monkeypatch.setattr(following, "start", lambda *_: "arn:by-hand")
    monkeypatch.setattr(
        following, "watched", lambda out, chosen, arn: given.update(arn=arn) or given["result"]
    )
    return given


IDS = [one.request_id for one in WELL]


def test_it_is_trained_tried_and_sent_back_and_the_data_put_right(
    released: dict[str, Any], loaded: list[str], tmp_path: Path
) -> None:
    given = scene(dynamodb=table(ids=IDS), sagemaker=Registry("Approved", "Rejected"))
    sending_back.send_back(given, tmp_path)
    assert loaded == ["celsius", "right"]
    assert released["arn"] == "arn:by-approval"
    for words in (
        "auc 0.69 passes.", "Golden checks pass, too", "4 requests, 0 without an answer; all on record",
        "1, 100% of those", "on average 0.40 from version 1's score", "2 answers, all good ones",
        f"version 2 Rejected: {REASON}",
    ):  # fmt: skip
        assert words in told(given)


def test_what_an_interrupted_run_left_approved_is_released_without_training(
    released: dict[str, Any], loaded: list[str], tmp_path: Path
) -> None:
    given = scene(dynamodb=table(TRAINED, ids=IDS), sagemaker=Registry("Approved", "Rejected"))
    sending_back.send_back(given, tmp_path)
    assert loaded == ["right"]
    assert released["arn"] == "arn:by-hand"


def test_what_an_earlier_run_sent_back_is_told_again(loaded: list[str], tmp_path: Path) -> None:
    given = scene(dynamodb=table(TRAINED), sagemaker=Registry("Rejected"))
    sending_back.send_back(given, tmp_path)
    assert loaded == []
    assert "Version 2 was rolled back in an earlier run of this demo:" in told(given)
    assert REASON in told(given)


def test_what_an_earlier_run_rejected_otherwise_is_no_success(loaded: list[str], tmp_path: Path) -> None:
    given = scene(dynamodb=table(TRAINED), sagemaker=Registry("Rejected", reason="GoldenRefused: far off"))
    with pytest.raises(CommandError, match=r"not for its answers \(GoldenRefused"):
        sending_back.send_back(given, tmp_path)


def test_a_gate_that_notices_ends_the_demo_with_the_data_put_right(
    released: dict[str, Any], loaded: list[str], tmp_path: Path
) -> None:
    given = scene(dynamodb=table(), sagemaker=Registry("Rejected"))
    with pytest.raises(CommandError, match="the gate refused the version that learned Celsius"):
        sending_back.send_back(given, tmp_path)
    assert loaded == ["celsius", "right"]


@pytest.mark.parametrize(
    ("changed", "registry", "ids", "message"),
    [
        (
            {"result": result("SUCCEEDED")},
            Registry("Approved", "Rejected"),
            IDS,
            "was not rolled back for its",
        ),
        (
            {"result": result("FAILED", error="RolledBack")},
            Registry("Approved", "Rejected"),
            IDS,
            "was not rolled back for its answers: RolledBack why",
        ),
        ({}, Registry("Approved"), IDS, "version 2 is Approved, not Rejected"),
        ({}, Registry("Approved", "Rejected", config=("c1", "c2")), IDS, "'c2'.* not .*'c1'.* as before"),
        ({}, Registry("Approved", "Rejected"), IDS[1:], "1 decisions are not on record"),
        (
            {"asked": (*WELL, asked("F5", at=4, status=503))},
            Registry("Approved", "Rejected"),
            IDS,
            "1 of 5 requests got no decision",
        ),
    ],
)
def test_whatever_did_not_hold_ends_the_demo(
    released: dict[str, Any],
    tmp_path: Path,
    changed: dict[str, Any],
    registry: Registry,
    ids: list[str],
    message: str,
) -> None:
    released.update(changed)
    with pytest.raises(CommandError, match=message):
        sending_back.send_back(scene(dynamodb=table(ids=ids), sagemaker=registry), tmp_path)


def test_the_gates_words_are_those_of_the_packages_evaluation() -> None:
    class Body:
        def read(self) -> bytes:
            return b'{"checks": [{"sentence": "auc 0.69 passes."}]}'

    s3 = FakeClient(get_object={"Body": Body()})
    described = {"CustomerMetadataProperties": {"evaluation": "s3://bucket/evaluations/2/"}}
    assert sending_back.gate_of(scene(s3=s3).chosen, described) == ["auc 0.69 passes."]
    assert s3.calls == [("get_object", {"Bucket": "bucket", "Key": "evaluations/2/report.json"})]


def test_records_of_a_decision_and_of_the_failed_release_are_shown() -> None:
    failed = text(
        pk="MODEL#flight-delay", sk="EXECUTION#2#release#x", workflow="release", error="RolledBack",
        cause="alarm", outcome="Failed", version="2",
    )  # fmt: skip
    client = FakeClient(
        query={"Items": [TRAINED, failed]},
        get_item={"Item": text(request_id="demo-1", decision="rebook", rule="bands[1]")},
    )
    given = scene(dynamodb=client)
    sending_back.show_records(given, "demo-1")
    for words in ("decision          rebook", "bands[1]", "error             RolledBack"):
        assert words in told(given)
