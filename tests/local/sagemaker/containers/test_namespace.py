import subprocess
import sys
from pathlib import Path

from mdlc_local.sagemaker.containers import namespace, opt_ml

SCRIPT = [sys.executable, "-I", "-S", str(Path(namespace.__file__))]


def test_the_rest_of_opt_stays_and_the_host_sees_nothing(tmp_path: Path) -> None:
    before = sorted(path.name for path in Path("/opt").iterdir()) if Path("/opt").is_dir() else []
    ran = subprocess.run([*SCRIPT, str(tmp_path), "ls", "/opt"], capture_output=True, text=True)
    if opt_ml.literal():
        assert sorted(ran.stdout.split()) == sorted({*before, "ml"})
    else:
        assert ran.returncode == namespace.REFUSED
    after = sorted(path.name for path in Path("/opt").iterdir()) if Path("/opt").is_dir() else []
    assert after == before


def test_what_the_job_writes_lands_in_the_folder(tmp_path: Path) -> None:
    argv = opt_ml.command(["sh", "-c", "echo 1 > /opt/ml/written"], tmp_path, isolate=False)
    subprocess.run(argv, check=True)
    assert (tmp_path / "written").read_text() == "1\n"


def test_the_exit_status_is_the_commands(tmp_path: Path) -> None:
    argv = opt_ml.command(["sh", "-c", "exit 7"], tmp_path, isolate=False)
    assert subprocess.run(argv).returncode == 7
