"""Containers from a team's directory: what is read of it without running it, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdlc_constructs import CustomContainer, Dataset
from mdlc_constructs.resources import bundles
from mdlc_constructs.settings.algorithms import code_folder

STARTERS = bundles.source("containers")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STARTERS / "python" / "starter", tmp_path / "model"))


@pytest.fixture
def r(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STARTERS / "r" / "starter", tmp_path / "model-r"))


def table(**more: Any) -> Dataset:
    columns = {"at": "timestamp", "a": "number", "b": "category", "y": "number", "w": "number"}
    more = {"task": "regression", "label": "y", "timestamp": "at", "calendar": ("hour",), **more}
    return Dataset.csv("s3://bucket/raw/", columns=columns, **more)


def test_the_starters_are_accepted(python: Path, r: Path) -> None:
    own = CustomContainer.python(python, hyperparameters={"ridge": 1})
    assert (own.language, own.directory, own.texts) == ("python", python, {"ridge": "1"})
    assert replace(own, environment={"A": "b"}).texts == own.texts
    assert CustomContainer.r(str(r), hyperparameters={"ridge": 0.5}).texts == {"ridge": "0.5"}


def test_the_names_of_the_columns_travel_in_variables(python: Path) -> None:
    own = CustomContainer.python(python, environment={"A": "b"}).for_dataset(table(weight="w"))
    assert own.environment["A"] == "b"
    assert json.loads(own.environment["MDLC_RECORDS_1"]) == {
        "columns": ["a", "b", "at_hour"],
        "label": "y",
        "weighted": True,
        "task": "regression",
        "classes": [],
    }


def test_long_names_are_divided_and_too_many_are_refused(python: Path) -> None:
    def wide(number: int) -> CustomContainer:
        names = {f"a_rather_long_name_{index:04d}": "number" for index in range(number)}
        data = Dataset.csv("s3://bucket/raw/", task="regression", label="y", columns={**names, "y": "number"})
        return CustomContainer.python(python).for_dataset(data)

    parts = dict(wide(100).environment)
    assert len(parts) == 6 and all(len(value) <= 512 for value in parts.values())
    assert len(json.loads("".join(parts[f"MDLC_RECORDS_{n}"] for n in range(1, 7)))["columns"]) == 100
    with pytest.raises(ValueError, match=r"1000 features.*name fewer in Dataset\(features=...\)"):
        wide(1000)


def test_a_task_that_it_does_not_do_is_refused(python: Path) -> None:
    with pytest.raises(ValueError, match=r"task='forecast'.*use CustomImage"):
        CustomContainer.python(python).check_task("forecast")


def test_its_variables_are_the_workflows(python: Path) -> None:
    own = CustomContainer.python(python, environment={"MDLC_RECORDS_1": "{}"})
    with pytest.raises(ValueError, match="the workflow sets this variable"):
        own.for_dataset(table())


TRAIN = "def train(rows, label, *, rounds: int = 3, deep: bool = False, stopping):\n    return 1\n"
RIDGE = "def train(rows, label, *, ridge: float = 0.1):\n    return 1\n"
PREDICT = "def predict(model, rows):\n    return []\n"


@pytest.mark.parametrize(
    ("text", "given", "reason"),
    [
        ("def train(:\n", {}, r"model\.py, line 1: "),
        (PREDICT, {}, "model.py has no function train"),
        (TRAIN, {}, "model.py has no function predict"),
        (TRAIN + "def predict(rows):\n    return []\n", {}, "must take two arguments: model and rows"),
        (TRAIN.replace(": int", "") + PREDICT, {}, "no type: annotate it with int, float, bool, str"),
        (TRAIN.replace("rounds", "_rounds") + PREDICT, {}, "SageMaker's own begin with _.*name it rounds"),
        (TRAIN.replace(": int", ": list") + PREDICT, {}, "has the type list: annotate it"),
        (TRAIN.replace(" = 3", "") + PREDICT, {}, "needs rounds: give it, or a default"),
        (TRAIN + PREDICT, {"round": 3}, "did you mean 'rounds'"),
        (TRAIN + PREDICT, {"rounds": 0.5}, "declares it as int"),
        (TRAIN + PREDICT, {"rounds": True}, "declares it as int"),
        (TRAIN + PREDICT, {"deep": 1}, "declares it as bool"),
        (TRAIN + PREDICT, {"rounds": "many"}, "declares it as int"),
        (RIDGE + PREDICT, {"ridge": float("nan")}, "ridge=nan: give a finite number"),
        (RIDGE + PREDICT, {"ridge": "nan"}, "declares it as float"),
        (RIDGE + PREDICT, {"ridge": None}, "give a number, a text, True or False"),
        (RIDGE + PREDICT, {1: 2}, "the name of a hyperparameter is a text"),
        ("def train(rows):\n    pass\n" + PREDICT, {"a": 1}, "has no keyword-only parameters; write one"),
        ("def train():\n    pass\n" + PREDICT, {}, "train in model.py must take rows, and label"),
        ("def train(a, b, c):\n    pass\n" + PREDICT, {}, "train in model.py must take rows, and label"),
        ("A = 1\n\0" + PREDICT, {}, r"model\.py: source code string cannot contain null bytes\."),
        (TRAIN + PREDICT, {"stopping": 1}, "the template itself fills this parameter"),
    ],
)
def test_functions_that_do_not_fit_are_named(text: str, given: Any, reason: str, python: Path) -> None:
    (python / "model.py").write_text(text)
    with pytest.raises(ValueError, match=reason):
        CustomContainer.python(python, hyperparameters=given)


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        (
            None,
            "it holds no requirements.lock: write the packages into requirements.in and run `uv pip compile",
        ),
        ("uvicorn\n", "does not lock 'uvicorn' to a version and hashes"),
        ("uvicorn==1.0\n", "does not lock 'uvicorn==1.0'"),
        (
            "# made by uv\nuvicorn==1 \\\n    --hash=sha256:00\nPandas==2 --hash=sha256:00  # via\n",
            "lacks uvloop, httptools, which the server",
        ),
    ],
)
def test_a_lock_that_is_none_is_named(lock: str | None, reason: str, python: Path) -> None:
    (python / "requirements.lock").unlink()
    if lock is not None:
        (python / "requirements.lock").write_text(lock)
    with pytest.raises(ValueError, match=reason):
        CustomContainer.python(python)


def test_names_of_the_template_are_the_templates(python: Path) -> None:
    (python / "serving.py").touch()
    with pytest.raises(ValueError, match="the name serving is the template's"):
        CustomContainer.python(python)


@pytest.mark.parametrize(
    ("script", "packages", "reason"),
    [
        (None, None, "it holds no model.R"),
        ("#* @post /invocations\np <- function(m, r) 1\n", None, "no function train"),
        ("train <- function( ) 1\n", None, "train in model.R must take rows, and label"),
        ("train <- \\(rows, label) 1\n", None, "has no lines"),
        ("train <- function(rows, label) 1\n", None, "has no lines `#. @post /invocations`"),
        ("train = function(r, l) 1\n#* @post /invocations\n#* @post /invocations\n", None, "has 2 lines"),
        ("library(ranger)\n", None, "add the line r-cran-ranger to packages.txt"),
        ("x <- data.table::fread\n", "# none\n", "the R package data.table.*r-cran-data.table"),
        ("", "r-cran-ranger; rm -rf /\n", "is no name of a Debian package"),
    ],
)
def test_r_code_that_does_not_fit_is_named(
    script: str | None, packages: str | None, reason: str, r: Path
) -> None:
    good = (r / "model.R").read_text()
    if script is None:
        (r / "model.R").unlink()
    else:
        (r / "model.R").write_text(script if "train" in script or "post" in script else script + good)
    if packages is not None:
        (r / "packages.txt").write_text(packages)
    with pytest.raises(ValueError, match=reason):
        CustomContainer.r(r)


def test_packages_that_are_listed_may_be_used(r: Path) -> None:
    (r / "packages.txt").write_text("r-cran-ranger\n")
    text = "library(ranger)  # and library(none) in a comment\nstats::lm\nlibrary(jsonlite)\n"
    (r / "model.R").write_text(text + (r / "model.R").read_text())
    CustomContainer.r(r)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"directory": None}, "directory=None: give the path of the folder"),
        ({"directory": ""}, "directory='': give the path of the folder"),
        ({"hyperparameters": ["ridge"]}, "hyperparameters=.*: give a dict"),
        ({"hyperparameters": "ridge=1"}, "hyperparameters='ridge=1': give a dict"),
        ({"environment": "A=b"}, "environment='A=b': give a dict"),
    ],
)
def test_arguments_of_another_kind_are_named(given: dict[str, Any], reason: str, python: Path) -> None:
    for make in (CustomContainer.python, CustomContainer.r):
        with pytest.raises(ValueError, match=reason):
            make(**{"directory": python, **given})


@pytest.mark.parametrize("name", ["model.py", "requirements.lock"])
def test_a_file_in_another_encoding_is_named(name: str, python: Path) -> None:
    (python / name).write_bytes(b"# one\n# caf\xe9\n")
    with pytest.raises(ValueError, match=f"{name}, line 2 is no UTF-8: save the file"):
        CustomContainer.python(python)


@pytest.mark.parametrize("name", ["model.R", "parts/a.R", "packages.txt"])
def test_so_are_those_of_r(name: str, r: Path) -> None:
    (r / "parts").mkdir()
    (r / name).write_bytes(b"# one\n# caf\xe9\n")
    with pytest.raises(ValueError, match=f"{name}, line 2 is no UTF-8: save the file"):
        CustomContainer.r(r)


@pytest.mark.parametrize(("task", "said"), [("regression", "has a label"), ("cluster", "has no label")])
def test_train_takes_the_label_that_the_data_has(task: str, said: str, python: Path) -> None:
    takes = "rows" if task == "regression" else "rows, label"
    (python / "model.py").write_text(f"def train({takes}):\n    return 1\n{PREDICT}")
    columns = {"a": "number", "y": "number"}
    more: dict[str, Any] = {"label": "y"} if task == "regression" else {}
    data = Dataset.csv("s3://bucket/raw/", task=task, columns=columns, **more)
    with pytest.raises(ValueError, match=f"the dataset {said}, and train in model.py takes"):
        CustomContainer.python(python).for_dataset(data)


def test_links_out_of_the_folder_and_data_are_refused(
    python: Path, r: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, make in ((python, CustomContainer.python), (r, CustomContainer.r)):
        (folder / "notes").symlink_to("/etc/hostname")
        with pytest.raises(ValueError, match=r"directory='notes': is a link out of the folder"):
            make(folder)
        (folder / "notes").unlink()
        monkeypatch.setattr(code_folder, "MAX_BYTES", 1)
        with pytest.raises(ValueError, match="keep data out of it, in the dataset"):
            make(folder)
        monkeypatch.undo()


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    for make in (CustomContainer.python, CustomContainer.r):
        with pytest.raises(ValueError, match="there is no such folder"):
            make(tmp_path / "none")
    with pytest.raises(ValueError, match=r"begin with `mdlc container python"):
        CustomContainer.python(tmp_path)
