import json
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import fleet
from benchmarks.month import Rates
from benchmarks.sample import Sample
from mdlc_constructs.settings.budget import Budget

SMALL = Rates(flapping=0, storms=1)


@pytest.fixture(scope="module")
def found() -> fleet.SimulatedMonth:
    return fleet.lived(20, Budget(jobs=2, instances=4), SMALL)


def test_a_small_month_keeps_its_budget_and_does_its_work(found: fleet.SimulatedMonth) -> None:
    counts = found.outcome.counts
    assert counts["retrainings"] > 60
    assert counts["retrainings"] < counts["triggers"] < counts["deliveries"]
    assert found.checks > 500
    assert (found.max_jobs, found.max_instances) == (2, 4), "the budget was used up, and never more"
    assert len(found.outcome.waits) == counts["retrainings"]


def test_tables_show_the_months_numbers(found: fleet.SimulatedMonth) -> None:
    console = Console(width=110)
    with console.capture() as capture:
        for table in (fleet.counted_table(found), fleet.waited_table(found), fleet.cost_table(found)):
            console.print(table)
    text = capture.get()
    assert f"{found.outcome.counts['deliveries']:,}" in text
    assert "2 of 2 jobs, 4 of 4 instances" in text
    assert f"{sum(found.paid.values()):.4f}" in text


def test_a_sample_is_shown_by_workflow_and_outcome() -> None:
    sample = Sample(models=1, starts=2, time_scale=50, looks=70, most=1)
    sample.add("retraining", "Succeeded", ("Begin",) * 17)
    sample.add("retraining", "Duplicate", ("Begin",) * 5)
    sample.add("training", "Succeeded", ("Plan",) * 14)
    console = Console(width=110)
    with console.capture() as capture:
        console.print(fleet.sample_table(sample))
    text = " ".join(capture.get().split())
    assert "1 models started 2 times each" in text and "retraining, Succeeded" in text and "17" in text
    assert "1 trainings; at most 1 of 1 job held in 70 looks" in text


def test_the_numbers_are_json(found: fleet.SimulatedMonth) -> None:
    content = json.loads(json.dumps(fleet.to_json(found)))
    assert content["counts"]["retrainings"] == found.outcome.counts["retrainings"]
    assert content["dollars"]["tables"] > 0


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.95, 3), (1.0, 3), (0.0, 1)])
def test_a_percentile_is_one_of_the_times(share: float, expected: int) -> None:
    times = [timedelta(hours=hours) for hours in (3, 1, 2)]
    assert fleet.at(share, times) == timedelta(hours=expected)
    assert fleet.at(share, []) == timedelta(0)


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.json"
    monkeypatch.setattr("sys.argv", ["fleet", "--models", "1", "--json", str(path)])
    fleet.main()
    assert "A month of 1 models" in capsys.readouterr().out
    assert json.loads(path.read_text())["models"] == 1
