import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from mdlc_local.sagemaker.containers import built_in
from mdlc_local.sagemaker.containers.images import Images

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"


def written(path: Path, text: str) -> Images:
    path.write_text(text)
    return Images.read(path)


def test_xgboost_is_built_in() -> None:
    runtime = Images.read(None).find(XGBOOST)
    assert runtime.python == sys.executable
    assert runtime.train[0] == "python3" and runtime.train[-2:] == ("xgboost", "train")
    assert runtime.serve[-2:] == ("xgboost", "serve")
    assert Path(runtime.train[1], "__main__.py").is_file()
    assert runtime.metrics is not None and not runtime.is_built_in
    assert runtime.environment == {"OMP_WAIT_POLICY": "PASSIVE"}


def test_scikit_learn_runs_on_the_python_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no local runtime is registered"):
        Images.read(None).find(SKLEARN)
    content: dict[str, Any] = {
        "scikit-learn": {"python": "/venv/bin/python", "environment": {"PIP_FIND_LINKS": "/wheels"}}
    }
    runtime = written(tmp_path / "images.json", json.dumps(content)).find(SKLEARN)
    assert runtime.python == "/venv/bin/python"
    assert runtime.environment == {"PIP_FIND_LINKS": "/wheels"}
    assert runtime.serve[:2] == ("python3", "-P")
    assert Path(runtime.serve[2]).name == "scikit_learn.py" and Path(runtime.serve[2]).is_file()
    content["scikit-learn"]["serve"] = ["mine"]
    assert written(tmp_path / "images.json", json.dumps(content)).find(SKLEARN).serve == ("mine",)


def test_registered_images_come_first_and_may_be_toml(tmp_path: Path) -> None:
    text = '[[images]]\nmatch = "sagemaker-xgboost:3"\ntrain = ["mine", "fit"]\n'
    images = written(tmp_path / "images.toml", text)
    assert images.able_to(XGBOOST, "train").train == ("mine", "fit")
    with pytest.raises(ValueError, match=r"sagemaker-xgboost:3\.0-5' has no 'serve' command: register one"):
        images.able_to(XGBOOST, "serve")


def test_an_unknown_image_is_named_with_the_remedy() -> None:
    with pytest.raises(
        ValueError,
        match=re.escape("'example.com/mine:1': register one as a [[local.images]] table of mdlc.toml"),
    ):
        Images.read(None).find("example.com/mine:1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read"),
        ("[]", "must hold an object"),
        ('{"images": [{"train": ["a"]}]}', "an entry needs 'match'"),
        ('{"images": [{"match": "a", "trian": ["a"]}]}', r"not \['trian'\]"),
        ('{"images": [{"match": "("}]}', "is no regular expression"),
    ],
)
def test_a_file_that_holds_something_else(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        written(tmp_path / "images.json", text)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Images.read(tmp_path / "none.json")


def test_built_in_algorithms_run_on_an_interpreter_that_is_made(tmp_path: Path) -> None:
    image = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
    with pytest.raises(ValueError, match="'kmeans' needs the command 'prepare' of the images file"):
        Images.read(None).find(image)
    images = written(tmp_path / "images.json", json.dumps({"prepare": ["make", "it"]}))
    runtime = images.find(image)
    assert runtime.train[-2:] == ("kmeans", "train") and runtime.serve[-2:] == ("kmeans", "serve")
    assert runtime.preparation is not None
    assert runtime.preparation.command[:2] == ("make", "it")
    assert Path(runtime.preparation.command[2]).is_file()
    assert re.fullmatch(r"kmeans: scikit-learn [\d.]+, \d+ MB", runtime.preparation.what)
    with pytest.raises(ValueError, match="no local runtime is registered"):
        images.find("000000000000.dkr.ecr.us-east-1.amazonaws.com/kmeans:1")


@pytest.mark.parametrize("name", built_in.WITHOUT)
def test_built_in_algorithms_without_a_stand_in_are_refused_by_name(name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"'{name}' .* has no local stand-in: register one as a \[\[local.images"
    ):
        Images.read(None).find(f"382416733822.dkr.ecr.us-east-1.amazonaws.com/{name}:1")


def test_an_entry_may_make_its_interpreter(tmp_path: Path) -> None:
    entry = {"match": "mine", "train": ["python3", "x"], "prepare": ["make"]}
    runtime = written(tmp_path / "images.json", json.dumps({"images": [entry]})).find("mine")
    assert runtime.preparation is not None and runtime.preparation.command == ("make",)
    both = json.dumps({"images": [{**entry, "python": "/p"}]})
    with pytest.raises(ValueError, match="'mine' has python and prepare: keep one of them"):
        written(tmp_path / "images.json", both)
