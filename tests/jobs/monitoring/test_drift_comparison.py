from jobs.column_tests import ColumnTest
from jobs.monitoring.drift_comparison import VIEW, column_summaries, compare, main_finding
from jobs.monitoring.reference import read_reference
from jobs.statistics.drift import ColumnDrift, DriftReport
from mdlc_constructs.settings.payloads.job_plan import Thresholds
from tests.jobs.monitoring.windows import FEATURES, Window, event, opened, rows


def finding(test: str, effect: float, p_value: float) -> ColumnTest:
    return ColumnTest(test=test, effect=effect, threshold=0.1, p_value=p_value, message=test)


def test_the_finding_that_says_most() -> None:
    quiet = ColumnDrift(
        name="a", verdict="quiet", findings=(finding("x", 0.01, 0.5), finding("y", 0.05, 0.2))
    )
    assert main_finding(quiet, 0.01) == quiet.findings[1]
    loud = ColumnDrift(name="a", verdict="drift", findings=(finding("x", 0.9, 0.5), finding("y", 0.2, 0.001)))
    assert main_finding(loud, 0.01) == loud.findings[1]
    assert main_finding(ColumnDrift(name="a", verdict="unknown"), 0.01) is None


def test_the_worst_column_comes_first() -> None:
    columns = (
        ColumnDrift(name="unknown", verdict="unknown"),
        ColumnDrift(name="quiet", verdict="quiet", findings=(finding("x", 0.9, 0.5),)),
        ColumnDrift(name="some", verdict="drift", findings=(finding("x", 0.2, 0.0),)),
        ColumnDrift(name="most", verdict="drift", findings=(finding("x", 0.4, 0.0),)),
    )
    report = DriftReport(rows=1, baseline_rows=1, columns=columns, thresholds=Thresholds())
    short = column_summaries(report)
    assert list(short) == ["most", "some", "quiet", "unknown"]
    assert short["most"] == {"verdict": "drift", "effect": 0.4, "threshold": 0.1, "p_value": 0.0}
    assert short["unknown"]["effect"] is None


def test_the_window_against_the_baseline_and_the_one_before(window: Window) -> None:
    made = rows(300)
    window.capture(event(row) for row in made)
    with opened(window) as read:
        reference = read_reference(window.folder / "baseline", read.settings.package)
        found = compare(read.connection, read.settings, read.served, FEATURES, reference, None)
        assert found.last is None and found.baseline.rows == 300 and not found.baseline.drifted
        assert found.statistics and found.statistics["dataset"]["item_count"] == 300
        assert [row[0] for row in read.query(f"DESCRIBE {VIEW}")] == [*FEATURES, "score"]
        again = compare(read.connection, read.settings, read.served, FEATURES, reference, found.statistics)
        assert again.last and not again.last.drifted
