from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from lambdas.triggers.coalescing import TriggerEvent
from lambdas.triggers.store import TriggerStore
from mdlc_client import family, lineage
from mdlc_constructs import OnRequest, SlidingWindow
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.retraining.machine import retraining_machine
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings
from mdlc_constructs.workflows.training.machine import training_machine
from scripts.draw_workflows import releases, trainings
from tests.cli.life import BACK, CLOCK, DRIFT, GROUP, LIFE, RETRAINED, execution, trained, trigger
from tests.lambdas.dynamodb import FakeDynamoDB
from tests.lambdas.leasing import START


def test_a_version_leads_to_its_training_its_retraining_and_its_triggers() -> None:
    found = lineage.of(list(reversed(LIFE)), "churn", 2)
    assert found.package_arn == f"{GROUP}/2"
    assert found.training["execution_arn"] == "arn:training-2026-02-03"
    assert found.retraining == RETRAINED
    assert found.triggers == (DRIFT, CLOCK)
    assert found.release["config"] == "churn-2"


def test_an_execution_that_found_the_version_did_not_make_it() -> None:
    assert lineage.training_of(LIFE, 1)["started_at"].startswith("2026-01-01")
    assert lineage.training_of(LIFE, 9) == {}
    assert lineage.retraining_of(LIFE, lineage.training_of(LIFE, 1), 1) == {}


def test_of_a_training_by_hand_its_own_reason_is_what_led_to_it() -> None:
    (told,) = lineage.of(LIFE, "churn", 1).triggers
    assert (told["trigger"], told["reason"]) == ("manual", "first")
    assert lineage.of(LIFE, "churn", 3).triggers == ()


def test_triggers_are_found_by_who_claimed_them_while_the_retraining_is_not_recorded() -> None:
    claimed = [
        trigger(f"2026-02-02T0{n}:00:00.000Z", f"r{n}", claimed_by="q1", report="s3://r") for n in (2, 1)
    ]
    items = [one for one in LIFE if one is not RETRAINED] + [*claimed, trigger("2026-02-02T03", "other")]
    told = lineage.of(items, "churn", 2).triggers
    assert [one["reason"] for one in told] == ["r1", "r2"]
    assert told[0]["report"] == "s3://r"


@pytest.mark.parametrize(
    ("version", "at", "expected"),
    [
        (2, None, "arn:release-2026-02-04"),
        (2, "2026-02-04T00:30:00.123456+00:00", "arn:release-2026-02-04"),
        (2, "2026-02-03T23:00:00+00:00", None),
        # A version that was rolled back answered while its release ran.
        (3, "2026-03-02T00:30:00", BACK["execution_arn"]),
        (3, None, None),
    ],
)
def test_the_release_of_an_answer_is_the_last_that_had_begun(
    version: int, at: str | None, expected: str | None
) -> None:
    assert lineage.release_of(LIFE, version, at).get("execution_arn") == expected


def test_releases_that_did_nothing_brought_nothing() -> None:
    later = [
        execution("release", f"2026-02-0{n}", outcome, version=2)
        for n, outcome in ((6, "Unchanged"), (7, "Superseded"))
    ]
    assert lineage.release_of([*LIFE, *later], 2, "2026-02-09")["execution_arn"] == "arn:release-2026-02-04"


def test_the_version_that_served_at_a_moment() -> None:
    assert lineage.version_at(LIFE, "2026-01-02T00:30:00Z") is None
    assert lineage.version_at(LIFE, "2026-01-09T00:00:00Z") == 1
    assert lineage.version_at(LIFE, "2026-03-02T00:30:00Z") == 2


def test_a_run_is_what_published_first_and_the_newest_run_comes_first() -> None:
    again = execution(
        "batch-inference", "2026-02-06", "Unchanged", version=2, manifest="m", run="run-2026-02-05"
    )
    other = execution(
        "batch-inference", "2026-02-07", version=2, manifest="s3://bucket/predictions/b2/manifest.json"
    )
    runs = lineage.batch_runs([again, other, *LIFE])
    assert [one["execution_arn"] for one in runs] == [
        "arn:batch-inference-2026-02-07",
        "arn:batch-inference-2026-02-05",
    ]


def test_windows_without_rows_kept_none() -> None:
    assert [one["start"][:10] for one in lineage.windows(LIFE)] == ["2026-02-09", "2026-02-01"]


def test_the_bucket_is_where_results_are() -> None:
    assert lineage.bucket_of(LIFE) == "bucket"
    assert lineage.bucket_of([trained("2026-01-01", 1, program="", evaluation="")]) is None


def recorded(machine: Machine) -> set[str]:
    """The attributes of the item that a machine records."""
    arguments: Any = getattr(machine.state("RecordAudit"), "arguments", {})
    item = arguments["Item"] if "Item" in arguments else arguments["TransactItems"][0]["Put"]["Item"]
    return set(item)


def test_what_is_read_is_what_the_machines_record() -> None:
    window = SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=7))
    settings = RetrainingSettings(model="m", triggers=(OnRequest(),), window=window)
    assert recorded(retraining_machine(settings)) >= set(RETRAINED) - {"version"}
    assert recorded(training_machine(trainings())) >= set(trained("2026-01-01", 1))
    assert recorded(release_machine(releases())) >= {
        "package_arn",
        "version",
        "endpoint",
        "config",
        "replaced",
    }


def test_a_noted_trigger_is_one_that_waits() -> None:
    table = FakeDynamoDB()
    fired = TriggerEvent(
        event_id="e", trigger="drift", reason="x drifted", at=START, priority=2, report="s3://r"
    )
    TriggerStore(dynamodb=table, table="audit", model="churn").record(fired, START)
    plain: Any = TypeDeserializer().deserialize
    items = [{name: plain(value) for name, value in item.items()} for item in table.items.values()]
    (waiting,) = family.of("churn", items, []).waiting
    assert {name: waiting[name] for name in ("trigger", "reason", "report")} == {
        "trigger": "drift", "reason": "x drifted", "report": "s3://r",
    }  # fmt: skip
