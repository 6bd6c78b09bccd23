import re
from typing import Any

import pytest

from mdlc_constructs import (
    BuiltInAlgorithm,
    ChannelRules,
    Channels,
    CustomImage,
    Dataset,
    Gate,
    S3Channel,
)
from mdlc_constructs.settings.channels import check_table

TEXTS = S3Channel(uri="s3://bucket/train/", content_type="text/plain")
PICTURES = S3Channel(uri="s3://bucket/train/", content_type="image/png")
BLAZING = BuiltInAlgorithm.blazingtext(mode="supervised")
IMAGES = BuiltInAlgorithm.image_classification(num_classes=2, num_training_samples=10)
OWN = CustomImage(image_uri="1.dkr.ecr.us-east-1.amazonaws.com/x:1")
BOTH, SUPERVISED = ("train", "validation"), {"mode": "supervised"}
HOLDOUT = S3Channel(uri="s3://bucket/holdout/", content_type="text/plain")
TABLE = S3Channel(uri="s3://bucket/train/", content_type="text/csv")
UNLABELLED = S3Channel(uri="s3://bucket/train/", content_type="text/csv; label_size=0")
SKIPGRAM = BuiltInAlgorithm.blazingtext(mode="skipgram")
KMEANS = BuiltInAlgorithm.kmeans(k=3, feature_dim=2)
FOREST = BuiltInAlgorithm.randomcutforest(feature_dim=2)
MANIFEST = S3Channel(uri="s3://bucket/train.manifest", kind="ManifestFile", objects="s3://bucket/images/")


def refused(arguments: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Channels(**arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"inputs": {}}, "give channels by name"),
        ({"inputs": {"tra in": TEXTS}}, "has 1 to 64 letters, digits, hyphens, underscores and dots."),
        ({"inputs": {"train": "s3://bucket/train/"}}, "give S3Channel(uri="),
        ({"inputs": {"holdout": TEXTS}}, "no training may see the holdout"),
        ({"inputs": {f"c{n}": MANIFEST for n in range(4)}}, "are 8 folders and manifests"),
        ({"inputs": {"train": TEXTS}, "holdout": HOLDOUT}, "name the classes of the holdout, two at least."),
        (
            {"inputs": {"train": TEXTS}, "holdout": TEXTS, "classes": ("a", "b")},
            "has objects in common with the channel 'train', s3://bucket/train/",
        ),
        (
            {
                "inputs": {"train": S3Channel(uri="s3://bucket/")},
                "holdout": HOLDOUT,
                "classes": ("a", "b"),
            },
            "has objects in common with the channel 'train', s3://bucket/",
        ),
        (
            {
                "inputs": {"train": S3Channel(uri="s3://bucket/holdout/new/")},
                "holdout": HOLDOUT,
                "classes": ("a", "b"),
            },
            "has objects in common with the channel 'train', s3://bucket/holdout/new/",
        ),
        (
            {"inputs": {"train": TEXTS}, "classes": ("a", "b")},
            "are those of the holdout; give holdout=..., or leave it out.",
        ),
        ({"inputs": TEXTS}, "inputs='S3Channel': give channels by name"),
        (
            {"inputs": {"train": Channels(inputs={"train": TEXTS})}},
            "inputs['train']='Channels': give S3Channel(uri=",
        ),
        (
            {"inputs": {"train": TEXTS}, "holdout": PICTURES, "classes": ("a", "b")},
            "is read as lines of __label__",
        ),
        ({"inputs": {"train": TEXTS}, "classes": "ab"}, "give a tuple of names"),
        ({"inputs": {"train": TEXTS}, "classes": ("a b", "c")}, "a class in a line of text has no space"),
        ({"inputs": {"train": TEXTS}, "classes": ("a", "a")}, "classes"),
    ],
)
def test_channels_that_no_training_takes_are_refused(arguments: Any, sentence: str) -> None:
    refused(arguments, sentence)


@pytest.mark.parametrize(
    ("algorithm", "arguments", "sentence"),
    [
        (
            BLAZING,
            {"inputs": {"validation": TEXTS}},
            "blazingtext does not train without the channel 'train'.",
        ),
        (BLAZING, {"inputs": {"train": TEXTS, "test": TEXTS}}, "no such channel of blazingtext"),
        (BLAZING, {"inputs": {"train": PICTURES}}, "no such content type of blazingtext"),
        (IMAGES, {"inputs": {"train": PICTURES}}, "does not train without the channel 'validation'."),
        (
            IMAGES,
            {
                "inputs": {"train": PICTURES, "validation": PICTURES},
                "holdout": HOLDOUT,
                "classes": ("a", "b"),
            },
            "is not asked about lines of text",
        ),
        (
            SKIPGRAM,
            {"inputs": {"train": TEXTS}, "holdout": HOLDOUT, "classes": ("a", "b")},
            "answers classes with mode='supervised' only; leave holdout and classes out.",
        ),
        (
            SKIPGRAM,
            {"inputs": {"train": TEXTS, "validation": HOLDOUT}},
            "inputs='validation': blazingtext takes it with mode='supervised' only; leave it out.",
        ),
        (
            KMEANS,
            {"inputs": {"train": TABLE}},
            'unless told that there is none; give "text/csv;label_size=0".',
        ),
        (
            FOREST,
            {"inputs": {"test": UNLABELLED, "train": TABLE}},
            "inputs['train'].content_type='text/csv': randomcutforest reads the first column as a label",
        ),
        (
            BuiltInAlgorithm.seq2seq(),
            {
                "inputs": {
                    name: S3Channel(
                        uri="s3://bucket/x/",
                        content_type="application/x-recordio-protobuf",
                        input_mode="Pipe",
                    )
                    for name in ("train", "validation", "vocab")
                }
            },
            'seq2seq reads files; give "File".',
        ),
        (
            BuiltInAlgorithm.lightgbm(),
            {"inputs": {"train": TEXTS}},
            "trains on tables; give TrainingWorkflow(dataset=Dataset.csv(...)).",
        ),
    ],
)
def test_what_an_algorithm_does_not_take_is_refused(algorithm: Any, arguments: Any, sentence: str) -> None:
    channels = Channels(**arguments)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        channels.check_algorithm(algorithm)
    channels.check_algorithm(OWN) if "classes" not in arguments else None


def test_tables_without_labels_say_so() -> None:
    Channels(inputs={"train": UNLABELLED, "test": UNLABELLED}).check_algorithm(KMEANS)
    Channels(inputs={"train": UNLABELLED, "test": TABLE}).check_algorithm(FOREST)
    Channels(inputs={"train": TABLE}).check_algorithm(
        BuiltInAlgorithm.xgboost(objective="reg:squarederror", num_round=1)
    )


@pytest.mark.parametrize(
    ("metric", "channels", "texts", "sentence"),
    [
        (
            "validation:accuracy",
            ("train",),
            SUPERVISED,
            "is computed of the channel 'validation', which there is none of; give that channel.",
        ),
        (
            "train:mean_rho",
            BOTH,
            SUPERVISED,
            "with mode='batch_skipgram' or mode='skipgram' or mode='cbow' only; give another metric.",
        ),
        ("train:mean_rho", BOTH, {"mode": "cbow", "evaluation": "False"}, "with evaluation='True' only"),
        ("validation:accuracy", BOTH, {"mode": "skipgram"}, "with mode='supervised' only"),
    ],
)
def test_gates_that_no_model_passes_are_refused(
    metric: str, channels: tuple[str, ...], texts: dict[str, str], sentence: str
) -> None:
    gate = Gate(at_least={metric: 0.1})
    with pytest.raises(ValueError, match=re.escape(sentence)):
        gate.check_training_metrics("blazingtext", channels, texts)
    gate.check_training_metrics("", (), {})


def test_a_list_says_the_classes_of_the_images_of_its_channel() -> None:
    lst = S3Channel(uri="s3://bucket/lst/", content_type="application/x-image")
    channels = Channels(inputs={"train": PICTURES, "train_lst": lst, "validation": PICTURES})
    sections = channels.to_sections(dict.fromkeys(channels.every, "s3://b/"), {})
    assert [(section.name, section.classes_from) for section in sections] == [
        ("train", None),
        ("train_lst", "lst"),
        ("validation", "folder"),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"minimum_examples": 0}, "give a whole number of at least 1."),
        ({"minimum_per_class": True}, "give a whole number of at least 1."),
        ({"maximum_unreadable_share": 1.5}, "give a share from 0 to 1."),
        ({"maximum_shared_share": "0"}, "give a share from 0 to 1."),
    ],
)
def test_rules_that_make_no_sense_are_refused(arguments: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        ChannelRules(**arguments)


@pytest.mark.parametrize(
    ("gate", "algorithm", "sentence"),
    [
        (Gate(at_least={"accuracy": 0.5}), "", "is computed from answers to a holdout"),
        (Gate(at_least={"validation:acuracy": 0.5}), "blazingtext", "did you mean 'validation:accuracy'?"),
        (
            Gate(at_most={"validation:accuracy": 0.5}),
            "blazingtext",
            "a higher value is better; give it in at_least.",
        ),
        (
            Gate(at_least={"validation:perplexity": 9}),
            "seq2seq",
            "a lower value is better; give it in at_most.",
        ),
        (
            Gate(better_than_champion="accuracy"),
            "",
            "two models are compared by their answers to one holdout",
        ),
    ],
)
def test_metrics_that_the_training_job_does_not_have_are_refused(
    gate: Gate, algorithm: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        gate.check_training_metrics(algorithm, BOTH, SUPERVISED)


def test_metrics_of_the_training_job_are_not_those_of_a_table() -> None:
    gate = Gate(at_least={"validation:accuracy": 0.5})
    gate.check_training_metrics("blazingtext", BOTH, SUPERVISED)
    with pytest.raises(ValueError, match="is a metric of the training job"):
        gate.check_task("binary")
    with pytest.raises(ValueError, match="give a number"):
        Gate(at_least={"validation:accuracy": "high"})  # type: ignore[dict-item]


def test_a_table_is_named_where_channels_are_given() -> None:
    check_table(Dataset.csv("s3://bucket/x/", label="y", columns={"a": "number"}), what="training")
    for given, what, instead in (
        (Channels(inputs={"train": TEXTS}), "training", "give ChannelTrainingWorkflow(channels=...)."),
        (TEXTS, "batch inference", "give ChannelBatchInferenceWorkflow(channel=...)."),
        (Channels(inputs={"train": TEXTS}), "monitoring", "monitoring needs a table with columns"),
        ("s3://bucket/x/", "training", "give Dataset.csv(...) or Dataset.parquet(...)."),
    ):
        with pytest.raises(ValueError, match=re.escape(instead)):
            check_table(given, what=what)


def test_what_is_no_algorithm_is_refused() -> None:
    channels = Channels(inputs={"train": S3Channel(uri="s3://data/train/")})
    with pytest.raises(ValueError, match="algorithm='blazingtext'"):
        channels.check_algorithm("blazingtext")  # type: ignore[arg-type]
