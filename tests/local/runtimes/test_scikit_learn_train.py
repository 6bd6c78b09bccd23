"""The stand-in of the scikit-learn image's training runs as a process of a Python without packages."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from mdlc_local.runtimes.scikit_learn_train import arguments, read_hyperparameters
from tests.local.embedded import PACKAGE

SCRIPT = PACKAGE / "runtimes" / "scikit_learn_train.py"
TRAINS = """
import json, os, pathlib, sys
import own
seen = {name: value for name, value in os.environ.items() if name.startswith("SM_")}
pathlib.Path(os.environ["SM_MODEL_DIR"], "seen.json").write_text(json.dumps([sys.argv, seen, os.getcwd()]))
"""


def train(base: Path, files: dict[str, str], **given: Any) -> "subprocess.CompletedProcess[str]":
    config, channel = base / "input" / "config", base / "input" / "data" / "code"
    config.mkdir(parents=True)
    channel.mkdir(parents=True)
    with tarfile.open(channel / "abc.tgz", "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    texts = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": str(channel / "abc.tgz"),
        "sagemaker_container_log_level": "20",
        "depth": "3",
        "word": '"1e3"',
        **given,
    }
    texts = {name: text for name, text in texts.items() if text is not None}
    (config / "hyperparameters.json").write_text(json.dumps(texts))
    (config / "inputdataconfig.json").write_text(json.dumps({"train": {}, "code": {}}))
    (config / "resourceconfig.json").write_text(
        json.dumps({"current_host": "algo-1", "hosts": ["algo-1"], "current_instance_type": "ml.m5.large"})
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT)],
        env={"PATH": os.environ["PATH"], "SAGEMAKER_BASE_DIR": str(base)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_gets_what_the_image_gives_it(tmp_path: Path) -> None:
    done = train(tmp_path, {"train.py": TRAINS, "own.py": ""})
    assert done.returncode == 0, done.stderr
    words, seen, folder = json.loads((tmp_path / "model" / "seen.json").read_text())
    assert words == ["train.py", "--depth", "3", "--word", "1e3"]
    assert folder == str(tmp_path / "code")
    assert seen["SM_CHANNEL_TRAIN"] == str(tmp_path / "input" / "data" / "train")
    assert json.loads(seen["SM_CHANNELS"]) == ["code", "train"]
    assert json.loads(seen["SM_HPS"]) == {"depth": 3, "word": "1e3"}
    assert (seen["SM_HP_DEPTH"], seen["SM_USER_ENTRY_POINT"]) == ("3", "train.py")
    assert (seen["SM_OUTPUT_DIR"], seen["SM_NUM_GPUS"]) == (str(tmp_path / "output"), "0")
    assert json.loads(seen["SM_FRAMEWORK_PARAMS"]) == {"sagemaker_container_log_level": 20}


@pytest.mark.parametrize(
    ("files", "given", "code", "reason"),
    [
        ({"train.py": "raise SystemExit(4)"}, {}, 4, "the script ended with exit code 4"),
        ({"train.py": ""}, {"sagemaker_program": None}, 1, "sagemaker_program is missing"),
        ({"other.py": ""}, {}, 1, "sagemaker_program='train.py': the code holds no such file"),
        ({}, {"sagemaker_submit_directory": "s3://b/x.tgz"}, 1, "an archive in S3 is not fetched locally"),
        ({}, {"sagemaker_submit_directory": "/gone"}, 1, "there is neither an archive nor a folder"),
        ({"requirements.txt": ""}, {}, 1, "requirements.txt of the code: packages are not installed locally"),
    ],
)
def test_a_failure_has_a_reason(
    tmp_path: Path, files: dict[str, str], given: dict[str, Any], code: int, reason: str
) -> None:
    assert train(tmp_path, files, **given).returncode == code
    assert reason in (tmp_path / "output" / "failure").read_text()


def test_hyperparameters_are_read_and_passed_as_the_toolkit_does() -> None:
    values = read_hyperparameters(
        {"a": "1", "bb": "x", "cc": "true", "dd": "null", "e": '{"k": 1, "a": "b"}'}
    )
    assert values == {"a": 1, "bb": "x", "cc": True, "dd": None, "e": {"k": 1, "a": "b"}}
    assert arguments(values) == ["-a", "1", "--bb", "x", "--cc", "True", "--dd", "", "-e", "a=b,k=1"]
