import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.cli import COMMANDS, main, parser
from tests.jobs.batches import Batch, rows


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The container contract's folder, laid out elsewhere."""
    base = tmp_path / "opt-ml"
    base.mkdir()
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    return base


def write_plan(batch: Batch) -> Path:
    path = batch.folder / "plan.json"
    path.write_text(json.dumps(batch.document()))
    return path


def test_by_hand_with_options(filled: Batch, sagemaker: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = write_plan(filled)
    options = ["--input", str(filled.data), "--output", str(filled.folder / "out"), "--memory", "200MB"]
    assert main(["quality", "--plan", str(plan), *options]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True
    assert filled.output("report", "report.html").exists()


def test_help_says_what_the_cap_on_memory_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    told = {}
    for command in ("quality", "evaluate"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        told[command] = " ".join(capsys.readouterr().out.split())
    assert "Metrics take 150 to 250 MB a million rows beside it" in told["evaluate"]
    assert "beside it" not in told["quality"]


def test_named_folders(filled: Batch, sagemaker: Path) -> None:
    plan = write_plan(filled)
    program = filled.folder / "elsewhere"
    options = ["--input", f"data={filled.data}", "--output", f"program={program}"]
    assert main(["features", "--plan", str(plan), *options]) == 0
    assert (program / "program.json").exists()
    assert (sagemaker / "processing" / "output" / "split" / "manifest.json").exists()


def test_on_sagemaker_everything_is_found_and_a_message_is_left(filled: Batch, sagemaker: Path) -> None:
    inputs = sagemaker / "processing" / "input"
    (inputs / "plan").mkdir(parents=True)
    (inputs / "data").symlink_to(filled.data)
    (inputs / "plan" / "plan.json").write_text(json.dumps(filled.document()))
    assert main(["quality"]) == 0
    text = (sagemaker / "output" / "message").read_text()
    assert len(text.encode()) <= 1024
    assert json.loads(text)["rows"] == 300


def test_a_failing_batch_is_a_verdict_with_exit_status_nought(batch: Batch, sagemaker: Path) -> None:
    batch.write("a.csv", rows()[:3])
    options = [
        "--plan",
        str(write_plan(batch)),
        "--input",
        str(batch.data),
        "--output",
        str(batch.folder / "o"),
    ]
    assert main(["quality", *options]) == 0
    assert json.loads((sagemaker / "output" / "message").read_text())["passed"] is False


def test_broken_inputs_are_exit_status_one_with_a_sentence(
    filled: Batch, sagemaker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = write_plan(filled)
    filled.write("one.csv", "changed")
    assert main(["quality", "--plan", str(plan), "--input", str(filled.data)]) == 1
    assert "error: one.csv has 7 bytes" in capsys.readouterr().err
    assert json.loads((sagemaker / "output" / "message").read_text())["passed"] is False


def test_a_surprise_leaves_its_reason_and_its_traceback(
    filled: Batch, sagemaker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr("jobs.commands.quality.run", fail)
    with pytest.raises(RuntimeError, match="disk on fire"):
        main(["quality", "--plan", str(write_plan(filled)), "--input", str(filled.data)])
    assert "RuntimeError: disk on fire" in (sagemaker / "output" / "message").read_text()


def test_what_the_machine_lacks_fails_the_job_and_is_no_verdict(
    filled: Batch, sagemaker: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/opt/ml/processing/tmp/x")

    monkeypatch.setattr("jobs.commands.quality.write_json", full)
    # A failed job is no completed one, whose message would be taken for a verdict and remembered.
    assert main(["quality", "--plan", str(write_plan(filled)), "--input", str(filled.data)]) == 1
    (reason,) = json.loads((sagemaker / "output" / "message").read_text())["reasons"]
    assert reason.startswith("The job could not go on, the disk is full: give the job a larger volume")
    assert f"error: {reason}" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_each_job_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "--plan" in shown
    assert "Inputs: plan" in shown


def test_help_needs_no_dependency() -> None:
    program = (
        "import sys; sys.modules['duckdb'] = sys.modules['numpy'] = None\n"
        "from jobs.cli import main\n"
        "main(['quality', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "check a batch of data" in done.stdout.lower()


def test_data_jobs_need_neither_numpy_nor_matplotlib() -> None:
    program = (
        "import sys; sys.modules['numpy'] = sys.modules['matplotlib'] = None\n"
        "import jobs.commands.quality, jobs.commands.features, jobs.commands.prepare, jobs.commands.check"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
