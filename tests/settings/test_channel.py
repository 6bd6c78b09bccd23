import re
from typing import Any

import pytest

from mdlc_constructs import S3Channel
from mdlc_constructs.settings.payloads.channels import ChannelSection

FOLDER: Any = {"uri": "s3://bucket/train/"}
AUGMENTED: Any = {
    "uri": "s3://bucket/train.manifest",
    "kind": "AugmentedManifestFile",
    "objects": "s3://bucket/images/",
    "attribute_names": ("source-ref", "class"),
    "input_mode": "Pipe",
}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"uri": "s3://bucket/train"},
            "uri='s3://bucket/train': give \"s3://bucket/prefix/\" with the closing slash.",
        ),
        ({**FOLDER, "kind": "Manifest"}, "no such kind of channel"),
        ({**FOLDER, "input_mode": "pipe"}, "no such input mode"),
        ({**FOLDER, "objects": "s3://bucket/x/"}, "is of manifests; uri names the folder itself."),
        ({**FOLDER, "content_type": "text"}, "give a MIME type"),
        ({**FOLDER, "attribute_names": ("a",)}, "is not of kind='S3Prefix'; leave it out."),
        ({**FOLDER, "compression": "Gzip"}, "is of Pipe, and input_mode is 'File'; leave it out."),
        ({**FOLDER, "record_wrapper": "RecordIO"}, "is of Pipe, and input_mode is 'File'; leave it out."),
        ({**FOLDER, "compression": "Zip", "input_mode": "Pipe"}, "give 'Gzip', or leave it out."),
        ({**FOLDER, "shuffle": True}, "give a seed, a whole number from 0 to 9223372036854775807."),
        ({**FOLDER, "shuffle": 2**63}, "give a seed, a whole number from 0 to 9223372036854775807."),
        ({**FOLDER, "sharded": "yes"}, "sharded='yes': give True or False."),
        ({**FOLDER, "shuffle": -1}, "give a seed, a whole number from 0 to 9223372036854775807."),
        ({**FOLDER, "classes_from": "name"}, "no such place of classes"),
        ({**AUGMENTED, "uri": "s3://bucket/manifests/"}, "an AugmentedManifestFile is one object"),
        ({**AUGMENTED, "objects": ""}, "say below which folder the objects are"),
        ({**AUGMENTED, "attribute_names": ()}, "name the 1 to 16 attributes to stream"),
        ({**AUGMENTED, "attribute_names": "source-ref"}, "give a tuple of names"),
        ({**AUGMENTED, "input_mode": "File"}, 'by Pipe only; give input_mode="Pipe".'),
        ({**AUGMENTED, "input_mode": "FastFile"}, 'by Pipe only; give input_mode="Pipe".'),
    ],
)
def test_what_sagemaker_would_refuse_is_refused_in_one_sentence(arguments: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        S3Channel(**arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "reading", "classes_from"),
    [
        ("train", {"content_type": "text/plain"}, "lines", "prefix"),
        ("train", {"content_type": "text/plain; charset=utf-8"}, "lines", "prefix"),
        ("train", {"content_type": "image/png"}, "images", "folder"),
        ("train_lst", {"content_type": "application/x-image"}, "listing", "lst"),
        ("train_annotation", {"content_type": "image/png"}, "objects", None),
        ("batch", {"content_type": "application/jsonlines"}, "records", None),
        ("train", {"content_type": "application/x-recordio"}, "objects", None),
        ("train", {}, "objects", None),
        (
            "train",
            {"content_type": "text/plain", "compression": "Gzip", "input_mode": "Pipe"},
            "objects",
            "prefix",
        ),
    ],
)
def test_the_check_reads_a_channel_by_its_content_type(
    name: str, arguments: Any, reading: str, classes_from: str | None
) -> None:
    section = S3Channel(**FOLDER, **arguments).to_plan(name)
    assert (section.reading, section.classes_from) == (reading, classes_from)


def test_an_augmented_manifest_is_read_line_by_line_with_its_objects() -> None:
    section = S3Channel(**AUGMENTED).to_plan("train", uri="s3://${Bucket}/m", objects="s3://${Bucket}/o/")
    assert section == ChannelSection(
        name="train",
        uri="s3://${Bucket}/m",
        kind="AugmentedManifestFile",
        reading="records",
        objects="s3://${Bucket}/o/",
        attributes=("source-ref", "class"),
        classes_from="attribute",
    )
