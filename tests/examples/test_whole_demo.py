"""The demo on the real flights, twice, as `make demo` runs it: trained, scored, served, a broken version sent
back; then found as it was left.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from examples.flight_delay import demo
from mdlc_cli.aws import local

pytestmark = pytest.mark.slow

REPOSITORY = Path(demo.__file__).resolve().parents[2]
FLIGHTS_OF_DECEMBER = 28_135


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for the demo, so that a local AWS that runs in this clone is left alone."""
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} {REPOSITORY / 'app.py'}"}))
    shutil.copy(REPOSITORY / "mdlc.toml", tmp_path)
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    yield tmp_path
    local.down(tmp_path)


def test_the_demo_serves_what_it_trained_and_finds_nothing_to_do_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = demo.main()
    shown = capsys.readouterr().out
    assert status == 0, shown
    results = project / ".mdlc" / "demo"
    report = json.loads((results / "evaluation" / "report.json").read_text())
    # A broken pipeline falls below, a leak rises above.
    assert 0.66 <= report["metrics"]["challenger"]["auc"]["value"] <= 0.72
    assert report["passed"] is True
    assert (results / "evaluation" / "evaluation.png").stat().st_size > 10_000
    predictions = f"{results / 'predictions'}/parts/*.parquet"
    counted = duckdb.execute(f"SELECT count(*), count(DISTINCT row_key) FROM read_parquet('{predictions}')")
    assert counted.fetchone() == (FLIGHTS_OF_DECEMBER, FLIGHTS_OF_DECEMBER)
    for words in (
        "Gate       passed",
        "Package    version 1",
        "started by the approval of version 1",
        "Every score is the one of batch inference",
        "requests, 0 without an answer",
        "version 2 Rejected: RolledBack",
        "What to try next",
    ):
        assert words in shown

    status = demo.main()
    shown = capsys.readouterr().out
    assert status == 0, shown
    assert "unchanged since the last run: nothing was trained" in shown
    assert "not needed: version 1 serves" in shown
    assert "Version 2 was rolled back in an earlier run of this demo" in shown
