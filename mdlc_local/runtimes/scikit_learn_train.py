"""The local replacement of training on SageMaker's scikit-learn image: ``python -P scikit_learn_train.py``.

Unpacks the code of ``sagemaker_submit_directory``, sets the ``SM_`` variables, and runs ``sagemaker_program``
in the folder of the code with the other hyperparameters as arguments, as the image does. Nothing is
installed: a ``requirements.txt`` or ``setup.py`` is refused. Follows aws/sagemaker-training-toolkit
(environment.py, entry_point.py, files.py, mapping.py). Needs only the standard library.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
CODE = BASE / "code"

_OWN = ("sagemaker_program", "sagemaker_submit_directory", "_tuning_objective_metric")
_PREFIX = "sagemaker_"


class TrainingError(Exception):
    """An error that the user can correct; its text becomes the job's FailureReason."""


def read_hyperparameters(texts: Mapping[str, str]) -> dict[str, Any]:
    """The hyperparameters, each read as JSON where it is JSON."""
    values: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


def arguments(values: Mapping[str, Any]) -> list[str]:
    """The script's command-line arguments: sorted, with one dash before names of one letter."""
    words = []
    for name in sorted(values):
        value = values[name]
        if isinstance(value, dict):
            value = ",".join(f"{key}={item}" for key, item in sorted(value.items()))
        words += [f"--{name}" if len(name) > 1 else f"-{name}", "" if value is None else str(value)]
    return words


def unpack(source: str, program: str) -> None:
    """Put the code into the folder of the code.

    Raises:
        TrainingError: when it is not there, or the image would install packages for it.
    """
    CODE.mkdir(parents=True, exist_ok=True)
    if source.startswith("s3://"):
        raise TrainingError(
            f"sagemaker_submit_directory={source!r}: an archive in S3 is not fetched locally; give it as a "
            "channel, and its path below /opt/ml/input/data"
        )
    path = Path(source)
    if path.is_dir():
        shutil.copytree(path, CODE, dirs_exist_ok=True)
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(CODE, filter="data")
    else:
        raise TrainingError(
            f"sagemaker_submit_directory={source!r}: there is neither an archive nor a folder"
        )
    for name in ("requirements.txt", "setup.py"):
        if (CODE / name).exists():
            raise TrainingError(f"{name} of the code: packages are not installed locally; leave it out")
    if not (CODE / program).is_file():
        raise TrainingError(f"sagemaker_program={program!r}: the code holds no such file")


def variables(values: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, str]:
    """The ``SM_`` variables of the training environment."""
    config = BASE / "input" / "config"
    channels = json.loads((config / "inputdataconfig.json").read_text())
    resources = json.loads((config / "resourceconfig.json").read_text())
    cores = os.cpu_count() or 1
    environment: dict[str, Any] = {
        "hosts": resources["hosts"],
        "network_interface_name": resources.get("network_interface_name", "eth0"),
        "hps": dict(values),
        "user_entry_point": own["sagemaker_program"],
        "framework_params": {name: value for name, value in own.items() if name not in _OWN},
        "resource_config": resources,
        "input_data_config": channels,
        "output_data_dir": str(BASE / "output" / "data"),
        "output_intermediate_dir": str(BASE / "output" / "intermediate"),
        "channels": sorted(channels),
        "current_host": resources["current_host"],
        "current_instance_type": resources.get("current_instance_type"),
        "module_name": str(own["sagemaker_program"]).removesuffix(".py"),
        "module_dir": own["sagemaker_submit_directory"],
        "log_level": own.get("sagemaker_container_log_level", 20),
        "input_dir": str(BASE / "input"),
        "input_config_dir": str(config),
        "output_dir": str(BASE / "output"),
        "model_dir": str(BASE / "model"),
        "num_cpus": cores,
        "num_gpus": 0,
        "user_args": arguments(values),
        **{f"channel_{name}": str(BASE / "input" / "data" / name) for name in channels},
        **{f"hp_{name}": value for name, value in values.items()},
    }
    return {f"SM_{name.upper()}": _text(value) for name, value in environment.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


def train() -> int:
    """Run the script; returns its exit code.

    Raises:
        TrainingError: when the job does not say what to run.
    """
    values = read_hyperparameters(json.loads((BASE / "input/config/hyperparameters.json").read_text()))
    own = {name: value for name, value in values.items() if name in _OWN or name.startswith(_PREFIX)}
    values = {name: value for name, value in values.items() if name not in own}
    for name in _OWN[:2]:
        if not isinstance(own.get(name), str):
            raise TrainingError(f"hyperparameters: {name} is missing; it says what the image runs")
    program = own["sagemaker_program"]
    unpack(own["sagemaker_submit_directory"], program)
    (BASE / "model").mkdir(exist_ok=True)
    print(f"Invoking user training script {program}", flush=True)
    environment = {**os.environ, **variables(values, own), "PYTHONPATH": str(CODE)}
    command = [sys.executable, program, *arguments(values)]
    child = subprocess.Popen(command, cwd=CODE, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child.wait()


def main() -> int:
    """Train; returns the exit status, after writing the reason of a failed training."""
    try:
        code = train()
        reason = f"ExecuteUserScriptError: the script ended with exit code {code}"
    except TrainingError as error:
        code, reason = 1, str(error)
        print(error, file=sys.stderr)
    if code != 0:
        failure = BASE / "output" / "failure"
        failure.parent.mkdir(parents=True, exist_ok=True)
        if not failure.exists():
            failure.write_text(reason)
    return code


if __name__ == "__main__":
    sys.exit(main())
