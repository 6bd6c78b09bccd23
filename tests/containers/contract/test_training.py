"""SageMaker's contract for training, of a team's containers in both languages."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.containers.contract import containers
from tests.containers.contract.containers import OWN
from tests.containers.python import running

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("language", OWN)]

Programs = dict[str, Path]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    folder = tmp_path_factory.mktemp("images")
    return {language: containers.image(language, folder / language) for language in OWN}


def failure(base: Path) -> str:
    return (base / "output" / "failure").read_text()


def test_the_artifact_has_the_model_its_code_and_what_it_is(
    language: str, programs: Programs, tmp_path: Path
) -> None:
    given = {"rounds": "3", "ridge": "0.5", "verbose": "true", "behaviour": "fit"}
    # SageMaker gives the last one to each trial of a tuning.
    base = containers.write_channels(tmp_path, **given, _tuning_objective_metric="validation:r2")
    done = containers.train(language, programs[language], base)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((base / "model" / "container.json").read_text())
    assert facts["hyperparameters"] == {"rounds": 3, "ridge": 0.5, "verbose": True, "behaviour": "fit"}
    assert (facts["language"], facts["columns"], facts["label"]) == (language, ["a", "b"], "y")
    script = {"python": "model.py", "r": "model.R"}[language]
    source = (containers.MODELS / language / script).read_bytes()
    assert (base / "model" / "code" / script).read_bytes() == source
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["message"] for line in lines] == ["training on 50 rows of 3 features", "trained"]


@pytest.mark.parametrize(
    ("given", "reason"),
    # test_arguments.py has more of the last kind.
    [
        ({"behaviour": "fail"}, "no such thing"),
        ({"behaviour": "nothing"}, "return the model"),
        ({"rounds": "many"}, "hyperparameter rounds='many' is no int"),
    ],
)
def test_a_failure_is_a_sentence(
    given: dict[str, str], reason: str, language: str, programs: Programs, tmp_path: Path
) -> None:
    base = containers.write_channels(tmp_path, **given)
    assert containers.train(language, programs[language], base).returncode == 1
    text = failure(base)
    assert reason in text and text.count("\n") == 0 and not (base / "model" / "container.json").exists()


def _no_train(base: Path) -> None:
    (base / "input" / "data" / "train" / "train.csv").unlink()


def _words(base: Path) -> None:
    (base / "input" / "data" / "train" / "train.csv").write_text("1,2,3\n4,far,6\n")


def _two_columns(base: Path) -> None:
    (base / "input" / "data" / "train" / "train.csv").write_text("1,2\n")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_no_train, "channel 'train' has no rows"),
        (_words, "train.csv of channel 'train' cannot be read: "),
        (_two_columns, "train.csv of channel 'train' has 2 columns, and 3 are declared: y, a, b"),
    ],
)
def test_bad_channels_are_named(
    change: Callable[[Path], None], reason: str, language: str, programs: Programs, tmp_path: Path
) -> None:
    base = containers.write_channels(tmp_path)
    change(base)
    assert containers.train(language, programs[language], base).returncode == 1
    assert failure(base).startswith(reason), failure(base)


def test_a_program_that_ends_by_itself_has_its_status(
    language: str, programs: Programs, tmp_path: Path
) -> None:
    base = containers.write_channels(tmp_path, behaviour="die")
    assert containers.train(language, programs[language], base).returncode == 7


def stopped(language: str, program: Path, base: Path, sign: Path) -> int:
    """The exit status of a training that is stopped as soon as it has written a file."""
    before = sign.stat().st_mtime_ns if sign.exists() else 0
    process = subprocess.Popen(
        containers.command(language, program, "train"),
        env=containers.variables(base),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while (not sign.exists() or sign.stat().st_mtime_ns == before) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def test_a_stopped_training_saves_and_the_next_one_goes_on(
    language: str, programs: Programs, tmp_path: Path
) -> None:
    base = containers.write_channels(tmp_path, behaviour="wait")
    rounds = base / "checkpoints" / "rounds.txt"
    assert stopped(language, programs[language], base, rounds) == 0
    assert (base / "model" / "container.json").is_file()
    first = int(rounds.read_text())
    assert stopped(language, programs[language], base, rounds) == 0
    assert int(rounds.read_text()) >= first > 0


PATIENT = {
    "python": (
        "model.py",
        "import pathlib, time\n\n\ndef train(rows, label):\n"
        "    pathlib.Path('{sign}').touch()\n    time.sleep(60)\n\n\n"
        "def predict(model, rows):\n    return rows\n",
    ),
    "r": (
        "model.R",
        "train <- function(rows, label) {{\n  file.create('{sign}')\n  Sys.sleep(60)\n}}\n"
        "#* @post /invocations\nanswers <- function(model, rows) rows\n",
    ),
}


def test_a_training_that_does_not_look_ends_at_once(language: str, tmp_path: Path) -> None:
    own, base = tmp_path / "own", containers.write_channels(tmp_path / "ml")
    own.mkdir()
    name, text = PATIENT[language]
    (own / name).write_text(text.format(sign=tmp_path / "begun"))
    (own / "requirements.lock").write_bytes(containers.LOCK.read_bytes())
    program = containers.image(language, tmp_path / "image", own)
    began = time.monotonic()
    assert stopped(language, program, base, tmp_path / "begun") == 128 + signal.SIGTERM
    assert time.monotonic() - began < 30 and not (base / "model").exists()


def test_features_that_were_changed_in_the_artifact_are_not_served(
    language: str, programs: Programs, tmp_path: Path
) -> None:
    """A change of the image has no effect: all containers of test_serving.py have one."""
    base = containers.write_channels(tmp_path)
    assert containers.train(language, programs[language], base).returncode == 0
    containers.change_features(base / "model" / "code")
    with (
        pytest.raises(AssertionError, match="is not the code that the model was trained with"),
        containers.serving(containers.command(language, programs[language], "serve"), base),
    ):
        raise AssertionError("it is healthy")


def test_a_model_of_another_language_is_refused(language: str, programs: Programs, tmp_path: Path) -> None:
    base = tmp_path / "ml"
    running.lay_out(base, {"container.json": b'{"language": "cobol", "code_sha256": "0", "columns": []}'})
    with (
        pytest.raises(AssertionError, match="'cobol'"),
        containers.serving(containers.command(language, programs[language], "serve"), base),
    ):
        raise AssertionError("it is healthy")
