from lambdas.triggers.dataset_size import dataset_size
from lambdas.triggers.store import TrainingData
from tests.lambdas.fakes import FakeS3


def test_data_is_counted_and_markers_are_not() -> None:
    s3 = FakeS3(
        objects={
            "b/raw/a.csv": {"Size": 10},
            "b/raw/2013/b.csv": {"Size": 5},
            "b/raw/c.csv": {"Size": 1},
            "b/raw/_SUCCESS": {"Size": 0},
            "b/raw/.hidden": {"Size": 7},
            "b/raw/folder/": {"Size": 0},
            "b/other/d.csv": {"Size": 9},
        }
    )
    assert dataset_size(s3, "s3://b/raw/", rows=4) == TrainingData(files=3, size=16, rows=4)


def test_nothing_there_is_no_error() -> None:
    assert dataset_size(FakeS3(), "s3://b/raw/") == TrainingData()
