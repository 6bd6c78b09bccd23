"""Which scripts need the packages of the scikit-learn image, and which environment has them."""

from pathlib import Path

import pytest

from mdlc_local.sagemaker.containers.script_mode import needs_packages, preparation

VARIABLES = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
WHOLE = "import json, own\ndef input_fn(): ...\ndef predict_fn(): ...\ndef output_fn(): ...\n"


@pytest.mark.parametrize(
    ("serve", "own", "needed"),
    [
        (WHOLE, "import math", False),
        (WHOLE, "from . import numpy\nfrom .numpy import x", False),
        ("def transform_fn(): ...", "", False),
        (WHOLE, "import numpy.linalg", True),
        (WHOLE, "def f():\n    from sklearn import tree", True),
        (WHOLE, "import pickle", True),
        ("def model_fn(): ...\ndef input_fn(): ...", "", True),
        ("no python :", "", True),
    ],
)
def test_a_script_of_the_standard_library_needs_none(
    tmp_path: Path, serve: str, own: str, needed: bool
) -> None:
    code = tmp_path / "model" / "code"
    code.mkdir(parents=True)
    (code / "serve.py").write_text(serve)
    (code / "own.py").write_text(own)
    assert needs_packages(tmp_path, VARIABLES) is needed


def test_a_container_without_a_script_needs_none(tmp_path: Path) -> None:
    assert not needs_packages(tmp_path, {})
    assert not needs_packages(tmp_path, VARIABLES)
    assert not needs_packages(tmp_path, {**VARIABLES, "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/x"})


def test_the_environment_is_that_of_the_images_version() -> None:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn"
    for tag, lock in (("1.9-0-cpu-py3", "1.9"), ("1.4-2-py312-cpu-py3", "1.4"), ("1.2-1-cpu-py3", "1.4")):
        made = preparation(f"{image}:{tag}", ("make",))
        assert made.what.startswith(f"scripts on scikit-learn {tag}: scikit-learn {lock}.")
        assert made.command[0] == "make"
        assert Path(made.command[1]).name == f"requirements-sklearn-{lock}.lock"
        assert Path(made.command[1]).is_file()
