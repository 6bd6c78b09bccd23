import re
from typing import Any

import pytest

from jobs.errors import PlanError
from jobs.monitoring.settings import read_settings
from jobs.plan import parse_plan
from mdlc_constructs.settings.payloads.moments import Interval
from tests.jobs.monitoring.windows import Window


def test_what_a_plan_says(window: Window) -> None:
    window.label([])
    given = {
        "run": "r",
        "package_version": 7,
        "predicted_at": "2024-03-01T01:00:00Z",
        "parts": ["p"],
        "raw": ["f"],
    }
    document = window.document(kind="batch", published=[given], thresholds={"psi": 0.2}, segments=["who"])
    document["previous"] = {"window": {"start": "a", "end": "b"}}
    settings = read_settings(parse_plan(document))
    assert (settings.kind, settings.by, settings.segments) == ("batch", "row_key", ("who",))
    assert settings.package.version == 7 and settings.thresholds.psi == 0.2
    assert settings.published[0].parts == ("p",)
    assert settings.previous == Interval(start="a", end="b")


@pytest.mark.parametrize(
    ("monitor", "said"),
    [
        ({"kind": "stream"}, "monitor.rules.kind is 'stream': give 'endpoint' or 'batch'."),
        (
            {"window": {"start": "2024-01-01"}},
            "monitor.window={'start': '2024-01-01', 'end': None}",
        ),
        (
            {"labels": {"by": "name", "format": "csv"}},
            "monitor.labels.by is 'name': give 'row_key' or 'inference_id' or 'entity_and_time'.",
        ),
        ({"segments": ["whom"]}, "monitor.rules.segments: the dataset has no column 'whom'."),
        ({"bootstrap": -1}, "monitor.rules.bootstrap=-1: give a whole number from 0."),
        ({"thresholds": {"psi": 0}}, "monitor.rules.thresholds.psi=0: give a number above 0"),
        ({"thresholds": {"alpha": 1.0}}, "monitor.rules.thresholds.alpha=1.0: give a number above 0"),
        ({"published": [{"run": "r"}]}, "monitor.published[0].package_version is missing"),
    ],
)
def test_what_cannot_be(window: Window, monitor: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=re.escape(said)):
        window.settings(**monitor)


def test_a_plan_of_another_workflow(window: Window) -> None:
    document = window.document()
    del document["monitor"]
    with pytest.raises(PlanError, match="monitor=None: the data job needs"):
        read_settings(parse_plan(document))


def test_entities_need_a_column(window: Window) -> None:
    with pytest.raises(PlanError, match="name entity and timestamp, or join by inference_id"):
        window.settings(dataset={"entity": None}, labels={"by": "entity_and_time", "format": "csv"})


def test_the_version_must_be_known(window: Window) -> None:
    document = window.document()
    document["package"] = {"arn": "a"}
    with pytest.raises(PlanError, match=r"package\.version is missing"):
        read_settings(parse_plan(document))
