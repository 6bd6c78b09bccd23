"""The machines of trainings on channels and of batches of files as plain data: no CDK, no Node."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonata
import pytest

from mdlc_constructs import (
    BuiltInAlgorithm,
    Channels,
    Compute,
    CustomContainer,
    CustomImage,
    Evaluation,
    Gate,
    MarketplaceAlgorithm,
    S3Channel,
    Script,
)
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.resources import bundles
from mdlc_constructs.workflows.channel_batch.machine import channel_batch_machine
from mdlc_constructs.workflows.channel_batch.settings import ChannelBatchSettings
from mdlc_constructs.workflows.channel_training.machine import channel_training_machine
from mdlc_constructs.workflows.channel_training.metrics_gate import judge_metrics
from tests.workflows.channel_settings import FILES, IMAGE, LINES, ON_LINES, ON_PICTURES, PICTURES, TEXTS

BEGIN = ("Plan", "Resume", "CheckQuality", "QualityVerdict", "Train", "CreateModel")
END = ("Decide", "RecordAudit", "PublishEvent")
BATCH = (
    *(
        "Plan",
        "Resume",
        "CreateModel",
        "CheckInput",
        "InputVerdict",
        "ScoreInput",
        "CheckOutput",
        "OutputVerdict",
    ),
    *("PublishManifest", "PointChampion", "RecordAudit", "PublishEvent"),
)
MACHINES = {
    "lines": channel_training_machine(ON_LINES),
    "pictures": channel_training_machine(ON_PICTURES),
    "batch": channel_batch_machine(FILES),
}


RECORDS = "application/x-recordio"
SOLD = "arn:aws:sagemaker:eu-central-1:111111111111:algorithm/words"
STARTER = bundles.source("containers") / "python" / "starter"
CODE = str(Path(__file__).parent.parent.parent / "examples" / "script_mode" / "code")


def arguments(machine: Machine, state: str) -> Any:
    return machine.state(state).to_asl()["Arguments"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("lines", (*BEGIN, "ScoreHoldout", "Evaluate", "ReadModelCard", "Register", *END)),
        ("pictures", (*BEGIN, "Evaluate", "Register", *END)),
        ("batch", BATCH),
    ],
)
def test_the_happy_path_follows_from_state_to_state(name: str, path: tuple[str, ...]) -> None:
    states: Any = MACHINES[name].to_asl()["States"]
    entered = ["Plan"]
    while "End" not in states[entered[-1]]:
        entered.append(states[entered[-1]].get("Next") or states[entered[-1]]["Default"])
    assert tuple(entered) == path


@pytest.mark.parametrize("name", list(MACHINES))
def test_the_machine_passes_every_check(name: str) -> None:
    machine = MACHINES[name]
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))
    for state in machine.states:
        targets = {catch.next for catch in state.catchers()}
        assert targets <= {
            "RecordFailure",
            "PublishFailure",
            "Failed",
            "Plan",
            "RegisterWithoutCard",
            "RecordAudit",
        }


def test_the_training_job_gets_the_channels_and_not_the_holdout() -> None:
    channels = arguments(MACHINES["lines"], "Train")["InputDataConfig"]
    assert [channel["ChannelName"] for channel in channels] == ["train", "validation"]
    assert channels[0]["DataSource"]["S3DataSource"]["S3Uri"] == "s3://${DataBucket1}/${DataPrefix1}"
    inputs = arguments(MACHINES["lines"], "CheckQuality")["ProcessingInputs"]
    names = [one["InputName"] for one in inputs]
    assert names == ["code", "wheels", "plan", "data-holdout", "data-train", "data-validation"]


def test_a_channel_is_requested_as_sagemaker_takes_it() -> None:
    channel = S3Channel(
        uri="s3://bucket/train.manifest",
        kind="AugmentedManifestFile",
        objects="s3://bucket/images/",
        attribute_names=("source-ref", "class"),
        input_mode="Pipe",
        record_wrapper="RecordIO",
        shuffle=7,
        sharded=True,
        content_type=RECORDS,
    )
    settings = replace(
        ON_PICTURES,
        channels=Channels(
            inputs={
                "train": channel,
                "validation": replace(PICTURES.inputs["validation"], content_type=RECORDS),
            }
        ),
        algorithm=BuiltInAlgorithm.image_classification(num_classes=2, num_training_samples=9),
        gate=Gate(at_least={"validation:accuracy": 0.9}),
        training_compute=Compute(instance_type="ml.g4dn.xlarge", instance_count=2),
    )
    machine = channel_training_machine(settings)
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))
    request, _ = arguments(machine, "Train")["InputDataConfig"]
    assert request == {
        "ChannelName": "train",
        "ContentType": RECORDS,
        "InputMode": "Pipe",
        "RecordWrapperType": "RecordIO",
        "ShuffleConfig": {"Seed": 7},
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "AugmentedManifestFile",
                "S3Uri": "s3://${DataBucket0}/${DataPrefix0}",
                "S3DataDistributionType": "ShardedByS3Key",
                "AttributeNames": ["source-ref", "class"],
            }
        },
    }
    names = [one["InputName"] for one in arguments(machine, "CheckQuality")["ProcessingInputs"]]
    assert names[3:] == ["data-train", "data-validation", "objects-train"]


def test_what_has_no_program_says_so_in_its_package() -> None:
    for name in ("lines", "pictures"):
        package = arguments(MACHINES[name], "Register")
        metadata = package["CustomerMetadataProperties"]
        assert metadata["data"] == "channels" and "program" not in metadata and "baseline" not in metadata
        assert ("ModelCard" in package, "ModelMetrics" in package) == ((name == "lines"),) * 2


@pytest.mark.parametrize(
    ("content_type", "split", "assemble", "strategy", "accept"),
    [
        ("application/jsonlines", "Line", "Line", "MultiRecord", "application/jsonlines"),
        ("image/png", "None", "None", "SingleRecord", "application/json"),
    ],
)
def test_a_request_of_a_batch_is_some_lines_or_one_object(
    content_type: str, split: str, assemble: str, strategy: str, accept: str
) -> None:
    channel = S3Channel(uri="s3://bucket/raw/", content_type=content_type)
    machine = channel_batch_machine(ChannelBatchSettings(model="names", channel=channel))
    scored: Any = machine.state("ScoreInput").to_asl()
    request = scored["ItemProcessor"]["States"]["ScoreFiles"]["Arguments"]
    assert request["TransformInput"]["SplitType"] == split
    assert (request["TransformOutput"]["AssembleWith"], request["BatchStrategy"]) == (assemble, strategy)
    assert request["TransformOutput"]["Accept"] == accept


def judged(gate: Gate, **metrics: float) -> Any:
    """The verdict that `Evaluate` assigns for the final metrics of a training job."""
    state = judge_metrics("digits", gate).to_asl()
    assigned: Any = state["Assign"]
    expression = jsonata.Jsonata(assigned["gate"].removeprefix("{%").removesuffix("%}").strip())
    frame = expression.create_frame()
    described = {
        "FinalMetricDataList": [
            {"MetricName": k.replace("_", ":", 1), "Value": v} for k, v in metrics.items()
        ]
    }
    frame.bind("states", {"result": described if metrics else {}})
    return expression.evaluate({}, frame)


def test_the_final_metrics_are_compared_with_the_bounds() -> None:
    gate = Gate(at_least={"validation:accuracy": 0.9}, at_most={"train:loss": 0.5})
    assert judged(gate, validation_accuracy=0.95, train_loss=0.4) == {
        "passed": True,
        "reasons": [],
        "metrics": {"validation:accuracy": 0.95, "train:loss": 0.4},
    }
    low = judged(gate, validation_accuracy=0.5, train_loss=0.4)
    assert low["passed"] is False
    assert low["reasons"] == ["validation:accuracy 0.5 fails: asked was at least 0.9."]
    missing = judged(gate)
    assert missing["metrics"] == {} and len(missing["reasons"]) == 2
    assert missing["reasons"][0].startswith("The training job reported no metric validation:accuracy:")
    assert judged(Gate(), validation_accuracy=0.5)["passed"] is True


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"channels": LINES.holdout},
            "channels='S3Channel': give Channels(inputs=...); a table is for TrainingWorkflow.",
        ),
        ({"gate": Gate(at_least={"validation:accuracy": 0.5})}, "is a metric of the training job"),
        ({"gate": Gate(at_least={"recall:fish": 0.5})}, "is of a class that dataset.classes does not have"),
        (
            {"algorithm": CustomImage(image_uri=IMAGE)},
            "a holdout is asked as application/jsonlines; give that type.",
        ),
        ({"evaluation": Evaluation(weighted=True)}, "lines of text have no weights; leave it out."),
        ({"channels": PICTURES}, "is computed from answers to a holdout"),
        (
            {"channels": PICTURES, "gate": Gate(), "evaluation": Evaluation()},
            "is about answers to a holdout; give Channels(holdout=...), or leave it out.",
        ),
        (
            {"algorithm": MarketplaceAlgorithm(algorithm_arn=SOLD)},
            "algorithm='MarketplaceAlgorithm': trains on tables only; give a CustomImage or a Script",
        ),
        (
            {"algorithm": CustomContainer.python(STARTER)},
            "algorithm='CustomContainer': its template reads a table's columns; give a CustomImage",
        ),
        (
            {
                "algorithm": Script(framework="pytorch", entry_point="train.py", source_dir=CODE),
                "channels": Channels(inputs={"code": LINES.inputs["train"]}),
            },
            "inputs='code': the algorithm brings this channel itself; choose another name.",
        ),
        (
            {"channels": replace(LINES, inputs={"train": replace(LINES.inputs["train"], sharded=True)})},
            "one instance gets all objects anyway",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        replace(ON_LINES, **changes)


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("s3://bucket/", "give S3Channel(uri="),
        (S3Channel(uri="s3://bucket/raw/"), "say what a request holds"),
        (
            S3Channel(
                uri="s3://bucket/m", kind="ManifestFile", objects="s3://bucket/x/", content_type="image/png"
            ),
            "a transform job reads the objects of a folder",
        ),
        (
            S3Channel(uri="s3://bucket/raw/", content_type="image/png", shuffle=1),
            "is of training; leave it out here.",
        ),
        (S3Channel(uri="s3://bucket/raw/", content_type="image/png", input_mode="Pipe"), "is of training"),
    ],
)
def test_a_channel_that_is_of_training_is_no_batch(channel: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        ChannelBatchSettings(model="names", channel=channel)


def test_a_script_whose_answers_are_no_probabilities_is_asked_no_holdout(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    functions = "".join(f"def {name}(*given):\n    pass\n" for name in ("model_fn", "input_fn"))
    path.write_text(f'{functions}if __name__ == "__main__":\n    pass\n')
    script = Script(framework="scikit-learn", entry_point=str(path), content_type="application/jsonlines")
    with pytest.raises(ValueError, match="a multiclass task is judged by probabilities"):
        replace(ON_LINES, algorithm=script)
    on_pictures = replace(ON_PICTURES, algorithm=script, gate=Gate())
    assert arguments(channel_training_machine(on_pictures), "Train")["InputDataConfig"][-1][
        "ChannelName"
    ] == ("code")


@pytest.mark.parametrize("sharded", [False, True])
def test_what_is_taken_by_shards_only_is_requested_so(sharded: bool) -> None:
    """Random Cut Forest fails on AWS when it gets all objects, with one instance as well."""
    table = S3Channel(uri="s3://bucket/raw/train/", content_type="text/csv;label_size=0", sharded=sharded)
    settings = replace(
        ON_PICTURES,
        channels=Channels(inputs={"train": table}),
        algorithm=BuiltInAlgorithm.randomcutforest(feature_dim=4),
        gate=Gate(),
    )
    (request,) = arguments(channel_training_machine(settings), "Train")["InputDataConfig"]
    assert request["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "ShardedByS3Key"


def test_word_vectors_are_learned_of_lines_without_classes() -> None:
    vectors = BuiltInAlgorithm.blazingtext(mode="skipgram")
    channels = Channels(inputs={"train": LINES.inputs["train"]})
    settings = replace(
        ON_LINES, channels=channels, algorithm=vectors, gate=Gate(at_least={"train:mean_rho": 0.1})
    )
    plan: Any = settings.to_plan()
    assert [channel["classes_from"] for channel in plan["channels"]["channels"]] == [None]
    labelled: Any = ON_LINES.to_plan()
    assert {channel["classes_from"] for channel in labelled["channels"]["channels"]} == {"prefix"}
    assert TEXTS.name == "" and json.dumps(labelled)
