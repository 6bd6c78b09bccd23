"""The objects of channels, and of those that manifests name, over a made-up bucket."""

import json
from io import BytesIO
from typing import Any

import pytest

from lambdas.planning.channels import list_channels
from lambdas.planning.errors import BadManifest, NoData, PlanningError
from mdlc_constructs.settings.payloads.channels import ChannelRulesSection, ChannelSection, ChannelsSection
from tests.lambdas.fakes import FakeS3

RULES = ChannelRulesSection(
    minimum_examples=1,
    minimum_per_class=1,
    maximum_unreadable_share=0,
    maximum_duplicate_share=0,
    maximum_shared_share=0,
)
FOLDER = ChannelSection(name="train", uri="s3://b/train/")
MANIFEST = ChannelSection(name="train", uri="s3://b/m.json", kind="ManifestFile", objects="s3://b/images/")
AUGMENTED = ChannelSection(
    name="train",
    uri="s3://b/m.json",
    kind="AugmentedManifestFile",
    objects="s3://b/images/",
    attributes=("source-ref", "class"),
)


class Bucket(FakeS3):
    """A bucket whose objects have content."""

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": BytesIO(self.objects[f"{Bucket}/{Key}"]["Body"])}


def bucket(**texts: str) -> Bucket:
    """A bucket with three images, a hidden file, and the texts by their names."""
    names = ("images/1.png", "images/2.png", "images/x/3.png", "train/a.txt", "train/_hidden", "train/sub/")
    objects: dict[str, Any] = {f"b/{name}": {"Size": 3, "ETag": f'"{name}"'} for name in names}
    for name, text in texts.items():
        key = f"b/{name.replace('_', '.')}"
        objects[key] = {"Size": len(text), "ETag": '"m"', "Body": text.encode()}
    return Bucket(objects)


def listed(s3: Any, *channels: ChannelSection) -> list[str]:
    return [file.name for file in list_channels(s3, ChannelsSection(channels=channels, rules=RULES))]


def test_every_object_of_a_folder_is_listed_as_sagemaker_brings_it() -> None:
    other = ChannelSection(name="images", uri="s3://b/images/")
    assert listed(bucket(), FOLDER, other) == [
        "data-train/_hidden",
        "data-train/a.txt",
        "data-images/1.png",
        "data-images/2.png",
        "data-images/x/3.png",
    ]


def test_a_manifest_and_the_objects_that_it_names_are_listed() -> None:
    text = json.dumps([{"prefix": "s3://b/images/"}, "2.png", "x/3.png", "2.png"])
    assert listed(bucket(m_json=text), MANIFEST) == [
        "data-train/m.json",
        "objects-train/2.png",
        "objects-train/x/3.png",
    ]


def test_an_augmented_manifest_names_objects_by_its_references() -> None:
    lines = [
        {"source-ref": "s3://b/images/1.png", "class": 3},
        {"source-ref": "s3://b/images/2.png", "class": 4},
    ]
    text = "\n".join(map(json.dumps, lines)) + "\n\n"
    assert listed(bucket(m_json=text), AUGMENTED) == [
        "data-train/m.json",
        "objects-train/1.png",
        "objects-train/2.png",
    ]


@pytest.mark.parametrize(
    ("channel", "text", "error", "sentence"),
    [
        (
            ChannelSection(name="train", uri="s3://b/none/"),
            "",
            NoData,
            "Channel train has no objects under s3://b/none/",
        ),
        (MANIFEST, None, NoData, "Channel train has no object s3://b/m.json"),
        (MANIFEST, "not JSON", BadManifest, "the manifest is not JSON"),
        (MANIFEST, '["1.png"]', BadManifest, "is no manifest: give a JSON list such as"),
        (
            MANIFEST,
            '[{"prefix": "s3://b/images/"}, "1.png", "7.png", "8.png", "9.png", "10.png"]',
            BadManifest,
            "names 4 of 5 objects that are missing: s3://b/images/7.png, s3://b/images/8.png, "
            "s3://b/images/9.png and 1 more; upload them, or take them out of the manifest.",
        ),
        (MANIFEST, '[{"prefix": "s3://c/"}, "1.png"]', BadManifest, "names s3://c/1.png, which is not below"),
        (AUGMENTED, "\n", NoData, "has no line: write one JSON object an example."),
        (AUGMENTED, "{}\n[", BadManifest, "has no attribute 'source-ref'"),
        (
            AUGMENTED,
            '{"source-ref": "s3://b/images/1.png"}',
            BadManifest,
            "Line 1 of s3://b/m.json has no attribute 'class'",
        ),
        (
            AUGMENTED,
            "\n".join(f'{{"source-ref": "s3://b/images/{n}.png", "class": 1}}' for n in (1, 9)),
            BadManifest,
            "names 1 of 2 objects that are missing: s3://b/images/9.png;",
        ),
    ],
)
def test_what_is_missing_is_named_before_any_job_starts(
    channel: ChannelSection, text: str | None, error: type[PlanningError], sentence: str
) -> None:
    s3 = bucket() if text is None else bucket(m_json=text)
    with pytest.raises(error) as raised:
        listed(s3, channel)
    assert sentence in str(raised.value)
