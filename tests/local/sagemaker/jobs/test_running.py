import signal
import subprocess
import time
from pathlib import Path

from tests.local.embedded import start
from tests.local.sagemaker.conftest import make_lab
from tests.local.sagemaker.lab import Lab


def test_a_completed_jobs_folder_goes_and_a_failed_jobs_stays(lab: Lab) -> None:
    folders = lab.server.state_dir / "jobs"
    done = lab.run("processing", lab.processing("print(1)"))
    broken = lab.run("processing", lab.processing("raise SystemExit(1)"))
    assert not list(folders.glob(f"{done['ProcessingJobName']}-*"))
    (kept,) = folders.glob(f"{broken['ProcessingJobName']}-*")
    assert (kept / "ml" / "processing" / "input" / "code" / "main.py").exists()


def test_jobs_do_not_outlive_a_server_that_was_killed(tmp_path: Path, images_file: Path) -> None:
    server = start(tmp_path, "--images", str(images_file))
    lab = make_lab(server)
    request = lab.processing("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(120)")
    lab.sagemaker.create_processing_job(**request)
    logs = tmp_path / "logs" / "sagemaker" / "ProcessingJobs" / request["ProcessingJobName"]
    deadline = time.monotonic() + 20
    while not (found := [path.read_text() for path in logs.glob("*") if path.stat().st_size]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    while lives(int(found[0])) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not lives(int(found[0]))


def lives(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")
