import pytest

from jobs.errors import InputError
from jobs.folders import Folders
from jobs.monitoring.reference import read_previous, read_reference
from mdlc_constructs.settings.payloads.job_plan import PackageSection
from mdlc_constructs.settings.payloads.moments import Interval
from tests.jobs.monitoring.windows import RUN, Window, rows, write_statistics

PACKAGE = PackageSection(arn="a", version=7, run=RUN)


def test_the_baseline_of_a_package(window: Window) -> None:
    found = read_reference(window.folder / "baseline", PACKAGE)
    assert found.metrics == {"auc": 0.72, "accuracy": 0.66}
    assert found.notes == () and found.sample is None


def test_one_of_another_run_is_refused(window: Window) -> None:
    package = PackageSection(arn="a", version=8, run="ffff")
    with pytest.raises(InputError, match=f"The baseline is of run {RUN}, version 8 was made by run ffff"):
        read_reference(window.folder / "baseline", package)


def test_one_carried_over_from_model_monitor(window: Window) -> None:
    folder = window.folder / "carried"
    write_statistics(folder / "statistics.json", rows(50), run=None)
    found = read_reference(folder, PACKAGE)
    assert found.metrics == {} and found.performance == {}
    assert ["does not say which training run" in found.notes[0], "no performance.json" in found.notes[1]] == [
        True
    ] * 2


def test_one_that_is_not_there_or_no_json(window: Window) -> None:
    with pytest.raises(InputError, match=r"No statistics.json in the baseline"):
        read_reference(window.folder / "program", PACKAGE)
    for text, said in (("{", "is not JSON"), ("[]", "holds no JSON object")):
        (window.folder / "baseline" / "statistics.json").write_text(text)
        with pytest.raises(InputError, match=rf"statistics.json {said}"):
            read_reference(window.folder / "baseline", PACKAGE)


def test_the_window_before(window: Window) -> None:
    from dataclasses import replace

    settings = window.settings()
    assert read_previous(window.folders(), settings) == (None, [])
    settings = replace(settings, previous=Interval(start="a", end="b"))
    found, notes = read_previous(window.folders(), settings)
    assert found is None and notes == [
        "The window before left no statistics: nothing is said about the change since."
    ]
    write_statistics(window.folder / "previous" / "statistics.json", rows(20))
    found, notes = read_previous(window.folders(), settings)
    assert found and found["dataset"]["item_count"] == 20 and notes == []
    nowhere = Folders(input_base=window.folder / "none", output_base=window.folder)
    assert read_previous(nowhere, settings)[0] is None
