"""Script mode: what is refused, and what the training and the model's container are told."""

from pathlib import Path
from typing import Any

import pytest

from mdlc_constructs import Script
from mdlc_constructs.settings.framework_image import FrameworkImage
from mdlc_constructs.settings.image import Image

SCRIPT = 'def model_fn(model_dir): ...\ndef input_fn(body, kind): ...\nif __name__ == "__main__":\n    pass\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def script(folder: Path, **options: Any) -> Script:
    return Script(
        **{"framework": "scikit-learn", "entry_point": "train.py", "source_dir": str(folder), **options}
    )


def test_the_training_is_told_the_program_and_the_archive_in_a_channel(folder: Path) -> None:
    made = script(
        folder, hyperparameters={"depth": 3, "rate": 0.1, "warm": True, "loss": "huber", "word": "1e3"}
    )
    assert made.job_texts == {
        "depth": "3",
        "rate": "0.1",
        "warm": "true",
        "loss": "huber",
        "word": '"1e3"',
        "sagemaker_program": "mdlc_train.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/${ScriptCodeFile}",
        "sagemaker_container_log_level": "20",
        "sagemaker_region": "${Region}",
    }
    assert made.own_channels == {"code": "${ScriptCode}"}
    assert made.training_environment == {"MDLC_ENTRY_POINT": "train.py"}


def test_the_models_container_finds_the_code_in_the_model(folder: Path) -> None:
    (folder / "serve.py").write_text("def model_fn(folder): ...\ndef transform_fn(*given): ...\n")
    made = script(folder, serve="serve.py", environment={"OMP_NUM_THREADS": "1"})
    assert made.serving_environment == {
        "OMP_NUM_THREADS": "1",
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": "${Region}",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
    }


def test_a_script_alone_is_packed_alone(folder: Path) -> None:
    (folder / "other.py").write_text("")
    made = Script(framework="scikit-learn", entry_point=str(folder / "train.py"))
    assert list(made.files) == ["train.py"]
    assert made.serving_environment["SAGEMAKER_PROGRAM"] == "train.py"


def test_the_image_follows_framework_use_and_instance(folder: Path) -> None:
    (folder / "inference.py").write_text("def handler(data, context): ...\n")
    sklearn = script(folder)
    assert sklearn.image("training", "ml.m5.large") == Image.jobs()
    assert not sklearn.serves_otherwise
    torch = script(folder, framework="pytorch")
    assert torch.image("training", "ml.g5.xlarge") == FrameworkImage(
        framework="pytorch", version="2.6.0", use="training", gpu=True
    )
    assert torch.image("inference", "ml.c5.large").repository == "pytorch-inference"
    assert torch.serves_otherwise
    tensorflow = script(folder, framework="tensorflow", version="2.18.0")
    assert tensorflow.image("inference", "ml.p3.2xlarge").tag == "2.18.0-gpu"
    assert tensorflow.serving_program == "inference.py"


@pytest.mark.parametrize(
    ("files", "options", "said"),
    [
        ({}, {"framework": "sklearn"}, "framework='sklearn': no such framework; did you mean 'scikit-learn'"),
        ({}, {"framework": "jax"}, "choose one of pytorch, scikit-learn, tensorflow"),
        ({}, {"version": "1.5-1"}, "version='1.5-1': no such version of scikit-learn"),
        ({}, {"entry_point": "fit.py"}, "entry_point='fit.py': there is no such file in"),
        ({"a/fit.py": SCRIPT}, {"entry_point": "a/fit.py"}, "must stand at the top of source_dir"),
        ({}, {"entry_point": "../fit.py"}, "must stand at the top of source_dir"),
        ({"run.sh": ""}, {"entry_point": "run.sh"}, "is no Python script; name a file that ends in .py"),
        ({}, {"source_dir": "/nowhere"}, "source_dir='/nowhere': there is no such folder"),
        ({"train.py": "def f(:\n"}, {}, "entry_point='train.py': line 1 is no Python (invalid syntax)"),
        ({"train.py": "x = 1\n"}, {}, "also answers requests"),
        ({"s.py": "x = 1\n"}, {"serve": "s.py"}, "scikit-learn's image needs model_fn and input_fn or"),
        ({"s.py": "\0"}, {"serve": "s.py"}, "serve='s.py'"),
        ({"json.py": ""}, {}, "source_dir='json.py': has the name of a module"),
        ({"sklearn/__init__.py": ""}, {}, "or scikit-learn's image imports"),
        ({"requirements.txt": ""}, {}, "because of its requirements.txt the image runs pip"),
        ({"setup.py": ""}, {}, "because of its setup.py the image runs pip"),
        ({"mdlc_train.py": ""}, {}, "mdlc_train.py is added to the archive; rename that file"),
        ({}, {"hyperparameters": {"sagemaker_program": "x"}}, "the image itself reads this one"),
        ({}, {"hyperparameters": {"a b": 1}}, "hyperparameters='a b': is passed as --name"),
        ({}, {"hyperparameters": {"x": "y" * 2501}}, "has 2501 characters and SageMaker takes 2500"),
        ({}, {"hyperparameters": {f"x{n}": n for n in range(97)}}, "hyperparameters=97: give at most 96"),
        ({}, {"hyperparameters": ["trees"]}, "give values by name"),
        ({}, {"hyperparameters": {3: 1}}, "give values by name"),
        ({}, {"hyperparameters": {"x": None}}, "hyperparameters['x']=None: give text, a number"),
        ({}, {"entry_point": Path("train.py")}, "entry_point="),
        ({}, {"serve": Path("train.py")}, "serve="),
        ({}, {"source_dir": 3}, "source_dir=3: give the path of a folder"),
        ({}, {"framework": ["pytorch"]}, "framework=['pytorch']: give text."),
        ({}, {"content_type": 3}, "content_type=3: give text."),
        ({}, {"log_level": "INFO"}, "log_level='INFO': give a whole number from 0 to 50"),
        ({}, {"environment": {"a b": "1"}}, "environment='a b'"),
        ({}, {"environment": ["a"]}, "environment=['a']: give a mapping"),
        (
            {"inference.py": ""},
            {"framework": "tensorflow"},
            "needs handler or input_handler and output_handler",
        ),
        ({"s.py": ""}, {"framework": "tensorflow", "serve": "s.py"}, "TensorFlow's image runs inference.py"),
    ],
)
def test_what_cannot_run_is_refused(
    folder: Path, files: dict[str, str], options: dict[str, Any], said: str
) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    with pytest.raises(ValueError, match=r"\w") as error:
        script(folder, **options)
    assert said in str(error.value)


def test_a_lone_script_that_is_missing_or_has_a_second_one_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"entry_point='gone.py': there is no such file; name the script"):
        Script(framework="scikit-learn", entry_point="gone.py")
    with pytest.raises(ValueError, match=r"serve='s.py': needs source_dir"):
        Script(framework="scikit-learn", entry_point=str(folder / "train.py"), serve="s.py")


@pytest.mark.parametrize(
    ("task", "answer"),
    [("binary", "model.predict_proba(data)[:, 1]."), ("multiclass", "model.predict_proba(data).")],
)
def test_classes_in_place_of_probabilities_are_refused(folder: Path, task: str, answer: str) -> None:
    made = script(folder)
    made.check_task("regression")
    with pytest.raises(ValueError, match="judged by probabilities") as error:
        made.check_task(task)
    assert str(error.value).endswith(answer)
    (folder / "train.py").write_text("from own import predict_fn\n" + SCRIPT)
    (folder / "own.py").write_text("def predict_fn(data, model): ...\n")
    script(folder).check_task(task)


def test_the_records_are_those_of_the_content_type(folder: Path) -> None:
    assert script(folder).records("regression").training == "csv"
    assert script(folder).records("ranking").training == "libsvm"
    lines = script(folder, content_type="application/jsonlines").records("forecast")
    assert (lines.training, lines.scoring, lines.accept) == (
        "jsonlines",
        "jsonlines",
        "application/jsonlines",
    )
