from datetime import UTC, datetime

import pytest

from lambdas.functions.plan_monitoring.labels import LabelFiles
from lambdas.planning.errors import NoData
from lambdas.planning.sources import checksum, data_version, is_data, list_files
from lambdas.triggers.dataset_size import dataset_size
from tests.lambdas.fakes import FakeS3


def test_files_are_listed_over_pages_by_name_with_their_checksums() -> None:
    s3 = FakeS3(
        {
            "b/raw/c.csv": {"Size": 3, "ETag": '"e"', "ChecksumCRC32": "c=="},
            "b/raw/": {"Size": 0, "ETag": '"e"'},
            "b/raw/x/a.csv": {"Size": 1, "ETag": '"e"', "ChecksumCRC64NVME": "n=", "ChecksumSHA1": "s"},
            "b/raw/b.csv": {"Size": 2, "ETag": '"e"', "VersionId": "v1"},
            "b/other/z.csv": {"Size": 9, "ETag": '"e"'},
        }
    )
    files = list_files(s3, "s3://b/raw/")
    assert [(f.name, f.size, f.algorithm, f.value) for f in files] == [
        ("b.csv", 2, "VERSION", "v1"),
        ("c.csv", 3, "CRC32", "c=="),
        ("x/a.csv", 1, "CRC64NVME", "n="),
    ]


def test_markers_are_no_data_and_do_not_change_its_version() -> None:
    data = {"b/raw/part-0.parquet": {"Size": 3, "ETag": '"e"'}}
    markers = {
        "b/raw/_SUCCESS": {"Size": 0, "ETag": '"s"'},
        "b/raw/_committed_1": {"Size": 9, "ETag": '"c"'},
        "b/raw/x/.part-0.parquet.crc": {"Size": 1, "ETag": '"p"'},
    }
    files = list_files(FakeS3(data | markers), "s3://b/raw/")
    assert [f.name for f in files] == ["part-0.parquet"]
    assert data_version(files) == data_version(list_files(FakeS3(data), "s3://b/raw/"))
    with pytest.raises(NoData, match=r"Names of files and folders beginning with _ or \. do not"):
        list_files(FakeS3(markers), "s3://b/raw/")


@pytest.mark.parametrize(
    ("below", "held"),
    [
        ("_temporary/0/part-0.csv", False),
        ("day=1/_temporary/0/part-0.csv", False),
        (".ipynb_checkpoints/a-checkpoint.csv", False),
        ("_delta_log/00000000000000000000.json", False),
        ("x/.hidden/y/a.csv", False),
        ("_x=1", False),
        ("_x=1/", False),
        ("_x=1/_SUCCESS", False),
        ("_x=1/a.csv", True),
        ("x/.y=2/_z=3/a.csv", True),
        ("a_b/c.d/e_f.csv", True),
        ("=/_a.csv", False),
    ],
)
def test_every_part_of_a_name_below_the_prefix_says_whether_it_is_data(below: str, held: bool) -> None:
    assert is_data(f"raw/{below}", "raw/") is held
    # Who configures a prefix means it, hidden or not.
    assert is_data(f"_raw/.v1/{below}", "_raw/.v1/") is held


def test_folders_of_unfinished_writes_are_no_data_for_any_reader() -> None:
    written = {"Size": 5, "ETag": '"e"', "LastModified": datetime(2024, 1, 1, tzinfo=UTC)}
    s3 = FakeS3(
        {"b/raw/a.csv": written, "b/raw/_temporary/0/part-0.csv": written, "b/raw/_d=1/b.csv": written}
    )
    assert [file.name for file in list_files(s3, "s3://b/raw/")] == ["_d=1/b.csv", "a.csv"]
    assert [key for key, *_ in LabelFiles.below(s3, "s3://b/raw/").listed] == [
        "raw/a.csv",
        "raw/_d=1/b.csv",
    ]
    assert (dataset_size(s3, "s3://b/raw/").files, dataset_size(s3, "s3://b/raw/").size) == (2, 10)


def test_a_prefix_with_no_objects_names_the_prefix_and_the_remedy() -> None:
    with pytest.raises(NoData, match=r"No objects under s3://b/raw/: upload the data"):
        list_files(FakeS3({"b/raw/": {"Size": 0, "ETag": '"e"'}}), "s3://b/raw/")


@pytest.mark.parametrize(
    ("head", "identity"),
    [
        ({"ChecksumCRC32": "abc-3", "ETag": '"e"'}, ("COMPOSITE", "abc-3")),
        ({"ChecksumSHA256": "abc", "ChecksumType": "COMPOSITE", "ETag": '"e"'}, ("COMPOSITE", "abc")),
        ({"ETag": '"e"', "VersionId": "null"}, ("ETAG", "e")),
    ],
)
def test_the_strongest_identity_there_is_is_taken(head: dict[str, str], identity: tuple[str, str]) -> None:
    assert checksum(head) == identity


def test_the_data_version_changes_with_content_and_not_with_order() -> None:
    first = list_files(
        FakeS3({"b/a": {"Size": 1, "ETag": '"1"'}, "b/c": {"Size": 2, "ETag": '"2"'}}), "s3://b/"
    )
    assert data_version(first) == data_version(reversed(first))
    changed = list_files(
        FakeS3({"b/a": {"Size": 1, "ETag": '"9"'}, "b/c": {"Size": 2, "ETag": '"2"'}}), "s3://b/"
    )
    assert data_version(first) != data_version(changed)
