"""What the template's README shows, done."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.containers.python.conftest import train
from tests.containers.python.running import (
    TEMPLATE,
    copy_with_model,
    lay_out,
    running,
)
from tests.docs import markdown

README = TEMPLATE / "README.md"
MODEL, CLIENT = markdown.blocks(README, "python")


@pytest.mark.slow
def test_the_commands_serve_and_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = markdown.blocks(README, "sh")
    *assigned, program, script = shlex.split(line)
    assert (program, script) == ("python", "serve.py")
    variables = dict(word.split("=") for word in assigned)
    assert variables.pop("SAGEMAKER_BASE_DIR") == "ml"
    train(tmp_path / "ml")
    assert variables == {"MDLC_BIND_HOST": "127.0.0.1"}
    with running(tmp_path / "ml") as container:
        asked = CLIENT.replace(":8080", f":{container.port}").replace("0.5,1.25,3", "0.5,1.25")
        done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert 0 < float(done.stdout) < 1


@pytest.mark.slow
def test_the_other_model_is_served_as_written(tmp_path: Path) -> None:
    program = copy_with_model(tmp_path / "image", MODEL)
    joblib = """
import numpy
class Trees:
    def predict_proba(self, rows):
        return numpy.array([[1 - row[0], row[0]] for row in rows])
def load(path):
    assert path.name == "model.joblib"
    return Trees()
"""
    (program.parent / "joblib.py").write_text(joblib)  # only what the block calls, not the package
    with running(lay_out(tmp_path, {}), program, SAGEMAKER_MODEL_SERVER_WORKERS="1") as container:
        assert container.ask(b"0.25,1\n0.5,2\n") == (200, "0.25\n0.5\n")


def test_every_link_leads_to_a_file() -> None:
    assert all((README.parent / link).exists() for link in markdown.links(README))


DOCUMENT = TEMPLATE.parents[1] / "docs" / "onnx.md"


def test_the_image_holds_what_the_program_needs() -> None:
    dockerfile = (TEMPLATE / "Dockerfile").read_text()
    (copied,) = re.findall(r"^COPY (serve\.py .*) \./$", dockerfile, flags=re.MULTILINE)
    held = {*copied.split(), "serving", "requirements.lock"}
    held |= {"requirements-onnx.in", "requirements-onnx.lock"}  # in place of the others, for a model in ONNX
    assert "COPY serving serving" in dockerfile and "COPY ${LOCK} ." in dockerfile
    assert "ARG LOCK=requirements.lock\n" in dockerfile and "--requirement ${LOCK}\n" in dockerfile
    (argument,) = re.findall(r"--build-arg LOCK=(\S+)", dockerfile)
    assert (TEMPLATE / argument).is_file()
    for said in (TEMPLATE / "README.md", TEMPLATE / "serving" / "onnx_model.py", DOCUMENT):
        assert f"--build-arg LOCK={argument}" in said.read_text()
    beside = {path.name for path in TEMPLATE.iterdir() if path.name != "__pycache__"}
    beside -= {name for name in beside if name.startswith("requirements-")}
    # The template of a team's own containers lies beside; resources/containers.py lays its image out.
    own = {"container.py", "mdlc_container", "own.Dockerfile", "own.local-image.json", "starter"}
    assert beside - held - own == {
        "Dockerfile",
        "README.md",
        "local-image.json",
        "pack.py",
        "requirements.in",
    }
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", dockerfile, flags=re.MULTILINE)
    assert entry == '["python", "/opt/program/serve.py"]'
