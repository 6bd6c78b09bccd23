from jobs.records import numbered
from tests.jobs.batches import Batch


def test_names_are_flat_numbered_and_do_not_clash(batch: Batch) -> None:
    for name in ("b/x.csv", "a/x.csv.gz", "y.csv", "z[1]*ä?.csv", "z" * 200):
        batch.write(name, "content")
    assert [(file.name, name) for file, name in numbered(batch.plan())] == [
        ("a/x.csv.gz", "00000-x"),
        ("b/x.csv", "00001-x"),
        ("y.csv", "00002-y"),
        ("z[1]*ä?.csv", "00003-z-1-"),
        ("z" * 200, "00004-" + "z" * 60),
    ]
