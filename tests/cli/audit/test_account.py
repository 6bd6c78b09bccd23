from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.audit import account
from mdlc_cli.predictions import decided, published
from mdlc_cli.predictions.prediction import Prediction
from mdlc_client import audit, registered
from tests.cli.fakes import FakeTarget
from tests.cli.life import GROUP, LIFE, REPORT, package
from tests.cli.predictions.test_decided import RECORD, tables
from tests.cli.predictions.test_published import PLAN, RUN
from tests.cli.stored import read_here, stored

TRAINED = {
    "data": {
        "uri": "s3://bucket/raw/training/",
        "files": [{"name": "a", "size": 1000}, {"name": "b", "size": 234}],
    },
    "split": {
        "intervals": {"train": {"start": None, "end": "2026-01-01"}},
        "fractions": None,
        "window": {"start": None, "end": None},
    },
}


def decision() -> Prediction:
    found = decided.find(tables(b=RECORD), ["b"], "q1")
    assert found is not None
    return found


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> FakeTarget:
    read_here(monkeypatch)
    known = {f"{GROUP}/{version}": package(version) for version in (2, 3)}
    monkeypatch.setattr(registered, "describe", lambda target, arn: known.get(arn, {}))
    objects = {
        "runs/run-2026-02-03/x/plan.json": json.dumps(TRAINED).encode(),
        "runs/run-2026-02-05/x/plan.json": json.dumps(PLAN).encode(),
        "raw/batch/b.csv": b"id,x\nk1,7\n",
    }
    return FakeTarget(clients={"s3": stored(objects)})


def told(found: account.Account) -> dict[str, dict[str, str]]:
    return {title: dict(rows) for title, rows in account.sections(found)}


def test_a_decision_is_told_from_its_rule_to_the_report_that_led_to_its_version(target: FakeTarget) -> None:
    said = told(account.of(target, decision(), LIFE))
    assert list(said) == [
        "Answer", "Decision", "Training of version 2", "Evaluation and approval", "Why it was trained",
        "Release to the endpoint",
    ]  # fmt: skip
    assert said["Answer"]["row"] == '{"x": 1}' and said["Answer"]["score"] == "0.75"
    assert said["Decision"]["rule"] == "bands[1]" and said["Decision"]["rules version"] == "first@abc"
    trained = said["Training of version 2"]
    assert trained["data"] == "2 files, 1,234 bytes in s3://bucket/raw/training/"
    assert trained["window"] == "from 2025-12-01"
    assert trained["holdout"] == "from 2026-01-15"
    assert trained["split"] == "by time: train until 2026-01-01"
    assert trained["trained"] == "2026-02-03 00:00:00 to 2026-02-03 01:00:00 UTC"
    assert trained["hyperparameters"] == "num_round 200" and trained["job code"] == "jobs-1.zip"
    assert (trained["image"], trained["code version"], trained["data version"]) == (
        "image@sha256:1", "c1", "data-2026-02-03",
    )  # fmt: skip
    judged = said["Evaluation and approval"]
    assert judged["metrics"] == "auc 0.72" and judged["gate"] == "passed"
    assert judged["status"] == "Approved" and judged["because"] == "The gate passed."
    assert judged["last changed by"] == "arn:aws:iam::0:role/decides, 2026-01-01 00:40:00 UTC"
    assert judged["registered by"].startswith(account.NOBODY)
    rows = dict(account.sections(account.of(target, decision(), LIFE)))["Why it was trained"]
    assert [value for name, value in rows if name == "trigger"] == [
        "drift: tenure drifted (2026-02-02 01:00:00 UTC)",
        "schedule: weekly (2026-02-02 01:05:00 UTC)",
    ]
    assert ("report", REPORT) in rows
    assert said["Release to the endpoint"]["replaced"] == "version 1"


def test_a_version_that_was_sent_back_says_so(target: FakeTarget) -> None:
    answered = replace(decision(), version=3, at="2026-03-02T00:30:00+00:00")
    said = told(account.of(target, answered, LIFE))
    assert said["Release to the endpoint"]["outcome"] == "Failed: RolledBack"
    assert said["Why it was trained"] == {"trigger": "started manually"}


def test_a_fallback_has_a_rule_and_no_version(target: FakeTarget) -> None:
    said = told(account.of(target, replace(decision(), version=None, score=None), LIFE))
    assert list(said) == ["Answer", "Decision", "Note"]
    assert said["Note"] == {"": "no version of the model answered"}


def test_a_batchs_prediction_has_its_row_and_no_endpoint(target: FakeTarget) -> None:
    record: dict[str, Any] = {
        "inference_id": "i1", "row_key": "k1", "score": 0.25, "predicted_at": "2026-02-05",
        "model_package_version": 2,
    }  # fmt: skip
    place = "s3://bucket/predictions/b1/parts/part-00001.parquet"
    said = told(account.of(target, published.record(record, RUN, place), LIFE))
    assert (said["Answer"]["row"], said["Answer"]["row from"]) == (
        '{"id": "k1", "x": "7"}',
        "s3://bucket/raw/batch/b.csv",
    )
    assert said["Answer"]["execution arn"] == RUN["execution_arn"]
    assert "Release to the endpoint" not in said


def test_an_answer_without_a_version_has_the_one_that_served(target: FakeTarget) -> None:
    answered = Prediction(
        prediction_id="c1", kind="endpoint", model="churn", place="p", at="2026-02-20T00:00:00Z"
    )
    found = account.of(target, answered, LIFE)
    assert found.lineage is not None and found.lineage.version == 2
    assert told(found)["Note"] == {"": account.BY_TIME}
    early = account.of(target, replace(answered, at="2025-01-01T00:00:00Z"), LIFE)
    assert told(early)["Note"] == {"": "the version that answered is not known"}


def test_what_is_not_recorded_any_more_is_said(target: FakeTarget) -> None:
    answered = replace(decision(), version=9)
    notes = account.of(target, answered, LIFE).notes
    assert notes == (
        "version 9 is not in the registry (any more)",
        "no training that registered version 9 is in the audit table",
    )


def test_who_decided_and_why_is_said_with_the_judgement(target: FakeTarget) -> None:
    item = {
        "pk": "MODEL#churn", "sk": "APPROVAL#2", "decision": "Approved", "reason": "good",
        "decided_by": "arn:aws:iam::0:user/ada", "decided_at": "2026-02-03T02:00:00.000Z",
    }  # fmt: skip
    judged = told(account.of(target, decision(), [*LIFE, item]))["Evaluation and approval"]
    assert judged["decided"] == "approved by user/ada on 2026-02-03 02:00: good"
    assert judged["decided by"] == "arn:aws:iam::0:user/ada" and "because" not in judged
    elsewhere = {**item, "decision": "Rejected"}
    told_elsewhere = told(account.of(target, decision(), [*LIFE, elsewhere]))
    assert "decided" not in told_elsewhere["Evaluation and approval"]


def test_everything_is_json(target: FakeTarget, tmp_path: Path) -> None:
    text = json.dumps(account.of(target, decision(), LIFE).to_json(), default=audit.plain)
    content = json.loads(text)
    assert content["lineage"]["triggers"][0]["report"] == REPORT
    assert content["prediction"]["row"] == {"x": 1}
    assert content["data"]["files"] == 2


def test_splits_of_earlier_plans_are_read_too() -> None:
    train = {"start": None, "end": "2026-01-01"}
    assert account._data({"split": {"train": train}}, {})["split"] == {"train": train}
    assert account._data({"split": {"fractions": {"train": 1}}}, {})["split"] == {"fractions": {"train": 1}}
