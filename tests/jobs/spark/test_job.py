import json
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.database import literal, parquet
from jobs.errors import InputError
from jobs.spark import job
from jobs.statistics.baseline import statistics
from jobs.statistics.drift import drift
from mdlc_constructs.resources.bundles import job_code
from tests.jobs.spark.sessions import ROOT, SMALL, environment, spark_python


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    # As a pattern the first folder's name means the second one.
    path, other = tmp_path / "rows[1]" / "{a}*.parquet", tmp_path / "rows1" / "a.parquet"
    values = "SELECT range::DOUBLE AS x, CASE WHEN range % 3 = 0 THEN 'a' ELSE 'b' END AS c FROM range(300)"
    for target, query in ((path, values), (other, f"{values} WHERE range < 3")):
        target.parent.mkdir()
        duckdb.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
    return path


@pytest.mark.slow
def test_a_submitted_job_writes_what_the_other_engine_computes(rows: Path, tmp_path: Path) -> None:
    python = spark_python()
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW t AS FROM {parquet(rows)}")
    kinds = {"x": "number", "c": "category", "gone": "number"}
    before = statistics(connection, "t", {"x": "number", "c": "category"})
    before["features"].append({**before["features"][0], "name": "gone"})
    before["features"][1]["string_statistics"]["distribution"]["categorical"]["buckets"][0]["value"] = "z"
    (tmp_path / "before?.json").write_text(json.dumps(before))
    # Outside of the repository: what is not in the zip is not there.
    variables = environment() | {"PYTHONPATH": "", "PYSPARK_PYTHON": str(python)}
    subprocess.run(
        [
            *(python.parent / "spark-submit", "--master", "local[1]"),
            *(word for name, value in SMALL.items() for word in ("--conf", f"{name}={value}")),
            *("--py-files", job_code().path, ROOT / "jobs" / "spark" / "job.py"),
            *("--rows", rows.parent, "--baseline", tmp_path / "before?.json", "--output", tmp_path / "made"),
        ],
        env=variables,
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    made: dict[str, Any] = {
        path.name: json.loads(path.read_text()) for path in (tmp_path / "made").glob("*.json")
    }
    del kinds["gone"]
    assert made["statistics.json"] == statistics(connection, "t", kinds)
    assert made["constraints.json"]["features"][1]["string_constraints"] == {"domains": ["a", "b"]}
    assert made["drift.json"] == json.loads(json.dumps(drift(connection, "t", before).to_json()))
    assert made["drift.json"]["drifted"] == ["c", "gone"]


@pytest.mark.parametrize("given", [{}, {"baseline": "b", "kinds": "k"}])
def test_a_baseline_or_kinds_are_needed(given: dict[str, str]) -> None:
    named: dict[str, str | None] = {"baseline": None, "kinds": None} | given
    with pytest.raises(InputError, match="--baseline"):
        job.run(None, "rows", "output", **named)


def test_the_command_line_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        job.main(["--output", "somewhere"])
    assert "--rows" in capsys.readouterr().err


def test_without_java_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="openjdk-17-jre-headless"):
        spark_python()
