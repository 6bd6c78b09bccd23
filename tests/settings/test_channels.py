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
        ({"inputs": {"train": TEXTS}, "holdout": TEXTS}, "name the classes of the holdout, two at least."),
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
            {"inputs": {"train": PICTURES, "validation": PICTURES}, "holdout": TEXTS, "classes": ("a", "b")},
            "is not asked about lines of text",
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
        gate.check_training_metrics(algorithm)


def test_metrics_of_the_training_job_are_not_those_of_a_table() -> None:
    gate = Gate(at_least={"validation:accuracy": 0.5})
    gate.check_training_metrics("blazingtext")
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
