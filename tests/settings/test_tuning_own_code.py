"""The ranges of a container or a script of the team's own are those that its code takes."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from mdlc_constructs import (
    Algorithm,
    Categorical,
    Compute,
    Continuous,
    CustomContainer,
    Integer,
    Script,
    Tuning,
)
from mdlc_constructs.settings.tuning_algorithm import of_algorithm

STARTER = Path(__file__).parents[2] / "containers" / "python" / "starter"
MODEL = """
def train(rows, label, *, ridge: float, depth: int = 3, deep: bool = False, loss: str = "l2", weight=None):
    return 1

def predict(model, rows):
    return []
"""
SCRIPT = 'def model_fn(model_dir): ...\ndef input_fn(body, kind): ...\nif __name__ == "__main__":\n    pass\n'


def tuned(algorithm: Algorithm, ranges: dict[str, Any]) -> Tuning:
    tuning = Tuning(ranges=ranges, max_trials=1, metric="loss", direction="Minimize", regex="loss=([0-9.]+)")
    return of_algorithm(tuning, algorithm, "regression", Compute())


@pytest.fixture
def container(tmp_path: Path) -> CustomContainer:
    folder = Path(shutil.copytree(STARTER, tmp_path / "model"))
    (folder / "model.py").write_text(MODEL)
    return CustomContainer.python(folder, hyperparameters={"ridge": 0.1})


@pytest.fixture
def script(tmp_path: Path) -> Script:
    (tmp_path / "train.py").write_text(SCRIPT)
    return Script(framework="scikit-learn", entry_point=str(tmp_path / "train.py"))


def test_a_hyperparameter_that_train_requires_may_be_searched(container: CustomContainer) -> None:
    ranges = {
        "ridge": Continuous(0.1, 1),
        "depth": Integer(2, 5),
        "deep": Categorical([True, False]),
        "loss": Categorical(["l1", "l2"]),
    }
    assert tuned(container, ranges).static(container) == {}
    assert tuned(container, {"ridge": Integer(1, 3), "depth": Categorical([2, "4"])})


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        (
            {"rigde": Continuous(0.1, 1)},
            "no such keyword-only parameter of train in model.py",
        ),
        ({"rigde": Continuous(0.1, 1)}, "did you mean 'ridge'"),
        ({"depth": Continuous(2, 5)}, "declares it as int; give Integer(...) or Categorical(...)."),
        ({"deep": Integer(0, 1)}, "declares it as bool; give Categorical(...)."),
        ({"depth": Categorical([2, 2.5])}, "ranges['depth']=2.5: train in model.py declares it as int."),
        ({"deep": Categorical([1, 0])}, "ranges['deep']=1: train in model.py declares it as bool."),
        ({"weight": Integer(1, 3)}, "the template itself fills this parameter of train"),
    ],
)
def test_what_train_does_not_take_is_refused(
    ranges: dict[str, Any], said: str, container: CustomContainer
) -> None:
    with pytest.raises(ValueError, match="ranges") as error:
        tuned(container, ranges)
    assert said in str(error.value)


def test_train_without_hyperparameters_searches_none(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(STARTER, tmp_path / "model"))
    (folder / "model.py").write_text(MODEL.replace("*, ", "").replace("ridge: float, ", ""))
    with pytest.raises(ValueError, match="has no keyword-only parameters; write one"):
        tuned(CustomContainer.python(folder), {"depth": Integer(2, 5)})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sagemaker_program", "ranges='sagemaker_program': the image itself reads this one"),
        ("_tuning_objective_metric", "the image itself reads this one"),
        ("a b", "ranges='a b': is passed as --name"),
    ],
)
def test_the_names_of_a_script_are_checked(name: str, said: str, script: Script) -> None:
    assert tuned(script, {"trees": Integer(2, 5)})
    with pytest.raises(ValueError, match="ranges=") as error:
        tuned(script, {name: Integer(2, 5)})
    assert said in str(error.value)


def test_a_script_has_a_limited_number_of_hyperparameters(tmp_path: Path, script: Script) -> None:
    full = Script(
        framework="scikit-learn",
        entry_point=script.entry_point,
        hyperparameters={f"x{number}": number for number in range(96)},
    )
    with pytest.raises(ValueError, match="ranges=97: give at most 96"):
        tuned(full, {"trees": Integer(2, 5)})
