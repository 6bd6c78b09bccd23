import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import drift, drift_data
from benchmarks.drift import ALL, EVIDENTLY, OURS, WINDOW, Difference, Took


def took(cpu: float, wall: float, peak: int) -> Took:
    return Took(cpu_seconds=cpu, wall_seconds=wall, peak_bytes=peak)


@pytest.mark.slow
def test_ours_in_small_counts_the_process_and_every_column(tmp_path: Path) -> None:
    pair = drift_data.wide(tmp_path, 50_000)
    found = drift.measure([pair], [OURS, ALL, WINDOW], tmp_path, rounds=1)
    for rounds in found.values():
        (one,) = rounds
        assert one.cpu_seconds > 0 and one.wall_seconds > 0 and 20e6 < one.peak_bytes < drift.GOAL_BYTES
    preset = json.loads(drift.answer_of(OURS, pair, tmp_path).read_text())
    assert len(preset) == drift_data.COLUMNS
    assert preset["c0"]["wasserstein"] == pytest.approx(drift_data.SHIFTED, abs=0.2)
    everything, alone = (
        json.loads(drift.answer_of(name, pair, tmp_path).read_text()) for name in (ALL, WINDOW)
    )
    assert everything == alone and len(everything["columns"]) == drift_data.COLUMNS
    assert {"c0", "c10", "c20", "c30", "c40"} >= set(everything["drifted"]) > set()


def test_statistics_further_off_than_they_say_stop_it() -> None:
    ours = {"x": {"wasserstein": 0.5, "bound": 0.1}, "c": {"jensen_shannon": 0.25, "bound": 0.0}}
    theirs = {"x": {"wasserstein": 0.45}, "c": {"jensen_shannon": 0.25}}
    found = drift.differences(ours, theirs)
    assert found["c"] == Difference(statistic="jensen_shannon", value=0.25, difference=0.0, bound=0.0)
    assert found["x"].difference == pytest.approx(0.05)
    with pytest.raises(AssertionError, match="c: jensen_shannon is off"):
        drift.differences(ours, theirs | {"c": {"jensen_shannon": 0.26}})
    with pytest.raises(AssertionError, match="columns differ"):
        drift.differences(ours, {"x": {"wasserstein": 0.45}})


def test_ratios_are_medians_of_rounds_and_the_table_shows_the_best() -> None:
    found = {
        (OURS, "p"): [took(1, 2, 100_000_000), took(2, 2, 100_000_000), took(1, 1, 90_000_000)],
        (EVIDENTLY, "p"): [took(10, 20, 500_000_000), took(10, 30, 500_000_000), took(30, 40, 450_000_000)],
    }
    assert drift.ratios(found, EVIDENTLY, "p") == {"cpu": 10, "wall": 15, "memory": 5}
    written = io.StringIO()
    Console(width=120, file=written).print(drift.table(found))
    assert all(cell in written.getvalue() for cell in (EVIDENTLY, "10.00", "20.00", "500", "1.00", "100"))
