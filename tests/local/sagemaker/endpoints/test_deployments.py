"""The course of an update with fleets that start and end at once."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mdlc_local import options
from mdlc_local.options import Options
from mdlc_local.sagemaker import events
from mdlc_local.sagemaker.endpoints import deployments
from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.hosting import Hosted
from mdlc_local.sagemaker.endpoints.rollouts import Rollout
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.scopes import Scope

HERE = Scope("000000000000", "us-east-1")


class FakeFleet:
    """A fleet that notes what happens to it."""

    def __init__(self, name: str, history: list[str], *, failure: str = "", up: bool = True) -> None:
        self.config_name = name
        self.servers: dict[str, Any] = {}
        self.shadows: list[Any] = []
        self.capture = None
        self.all_servers = [SimpleNamespace(is_up=up, role_arn="r")]
        self._failure = failure
        self._history = history

    def launch(self) -> None:
        self._note("launch")
        if self._failure:
            raise JobFailedError(self._failure)

    def drain(self) -> None:
        self._note("drain")

    def end(self) -> None:
        self._note("end")

    def summaries(self) -> list[dict[str, Any]]:
        return []

    def _note(self, what: str) -> None:
        self._history.append(f"{self.config_name} {what}")


class Course:
    """One endpoint on its old fleet, and what happened to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.history: list[str] = []
        record = {
            "EndpointName": "e",
            "EndpointArn": "a",
            "EndpointConfigName": "old",
            "EndpointStatus": "Updating",
        }
        self.hosted = Hosted(record=record, scope=HERE)
        share = self.hosted.traffic.share

        def noting(*shares: tuple[Fleet, float]) -> None:
            share(*shares)
            self.history.append(f"shares {self.hosted.traffic.shares}")

        monkeypatch.setattr(self.hosted.traffic, "share", noting)
        monkeypatch.setattr(
            events, "publish", lambda _, record: self.history.append(record["EndpointStatus"])
        )
        monkeypatch.setattr(events, "publish_deployment", lambda _: None)

    def update(self, rollout: Rollout, *, failure: str = "", old_is_up: bool = True) -> dict[str, Any]:
        old = cast(Fleet, FakeFleet("old", self.history, up=old_is_up))
        new = cast(Fleet, FakeFleet("new", self.history, failure=failure))
        self.hosted.fleet = old
        deployments.update(self.hosted, old, "new", lambda: new, rollout)
        return self.hosted.record


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Course]:
    monkeypatch.setattr(options, "_current", Options(port=1, state_dir=tmp_path, time_scale=1000))
    made = Course(monkeypatch)
    yield made
    made.hosted.close()


def test_old_requests_end_before_the_old_fleet_does(course: Course) -> None:
    record = course.update(Rollout(shares=(10.0, 100.0), wait_seconds=10, termination_wait_seconds=10))
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "new")
    assert course.history == [
        "Updating",
        "new launch",
        "shares {'old': 90.0, 'new': 10.0}",
        "shares {'new': 100.0}",
        "old drain",
        "old end",
        "InService",
    ]


def test_a_new_fleet_that_fails_gets_no_request(course: Course) -> None:
    record = course.update(Rollout(), failure="it is ill")
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "old")
    assert record["FailureReason"] == "it is ill"
    assert course.history == [
        "Updating",
        "new launch",
        "RollingBack",
        "shares {'old': 100.0}",
        "new drain",
        "new end",
        "InService",
    ]


def test_a_rollback_to_a_fleet_that_is_gone_failed(course: Course) -> None:
    assert (
        course.update(Rollout(), failure="ill", old_is_up=False)["EndpointStatus"] == "UpdateRollbackFailed"
    )


def test_a_start_that_takes_longer_than_the_update_may(course: Course) -> None:
    record = course.update(Rollout(timeout_seconds=-1))
    assert record["EndpointConfigName"] == "old"
    assert record["FailureReason"] == "the update took longer than MaximumExecutionTimeoutInSeconds"


def test_a_reset_in_the_middle_ends_both(course: Course) -> None:
    course.hosted.stop.set()
    course.update(Rollout())
    assert course.history == ["Updating", "old drain", "old end"]
