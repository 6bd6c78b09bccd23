"""The export job in the environment of its own lock: converts, compares, refuses; what it writes serves."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli import places
from mdlc_cli.tools import toolchain
from mdlc_constructs import Dataset
from mdlc_constructs.settings.payloads.codec import encode

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]

RUN = """
import io, json, sys, tarfile
from pathlib import Path
import numpy, xgboost
sys.path[:0] = [ROOT, ROOT + "/containers/python"]
from jobs.commands import export
from jobs.export import convert
from jobs.export.convert import read_booster
from jobs.folders import Folders
from jobs.plan import read_plan
from serving.onnx_model import OnnxModel

work = Path(WORK)
numbers = numpy.random.default_rng(1)
rows = numbers.normal(size=(300, 4)).astype("float32")
known = rows.copy()
rows[::5, 1] = numpy.nan
print(xgboost.__version__, file=sys.stderr)

def case(name, label, spoil=0.0, **options):
    folder = work / name
    (folder / "predictions").mkdir(parents=True)
    (folder / "model").mkdir()
    (folder / "holdout").mkdir()
    table = xgboost.DMatrix(rows, label=label)
    booster = xgboost.train({"nthread": 1, "seed": 1, "max_depth": 3, **options}, table, 15)
    booster.set_attr(best_iteration="7")
    content = bytes(booster.save_raw("ubj"))
    with tarfile.open(folder / "model" / "model.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("xgboost-model")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    answers = booster.predict(table, iteration_range=(0, 8))
    spoiled = answers.copy()
    spoiled.reshape(len(spoiled), -1)[16, 0] += spoil
    lines = [json.dumps(answer) if isinstance(answer, list) else str(answer) for answer in spoiled.tolist()]
    (folder / "predictions" / "holdout.csv.out").write_text("\\n".join(lines) + "\\n")
    cells = [",".join("" if cell != cell else repr(cell) for cell in row) for row in rows.tolist()]
    (folder / "holdout" / "holdout.csv").write_text("\\n".join(cells) + "\\n")
    plan = {
        "schema_version": 1, "workflow": "training", "model": "m", "data": {"version": "1", "files": []},
        "dataset": PLANS.get(name, PLANS["binary"]), "export": {"tolerance": 1e-5},
    }
    (folder / "plan.json").write_text(json.dumps(plan))
    folders = Folders(input_base=folder, output_base=folder / "output")
    verdict = export.run(read_plan(folder / "plan.json"), folders)
    made = folder / "output" / "export" / "model.tar.gz"
    served = None
    if made.exists():
        with tarfile.open(made) as archive:
            archive.extractall(folder / "served", filter="data")
        model = OnnxModel(folder / "served" / "model.onnx")
        answered = numpy.array(model.predict(rows.tolist()))
        served = float(numpy.abs(answered - answers).max())
        # Jobs and container cannot share code: what was compared must be what serves.
        compared = convert.OnnxModel((folder / "served" / "model.onnx").read_bytes()).predict(rows)
        equal = compared.shape == answered.shape and bool((compared == answered).all())
        try:
            model.predict([[1.0]])
        except ValueError as error:
            served = [served, str(error), equal]
    return {"passed": verdict.passed, "reasons": verdict.reasons, "digest": verdict.digest, "served": served}

positive = (known[:, 0] > 0).astype(float)
found = {
    "binary": case("binary", positive, objective="binary:logistic"),
    "regression": case("regression", known[:, 0] * 1000 + 5000,
                       objective="reg:squarederror"),
    "multiclass": case("multiclass", numpy.digitize(known[:, 0], [-1, 1]),
                       objective="multi:softprob", num_class=3),
    "spoiled": case("spoiled", positive, spoil=0.01, objective="binary:logistic"),
}
try:
    case("linear", positive, objective="binary:logistic", booster="gblinear")
except Exception as error:
    found["linear"] = f"{type(error).__name__}: {error}"
with tarfile.open(work / "renamed.tar.gz", "w:gz") as archive:
    archive.addfile(tarfile.TarInfo("model.txt"))
try:
    read_booster(work / "renamed.tar.gz")
except Exception as error:
    found["renamed"] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""

CLASSES = {"binary": (), "regression": (), "multiclass": ("a", "b", "c")}


def section(task: str) -> Any:
    """A dataset of a task as the plan holds it."""
    columns = {"x": "number"}
    made = Dataset.csv("s3://data/raw/", task=task, label="y", columns=columns, classes=CLASSES[task])
    return encode(made.to_plan())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each case comes to."""
    python = toolchain.image_python(places.jobs_source() / "export" / "requirements.lock")
    plans = {task: section(task) for task in CLASSES}
    given = f"ROOT = {str(ROOT)!r}\nWORK = {str(tmp_path_factory.mktemp('export'))!r}\nPLANS = {plans!r}\n"
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", given + RUN], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
def test_an_equal_model_is_written_and_serves(found: Any, task: str) -> None:
    case = found[task]
    assert (case["passed"], case["reasons"]) == (True, [])
    assert len(case["digest"]) == 64
    difference, refused, equal = case["served"]
    assert equal, "jobs/export/convert.py and containers/python/serving/onnx_model.py answer otherwise"
    assert difference < (1e-5 if task != "regression" else 0.01)
    assert refused == "Line 1 has 1 values, the model takes 4."


def test_a_model_that_answers_otherwise_is_refused(found: Any) -> None:
    case = found["spoiled"]
    assert (case["passed"], case["digest"], case["served"]) == (False, None, None)
    (reason,) = case["reasons"]
    assert "to row 17 of the holdout" in reason and "difference of 0.01 is the largest" in reason


def test_a_model_that_the_converter_does_not_know_is_refused(found: Any) -> None:
    assert found["linear"].startswith("InputError: XGBoost cannot read the model's trees")
    assert found["renamed"] == (
        "InputError: The model's artifact holds no file xgboost-model: only models of XGBoost are exported."
    )
