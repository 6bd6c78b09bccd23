import json
import math
from dataclasses import replace

from jobs.findings import Finding
from jobs.monitoring.drift_comparison import compare
from jobs.monitoring.reference import read_reference
from jobs.monitoring.summary import MAX_SENTENCES, MonitoringResult, plain, report, summary, verdict
from tests.jobs.monitoring.windows import FEATURES, Window, opened


def found(window: Window) -> MonitoringResult:
    with opened(window) as read:
        reference = read_reference(window.folder / "baseline", read.settings.package)
        return MonitoringResult(
            plan=read.plan,
            settings=read.settings,
            served=read.served,
            labels=read.labels,
            reference=reference,
            drifting=compare(read.connection, read.settings, read.served, FEATURES, reference, None),
        )


def test_numbers_are_for_json() -> None:
    assert plain({"a": (1.23456789, math.nan, math.inf, 3, True, None, "x"), 4: [0.1 + 0.2]}) == {
        "a": [1.23457, None, None, 3, True, None, "x"],
        "4": [0.3],
    }


def test_all_columns_together_may_drift_where_none_does(served: Window) -> None:
    quiet = found(served)
    assert not quiet.drifted and quiet.reasons == []
    joint = {"auc": 0.7, "low": 0.68, "high": 0.72, "drifted": True, "top": [["amount", 0.2]]}
    moved = replace(quiet, joint={**joint, "rows": [9, 9], "reason": "Told apart."})
    assert moved.drifted and moved.columns == []
    assert moved.reasons == ["Told apart."]
    assert summary(moved).joint == joint
    assert report(moved)["joint"]["rows"] == [9, 9]
    assert verdict(moved).passed is True


def test_only_failing_findings_fail_quality(served: Window) -> None:
    mild = Finding(rule="r", message="mild", fails=False)
    assert summary(replace(found(served), findings=[mild])).quality == {"passed": True, "reasons": []}
    bad = replace(found(served), findings=[mild, Finding(rule="r", message="bad")])
    assert summary(bad).quality == {"passed": False, "reasons": ["bad"]}
    assert len(report(bad)["quality"]["findings"]) == 2


def test_the_summary_is_cut_and_the_report_is_not(served: Window) -> None:
    many = replace(found(served), notes=[f"note {number}" for number in range(200)])
    assert len(summary(many).notes) == MAX_SENTENCES
    assert len(report(many)["notes"]) == 200
    assert json.loads(json.dumps(report(many), allow_nan=False)) == report(many)


def test_metrics_of_late_classes_stay_in_the_summary_where_an_alarm_names_them(served: Window) -> None:
    whole = found(served)
    names = tuple(f"c{number:03d}" for number in range(120))
    value = {"value": 0.5, "low": 0.4, "high": 0.6}
    settings = replace(whole.settings, names=names, by_class=("recall:c110",))
    metrics = {"accuracy": value, **{f"recall:{name}": value for name in names}}
    changes = dict.fromkeys(metrics, "worse")
    cut = summary(replace(whole, settings=settings, metrics=metrics, changes=changes)).accuracy
    assert cut is not None
    for kept in (cut.metrics, cut.changes):
        assert list(kept) == ["accuracy", *(f"recall:{name}" for name in names[:100]), "recall:c110"]
