import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdlc_local.sagemaker.containers import opt_ml
from mdlc_local.sagemaker.faults import JobFailedError
from tests.local.embedded import start
from tests.local.sagemaker.conftest import make_lab
from tests.local.sagemaker.lab import table


@pytest.fixture
def rewriting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(opt_ml.SWITCH, "rewrite")
    opt_ml.literal.cache_clear()
    yield
    opt_ml.literal.cache_clear()


def test_places_below_opt_ml(tmp_path: Path) -> None:
    assert opt_ml.inside("/opt/ml/processing/input", tmp_path) == tmp_path / "processing" / "input"
    for path in ("/etc/passwd", "/opt/ml/../../etc", "/opt/mlx", "relative"):
        with pytest.raises(JobFailedError, match="must lie below /opt/ml/"):
            opt_ml.inside(path, tmp_path)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/opt/ml/processing/x", "/job/processing/x"),
        ("--in=/opt/ml", "--in=/job"),
        ("/opt/ml/a:/opt/ml/b", "/job/a:/job/b"),
        ("/opt/mlx", "/opt/mlx"),
        ("/data/opt/ml/x", "/data/opt/ml/x"),
        ("plain", "plain"),
    ],
)
def test_paths_are_rewritten(text: str, seen: str) -> None:
    assert opt_ml.rewritten(text, Path("/job")) == seen


@pytest.mark.usefixtures("rewriting")
def test_the_portable_way(tmp_path: Path) -> None:
    assert not opt_ml.literal()
    argv = opt_ml.command(["python3", "/opt/ml/code/main.py"], tmp_path, isolate=True)
    assert argv == ["python3", f"{tmp_path}/code/main.py"]
    assert opt_ml.environment({"DATA": "/opt/ml/input", "N": "1"}, tmp_path) == {
        "DATA": f"{tmp_path}/input",
        "N": "1",
        "SAGEMAKER_BASE_DIR": str(tmp_path),
    }


def test_a_job_finds_its_folder_whichever_way(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "here").write_text("found")
    argv = opt_ml.command(["cat", "/opt/ml/model/here"], tmp_path, isolate=False)
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == "found"


def test_isolation_cuts_off_the_network_where_it_is_promised(tmp_path: Path) -> None:
    code = "import socket; s = socket.socket(); s.settimeout(2); print(s.connect_ex(('192.0.2.1', 9)))"
    argv = opt_ml.command([sys.executable, "-c", code], tmp_path, isolate=True)
    answer = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    unreachable = "101"
    assert (answer == unreachable) or not opt_ml.literal(isolate=True)


@pytest.mark.usefixtures("rewriting")
def test_jobs_run_where_opt_ml_cannot_be_had(tmp_path: Path, images_file: Path) -> None:
    server = start(tmp_path, "--images", str(images_file))
    try:
        lab = make_lab(server)
        code = (
            'import os, sys\nbase = os.environ["SAGEMAKER_BASE_DIR"]\n'
            'assert sys.argv[1] == base + "/processing/output/result", sys.argv\n'
            'open(sys.argv[1] + "/a", "w").write("written")\n'
        )
        request = lab.processing(code)
        request["AppSpecification"]["ContainerArguments"] = ["/opt/ml/processing/output/result"]
        ended = lab.run("processing", request)
        assert ended["ProcessingJobStatus"] == "Completed", ended
        assert lab.get(f"{request['ProcessingJobName']}/result/a") == "written"
        trained = lab.run("training", lab.training({"train": lab.put("t/a.csv", table(50))}))
        assert trained["TrainingJobStatus"] == "Completed", trained
        scored = lab.transform(lab.echo_model(), lab.put("s/a.csv", "1\n"))
        assert lab.run("transform", scored)["TransformJobStatus"] == "Completed"
    finally:
        server.end()
