"""Published batches of a window, over in-memory services."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lambdas.aws import tags
from lambdas.functions.plan_monitoring import handler
from mdlc_constructs.settings.payloads.batch import PredictionsManifest, PublishedPart, ScoringPackage
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile, DataSection
from tests.lambdas.monitored import DAY, NOW, SETTINGS, Services, event
from tests.lambdas.planned_windows import recorded

BATCH = replace(
    SETTINGS, kind="batch", endpoint="", raw_uri="s3://raw-bucket/batch/", labels=None, labels_uri=""
)
MIDNIGHT = NOW.replace(hour=0, minute=0)


def publish(
    services: Services,
    run: str,
    at: datetime,
    *,
    version: int = 1,
    outcome: str = "Succeeded",
    late: timedelta = timedelta(0),
) -> None:
    """A batch as its workflow leaves it: the audit item, the manifest, the plan.

    Args:
        late: by how much later another execution published what one of that moment had begun.
    """
    manifest = f"s3://b/predictions/{run}/manifest.json"
    predicted, started = (f"{moment:%Y-%m-%dT%H:%M:%S}.250Z" for moment in (at, at + late))
    published = PredictionsManifest(
        model="m",
        run=run,
        data_version="d",
        package=ScoringPackage(arn=f"arn:m/{version}", version=version),
        predicted_at=predicted,
        rows=1,
        columns=("score",),
        parts=(PublishedPart(name="parts/part-00000.parquet", rows=1, bytes=1, sha256="0"),),
    )
    services.s3.put(manifest, json.dumps(encode(published)))
    checksum = Checksum(algorithm="SHA256", value="0")
    files = tuple(DataFile(name=name, size=1, checksum=checksum) for name in ("a.csv", "b.csv"))
    data = DataSection(version="d", uri=f"s3://raw-bucket/batch/{run}/", files=files)
    services.s3.put(f"s3://b/runs/{run}/0/plan.json", json.dumps({"data": encode(data)}))
    services.s3.put(f"s3://b/runs/{run}/probes.json", "{}")
    texts = {
        "workflow": "batch-inference",
        "outcome": outcome,
        "manifest": manifest,
        "finished_at": f"{at + late + timedelta(minutes=2):%Y-%m-%dT%H:%M:%S}Z",
    }
    services.dynamodb.items[f"EXECUTION#{started}#batch-inference#{run}"] = {
        name: {"S": text} for name, text in texts.items()
    }


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    found = Services()
    found.sagemaker.package(1)
    found.sagemaker.package(2)
    found.dynamodb.champion(1)
    monkeypatch.setattr(handler, "client", found.client)
    monkeypatch.setattr(tags, "utc_now", lambda: NOW)
    return found


def plan(**changes: Any) -> dict[str, Any]:
    return handler.handler(event(replace(BATCH, **changes)), None)


def test_batches_of_the_last_window_and_of_the_one_that_is_open_are_planned(services: Services) -> None:
    publish(services, "old", MIDNIGHT - timedelta(hours=5))
    publish(services, "new", MIDNIGHT + timedelta(minutes=5), version=2)
    publish(services, "refused", MIDNIGHT + timedelta(minutes=6), outcome="Failed")
    first, second = plan()["windows"]
    assert (first["version"], second["version"]) == (1, 2)
    job_plan = services.s3.json(second["plan"])
    (batch,) = job_plan["monitor"]["published"]
    assert batch == {
        "run": "new",
        "package_version": 2,
        "predicted_at": "2026-03-05T00:05:00.250000Z",
        "parts": ["predictions/new/parts/part-00000.parquet"],
        "raw": ["new/a.csv", "new/b.csv"],
    }
    assert job_plan["monitor"]["captured"] == batch["parts"]
    key = second["plan"].removeprefix("s3://b/")
    assert services.s3.json(second["captured"]) == [{"prefix": "s3://b/"}, key, *batch["parts"]]
    assert services.s3.json(second["raw"]) == [{"prefix": "s3://raw-bucket/batch/"}, *batch["raw"]]
    # The statistics of the window before are being written by the same execution.
    assert second["previous"] == first["folder"] + "statistics.json"


def test_a_batch_belongs_to_the_time_it_was_predicted_at(services: Services) -> None:
    """An execution that failed began it, and a later one published it."""
    publish(services, "late", MIDNIGHT - DAY + timedelta(hours=1))
    (item,) = [sk for sk in services.dynamodb.items if sk.startswith("EXECUTION#")]
    services.dynamodb.items["EXECUTION#2026-03-05T00:10:00.000Z#batch-inference#late"] = (
        services.dynamodb.items.pop(item)
    )
    yesterday, today = plan()["windows"]
    assert (bool(yesterday["job"]), bool(today["job"])) == (True, False)


def test_a_batch_that_was_delivered_twice_counts_once(services: Services) -> None:
    publish(services, "twice", MIDNIGHT + timedelta(minutes=5))
    services.dynamodb.items["EXECUTION#2026-03-05T00:08:00.000Z#batch-inference#again"] = next(
        item for sk, item in services.dynamodb.items.items() if sk.startswith("EXECUTION#")
    )
    *_, today = plan()["windows"]
    assert len(services.s3.json(today["plan"])["monitor"]["published"]) == 1


def test_batches_whose_plan_is_gone_are_monitored_without_their_rows(services: Services) -> None:
    publish(services, "new", MIDNIGHT + timedelta(minutes=5))
    services.s3.objects.pop("b/runs/new/0/plan.json")
    *_, today = plan()["windows"]
    assert services.s3.json(today["raw"]) == [{"prefix": "s3://b/"}, today["plan"].removeprefix("s3://b/")]


def later(days: int) -> dict[str, Any]:
    """The planner's payload of the execution of so many days later."""
    started = {"id": "x", "started_at": f"{NOW + days * DAY:%Y-%m-%dT%H:%M:%S.000Z}"}
    return {**event(BATCH), "execution": started}


def planned_and_recorded(services: Services, days: int) -> list[str]:
    """Names of the windows with a job that a start of so many days later plans; all are recorded then."""
    given = later(days)
    windows = handler.handler(given, None)["windows"]
    for window in windows:
        found = recorded(window, monitor="batch", **({"rows": 9} if window["job"] else {}))
        item = encode(replace(found.item, announced=NOW.isoformat()))
        services.dynamodb.items[found.item.sk] = {name: {"S": text} for name, text in item.items()}
    return [window["id"] for window in windows if window["job"]]


@pytest.mark.parametrize("beside", [False, True])
def test_a_batch_that_is_published_days_after_its_window_was_recorded_is_monitored(
    services: Services, beside: bool
) -> None:
    if beside:
        publish(services, "in-time", MIDNIGHT + timedelta(hours=-2))
    assert len(planned_and_recorded(services, 0)) == int(beside)
    assert planned_and_recorded(services, 2) == []
    publish(services, "late", MIDNIGHT - timedelta(hours=1), late=2 * DAY + timedelta(hours=1))
    (window,) = planned_and_recorded(services, 3)
    assert window.startswith("20260304T000000Z")
    assert planned_and_recorded(services, 4) == []
