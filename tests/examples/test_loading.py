import io
import json
from pathlib import Path
from typing import Any

import pytest

from examples.flight_delay import loading
from tests.cli.fakes import FakeClient, FakeTarget


class Bucket(FakeClient):
    """Holds what was put, as S3 does."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[bytes, dict[str, str]]] = {}
        super().__init__(
            put_object=self._put,
            list_objects_v2=lambda Bucket, Prefix: {
                "Contents": [{"Key": key} for key in sorted(self.held) if key.startswith(Prefix)]
            },
            head_object=lambda Bucket, Key: {"Metadata": self.held[Key][1]},
            get_object=lambda Bucket, Key: {"Body": io.BytesIO(self.held[Key][0])},
        )

    def _put(self, Key: str, Body: bytes, Metadata: dict[str, str], **others: Any) -> None:
        assert others["ChecksumAlgorithm"] == "SHA256", (
            "the data version must rest on content, not on an ETag"
        )
        self.held[Key] = (Body, Metadata)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was written, instead of the flights."""
    names: list[str] = []

    def write(name: str) -> Any:
        def to(folder: Path, *months: object, celsius: bool = False) -> list[Path]:
            folder.mkdir(parents=True)
            path = folder / "2013-12.csv"
            path.write_text(json.dumps([name, celsius]))
            names.append(name)
            return [path]

        return to

    monkeypatch.setattr(loading, "write_dataset", write("labelled"))
    monkeypatch.setattr(loading, "write_scoring_input", write("unlabelled"))
    return names


def test_a_file_is_uploaded_once_and_again_when_its_content_changes(tmp_path: Path) -> None:
    bucket, path = Bucket(), tmp_path / "2013-01.csv"
    path.write_text("a")
    assert loading.upload(bucket, "b", "raw/training/2013-01.csv", path)
    assert not loading.upload(bucket, "b", "raw/training/2013-01.csv", path)
    path.write_text("b")
    assert loading.upload(bucket, "b", "raw/training/2013-01.csv", path)
    assert bucket.held["raw/training/2013-01.csv"][0] == b"b"


def test_results_replace_those_of_an_earlier_run(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.held = {
        "predictions/1/manifest.json": (b"{}", {}),
        "predictions/1/parts/part-0.parquet": (b"p", {}),
    }
    folder = tmp_path / "predictions"
    folder.mkdir()
    (folder / "old").touch()
    loading.download(FakeTarget(clients={"s3": bucket}), "s3://b/predictions/1/", folder)
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == ["manifest.json", "parts/part-0.parquet"]


def test_the_data_is_written_once_and_lands_where_the_stack_reads(tmp_path: Path, written: list[str]) -> None:
    bucket = Bucket()
    for _ in range(2):
        loading.load(FakeTarget(clients={"s3": bucket}), "b", tmp_path / "data")
    assert written == ["labelled", "unlabelled"]
    assert sorted(bucket.held) == ["raw/batch/2013-12.csv", "raw/training/2013-12.csv"]


def test_celsius_takes_the_place_of_the_training_data_until_it_is_loaded_again(
    tmp_path: Path, written: list[str]
) -> None:
    bucket = Bucket()
    target, data = FakeTarget(clients={"s3": bucket}), tmp_path / "data"
    loading.load(target, "b", data)
    before = dict(bucket.held)
    loading.load_celsius(target, "b", data / "celsius")
    assert bucket.held["raw/training/2013-12.csv"][0] == b'["labelled", true]'
    assert bucket.held["raw/batch/2013-12.csv"] == before["raw/batch/2013-12.csv"]
    loading.load(target, "b", data)
    assert bucket.held == before


def test_planes_are_written_once_and_what_is_left_over_again(monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, Any] = {}
    refused = ["N2"]

    def write(RequestItems: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
        left = []
        for request in RequestItems["planes"]:
            item = request["PutRequest"]["Item"]
            if item["tail_number"]["S"] in refused:
                refused.remove(item["tail_number"]["S"])
                left.append(request)
            else:
                held[item["tail_number"]["S"]] = item
        return {"UnprocessedItems": {"planes": left} if left else {}}

    client = FakeClient(
        batch_write_item=write,
        get_item=lambda TableName, Key: (
            {"Item": held[Key["tail_number"]["S"]]} if Key["tail_number"]["S"] in held else {}
        ),
    )
    known = [{"tail_number": f"N{number}", "seats": number} for number in range(30)]
    monkeypatch.setattr(loading, "planes", lambda: known)
    target = FakeTarget(clients={"dynamodb": client})
    loading.fill_planes(target, "planes")
    assert held["N7"] == {"tail_number": {"S": "N7"}, "seats": {"N": "7"}}
    assert len(held) == 30
    writes = len(client.calls)
    loading.fill_planes(target, "planes")
    assert [name for name, _ in client.calls[writes:]] == ["get_item"]
