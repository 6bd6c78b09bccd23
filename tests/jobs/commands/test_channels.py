"""The check of channels: images of a package written as PNG, lines of text, lists and manifests."""

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands import channels
from jobs.errors import InputError
from mdlc_constructs.settings.payloads.channels import ChannelSection
from mdlc_constructs.settings.payloads.verdict import Verdict
from tests.jobs.channels.pictures import RULES, digits, plan_of, png, write

pytestmark = pytest.mark.slow

TRAIN = ChannelSection(name="train", uri="s3://b/train/", reading="images", classes_from="folder")
VALIDATION = ChannelSection(name="validation", uri="s3://b/v/", reading="images", classes_from="folder")


def checked(folder: Path, *sections: ChannelSection, **more: Any) -> tuple[Verdict, dict[str, Any]]:
    """The verdict, and the report that was written."""
    plan, folders = plan_of(folder, sections, **more)
    verdict = channels.run(plan, folders)
    report = json.loads((folder / "output" / "report" / "report.json").read_text())
    assert report["passed"] == verdict.passed
    assert (folder / "output" / "report" / "report.html").read_text().startswith("<!doctype html>")
    return verdict, report


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with 200 digits to train on, and 60 others."""
    write(tmp_path / "input" / "data-train", digits(200))
    write(tmp_path / "input" / "data-validation", digits(60, first=200))
    return tmp_path


def test_260_good_images_pass_and_are_counted_by_class(pictures: Path) -> None:
    verdict, report = checked(pictures, TRAIN, VALIDATION)
    assert verdict == Verdict(passed=True, metrics={"findings": 0, "channels": 2}, rows=260)
    train = report["channels"][0]
    assert (train["objects"], train["examples"], train["refused"], train["repeated"]) == (200, 200, 0, 0)
    assert sorted(train["classes"]) == list("0123456789") and sum(train["classes"].values()) == 200
    page = (pictures / "output" / "report" / "report.html").read_text()
    assert page.count("<svg") == 2 and "Number of examples of each class in the channel train" in page
    assert not (pictures / "output" / "report" / "refused.csv").exists()


def test_broken_empty_and_repeated_images_are_refused_by_name(pictures: Path) -> None:
    train = pictures / "input" / "data-train"
    good = (train / "0" / "0000.png").read_bytes()
    write(
        train,
        [
            ("3/cut.png", good[:-20]),
            ("3/damaged.png", good[:50] + bytes([good[50] ^ 1]) + good[51:]),
            ("4/empty.png", b""),
            ("5/text.png", b"no image at all"),
            ("7/again.png", good),
        ],
    )
    write(pictures / "input" / "data-validation", [("1/seen.png", (train / "1" / "0001.png").read_bytes())])
    verdict, report = checked(pictures, TRAIN, VALIDATION)
    assert not verdict.passed
    rules = {finding["rule"]: finding["message"] for finding in report["findings"] if finding["fails"]}
    assert rules["unreadable"] == (
        "Channel train: 3 of 205 examples cannot be read (1.5%; 0.0% may be): 3/cut.png is cut off in the "
        "chunk IDAT; 3/damaged.png has a damaged chunk IDAT; 5/text.png is neither a PNG nor a JPEG."
    )
    assert rules["empty"] == "Channel train: 1 of 205 examples are empty: 4/empty.png is empty."
    assert rules["duplicates"].endswith("7/again.png is 0/0000.png.")
    assert rules["two_classes"].endswith("have two classes, such as 0/0000.png and 7/again.png.")
    assert rules["shared"].startswith(
        "Channel validation: 1 examples are also in train (1.6%; 0.0% may be), "
    )
    with (pictures / "output" / "report" / "refused.csv").open() as stream:
        refused = {row["file"]: row["problem"] for row in csv.DictReader(stream)}
    assert refused == {
        "3/cut.png": "unreadable",
        "3/damaged.png": "unreadable",
        "4/empty.png": "empty",
        "5/text.png": "unreadable",
    }


def test_shares_of_broken_and_repeated_images_may_be_allowed(pictures: Path) -> None:
    write(pictures / "input" / "data-train", [("5/text.png", b"no image at all")])
    rules = {**RULES, "maximum_unreadable_share": 0.01}
    verdict, report = checked(pictures, TRAIN, VALIDATION, rules=rules)
    assert verdict.passed and [finding["rule"] for finding in report["findings"]] == ["unreadable"]


def test_classes_must_be_learned_and_numerous(tmp_path: Path) -> None:
    write(tmp_path / "input" / "data-train", [("cat/1.png", png([[1]])), ("cat/2.png", png([[2]]))])
    write(tmp_path / "input" / "data-validation", [("dog/3.png", png([[3]])), ("4.png", png([[4]]))])
    verdict, _ = checked(tmp_path, TRAIN, VALIDATION, rules={**RULES, "minimum_per_class": 3})
    assert verdict.reasons == (
        "Channel validation: 1 of 2 examples cannot be read (50.0%; 0.0% may be): 4.png is in no folder of a "
        "class.",
        "Channel train has only the class 'cat': nothing can be learned.",
        "Channel train: 'cat (2)' has fewer than 3 examples.",
        "Channel validation has 'dog', of which train has no example.",
    )


LINES = "__label__bird a small brown wren\n\n__label__plane a jet with two engines\n"


def lines_of(name: str) -> ChannelSection:
    return ChannelSection(name=name, uri=f"s3://b/{name}/", reading="lines", classes_from="prefix")


def test_a_holdout_of_lines_is_written_as_records_and_keys(tmp_path: Path) -> None:
    write(tmp_path / "input" / "data-train", [("a.txt", (LINES + LINES.replace("a ", "the ")).encode())])
    write(
        tmp_path / "input" / "data-holdout", [("h.txt", b'__label__plane a "glider"\n__label__bird one owl')]
    )
    sections = (lines_of("train"), lines_of("holdout"))
    verdict, _ = checked(tmp_path, *sections, holdout="holdout", classes=["bird", "plane"])
    assert verdict.passed and verdict.rows == 6, verdict
    split = tmp_path / "output" / "split"
    records = [json.loads(line) for line in (split / "holdout" / "holdout.jsonl").read_text().splitlines()]
    assert records == [{"source": 'a "glider"', "k": 2}, {"source": "one owl", "k": 2}]
    with duckdb.connect() as connection:
        keys = connection.execute(
            f"SELECT row, row_key, label FROM '{split}/holdout_keys/keys.parquet'"
        ).fetchall()
    assert keys == [(0, "h.txt#1", 1.0), (1, "h.txt#2", 0.0)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"a bird without a label\n", "a.txt line 7 does not begin with __label__ and a class."),
        (b"__label__bird\n", "a.txt line 7 has a class and no text."),
        (b"__label__bird \xff\xfe\n", "a.txt line 7 is not UTF-8."),
        (b"__label__fish a trout\n__label__fish a carp\n", "has 'fish', not declared in classes"),
    ],
)
def test_a_line_that_nothing_is_learned_from_is_named(tmp_path: Path, line: bytes, reason: str) -> None:
    text = (LINES + LINES.replace("a ", "the ")).encode() + line
    write(tmp_path / "input" / "data-train", [("a.txt", text)])
    write(tmp_path / "input" / "data-holdout", [("h.txt", b"__label__bird an owl\n")])
    sections = (lines_of("train"), lines_of("holdout"))
    verdict, _ = checked(tmp_path, *sections, holdout="holdout", classes=["bird", "plane"])
    assert not verdict.passed and reason in verdict.reasons[0]
    assert not (tmp_path / "output" / "split").exists()


def test_a_list_of_images_says_their_classes_and_which_are_missing(tmp_path: Path) -> None:
    write(tmp_path / "input" / "data-train", [(f"{n}.png", png([[n]])) for n in range(4)])
    listed = "".join(f"{n}\t{n % 2}\t{n}.png\n" for n in range(5))
    write(tmp_path / "input" / "data-train_lst", [("train.lst", listed.encode())])
    images = ChannelSection(name="train", uri="s3://b/t/", reading="images")
    listing = ChannelSection(name="train_lst", uri="s3://b/l/", reading="listing", classes_from="lst")
    verdict, report = checked(tmp_path, images, listing)
    assert verdict.reasons == (
        "Channel train_lst: 1 of 5 examples name objects that are missing: train.lst line 5 names 4.png, "
        "which is no object of train.",
    )
    assert report["channels"][1]["classes"] == {"0": 2, "1": 2}


def test_an_augmented_manifest_is_read_with_the_images_that_it_names(tmp_path: Path) -> None:
    section = ChannelSection(
        name="train",
        uri="s3://b/m/train.manifest",
        kind="AugmentedManifestFile",
        reading="records",
        objects="s3://b/images/",
        attributes=("source-ref", "class"),
        classes_from="attribute",
    )
    write(tmp_path / "input" / "objects-train", [(f"{n}.png", png([[n]])) for n in range(4)])
    lines = [{"source-ref": f"s3://b/images/{n}.png", "class": n % 2, "other": 1} for n in range(4)]
    text = "\n".join(map(json.dumps, lines)).encode()
    write(tmp_path / "input" / "data-train", [("train.manifest", text)])
    verdict, report = checked(tmp_path, section)
    assert verdict.passed and report["channels"][0]["classes"] == {"0": 2, "1": 2}
    write(tmp_path / "input" / "objects-train", [("3.png", b"broken"), ("2.png", b"")])
    verdict, _ = checked(tmp_path, section)
    assert "train.manifest line 3 names 2.png, which is empty." in verdict.reasons[0]
    assert "train.manifest line 4 names 3.png, which is neither a PNG nor a JPEG." in verdict.reasons[1]


def test_an_object_that_was_replaced_after_planning_stops_the_job(pictures: Path) -> None:
    plan, folders = plan_of(pictures, (TRAIN, VALIDATION))
    (pictures / "input" / "data-train" / "0" / "0000.png").write_bytes(b"other")
    with pytest.raises(InputError, match=r"0/0000\.png has 5 bytes, planned were .*start again"):
        channels.run(plan, folders)
