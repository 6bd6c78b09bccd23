import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands import check, features, prepare
from jobs.errors import InputError, PlanError
from jobs.folders import Folders
from jobs.plan import Plan, parse_plan
from jobs.verification import sha256_of
from mdlc_constructs.settings.payloads.verdict import Verdict
from tests.jobs.batches import DATASET, HEADER, Batch, rows
from tests.jobs.record_messages import read_records

pytestmark = pytest.mark.slow

SCORING = [name for name in HEADER if name not in ("y", "after")]


@pytest.fixture
def prepared(filled: Batch) -> Batch:
    """A batch that was prepared and scored: each row's score is its place in its file, as a share."""
    features.run(filled.plan(), filled.folders())
    made = Batch(filled.folder / "batch")
    fresh = rows(60, seed=9)
    made.write("a.csv", fresh[:40], header=SCORING)
    made.write("b.csv", fresh[40:], header=SCORING)
    prepare.run(planned(made), made.folders(program=filled.output("program")))
    for records in made.output("shards").rglob("*.csv"):
        lines = len(records.read_text().splitlines())
        answer(made, records.stem, "\n".join(str(number / lines) for number in range(lines)))
    return made


def answer(batch: Batch, name: str, text: str) -> Path:
    path = batch.folder / "scores" / "00" / f"{name}.csv.out"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def planned(batch: Batch, **sections: Any) -> Plan:
    package = {"arn": "arn:package", "version": 4}
    about = {"package": package, "predicted_at": "2024-06-01T08:00:00.123Z", **sections}
    return batch.plan(workflow="batch", split=None, **about)


def run(batch: Batch, plan: Plan | None = None) -> Verdict:
    folders = Folders(
        input_base=batch.folder / "nothing",
        output_base=batch.folder / "checked",
        inputs={"keys": batch.output("keys"), "predictions": batch.folder / "scores"},
    )
    return check.run(plan or planned(batch), folders)


def read(batch: Batch) -> list[tuple[Any, ...]]:
    parts = batch.folder / "checked" / "parts" / "*.parquet"
    query = f"SELECT {', '.join(check.COLUMNS)} FROM read_parquet('{parts}')"
    return duckdb.connect().execute(query).fetchall()


def test_every_row_gets_its_own_score(prepared: Batch) -> None:
    assert run(prepared) == Verdict(passed=True, metrics={"parts": 2}, rows=60)
    scores = {record[1]: record[4] for record in read(prepared)}
    assert len(scores) == 60
    fresh = rows(60, seed=9)
    for part in (fresh[:40], fresh[40:]):
        for number, row in enumerate(sorted(part, key=lambda row: (row["at"], row["id"]))):
            assert scores[row["id"]] == number / len(part)


def test_a_record_says_what_answered_and_when(prepared: Batch) -> None:
    run(prepared)
    record = dict(zip(check.COLUMNS, read(prepared)[0], strict=True))
    assert record["model_package_version"] == 4
    assert record["predicted_at"].isoformat() == "2024-06-01T08:00:00.123000"
    assert record["entity"].startswith("w")
    ids = [row[0] for row in read(prepared)]
    assert len(set(ids)) == 60
    run(prepared)
    assert [row[0] for row in read(prepared)] == ids


def test_rows_that_share_a_key_have_ids_of_their_own_that_stay(filled: Batch) -> None:
    features.run(filled.plan(), filled.folders())
    same = [{**row, "id": "same"} for row in rows(30)]
    found = []
    for name, made in (("one", same), ("two", same[::-1])):
        batch = Batch(filled.folder / name)
        for file in ("a", "again"):
            batch.write(f"{file}.csv", made, header=SCORING)
        plan = planned(batch, quality={"unique_key": False})
        prepare.run(plan, batch.folders(program=filled.output("program")))
        for file in ("00000-a", "00001-again"):
            answer(batch, file, "0.5\n" * 30)
        assert run(batch, plan).passed
        assert len({record[0] for record in read(batch)}) == 60
        found.append({record[:4] for record in read(batch)})
    assert found[0] == found[1], "a row keeps its id however its file is sorted"


def test_the_manifest_lists_the_parts_with_their_digests(prepared: Batch) -> None:
    run(prepared)
    manifest = json.loads((prepared.folder / "checked" / "staged" / "manifest.json").read_text())
    assert manifest["rows"] == sum(part["rows"] for part in manifest["parts"]) == 60
    for part in manifest["parts"]:
        # Names are relative to where the manifest is published, beside the folder of parts.
        assert sha256_of(prepared.folder / "checked" / part["name"]) == part["sha256"]


def test_rows_are_written_for_clients_only_when_they_are_delivered(prepared: Batch) -> None:
    run(prepared)
    assert not (prepared.folder / "checked" / "delivery").exists()
    verdict = run(prepared, planned(prepared, delivery={"to": "table", "key": "row_key", "columns": []}))
    assert verdict.metrics == {"parts": 2, "delivery_files": 1, "delivery_rows": 60}
    (path,) = (prepared.folder / "checked" / "delivery").iterdir()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    scores = {record[1]: record[4] for record in read(prepared)}
    assert {row["key"]: row["score"] for row in rows} == scores


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.5\n" * 19, "b.csv: 19 scores for 20 rows."),
        ("0.5\n" * 21, "b.csv: 21 scores for 20 rows."),
        ("0.5\n" * 19 + "oops", "b.csv: 1 scores are no finite numbers."),
        ("0.5\n" * 19 + "1.5", "b.csv: scores run from 0.5 to 1.5; probabilities lie from 0 to 1."),
    ],
)
def test_a_fault_in_one_file_refuses_all_and_writes_nothing(prepared: Batch, text: str, said: str) -> None:
    answer(prepared, "00001-b", text)
    verdict = run(prepared)
    assert not verdict.passed
    assert list(verdict.reasons) == [said]
    assert not (prepared.folder / "checked" / "parts").exists()
    assert not (prepared.folder / "checked" / "staged").exists()


def test_a_file_without_answers_is_a_verdict(prepared: Batch) -> None:
    answer(prepared, "00001-b", "").unlink()
    assert run(prepared).reasons[0].startswith("b.csv: There are no answers")


def test_lost_keys_and_half_a_plan_are_errors(prepared: Batch) -> None:
    with pytest.raises(PlanError, match="predicted_at"):
        run(prepared, planned(prepared, predicted_at=None))
    prepared.output("keys", "00001-b.parquet").unlink()
    with pytest.raises(InputError, match=r"No keys of b\.csv"):
        run(prepared)


def test_predictions_of_classes_have_the_class_and_each_probability(filled: Batch) -> None:
    classes = {
        "columns": {**DATASET["columns"], "y": "category"},
        "task": "multiclass",
        "classes": list("abc"),
    }
    made = Batch(filled.folder / "batch")
    made.write("a.csv", rows(2, seed=9), header=SCORING)
    made.write("b.csv", rows(3, seed=8)[2:], header=SCORING)
    features.run(filled.plan(), filled.folders())
    prepare.run(planned(made), made.folders(program=filled.output("program")))
    answer(made, "00000-a", "[0.1, 0.7, 0.2]\n[0.4, 0.4, 0.2]\n")
    answer(made, "00001-b", "0.2,0.2,0.6\n")
    verdict = run(made, planned(made, dataset=classes))
    assert verdict.passed, verdict.reasons
    parts = made.folder / "checked" / "parts" / "*.parquet"
    found = duckdb.connect().execute(
        f"SELECT prediction, score, probabilities FROM read_parquet('{parts}') ORDER BY row_key"
    )
    assert found.fetchall() == [
        ("b", 0.7, [0.1, 0.7, 0.2]),
        ("a", 0.4, [0.4, 0.4, 0.2]),
        ("c", 0.6, [0.2, 0.2, 0.6]),
    ]
    manifest = json.loads((made.folder / "checked" / "staged" / "manifest.json").read_text())
    assert manifest["classes"] == list("abc")
    assert manifest["columns"] == [*check.COLUMNS, "prediction", "probabilities"]
    answer(made, "00001-b", "0.6\n")
    verdict = run(made, planned(made, dataset=classes))
    assert verdict.reasons[0].startswith("b.csv: 1 numbers for 1 rows; a row's answer has 3, one for each of")


def answered(filled: Batch, task: str, *texts: str) -> tuple[Batch, Verdict]:
    """A batch of two rows and one row, with the lines of the answers to each file."""
    about = {"task": task, "label": None}
    features.run(filled.plan(dataset=about, importance=None), filled.folders())
    made = Batch(filled.folder / "batch")
    made.write("a.csv", rows(2, seed=9), header=SCORING)
    made.write("b.csv", rows(3, seed=8)[2:], header=SCORING)
    prepare.run(planned(made, dataset=about), made.folders(program=filled.output("program")))
    for name, text in zip(("00000-a", "00001-b"), texts, strict=True):
        answer(made, name, text)
    delivery = {"to": "events", "columns": ["row_key"], "detail_type": "d"}
    return made, run(made, planned(made, dataset=about, delivery=delivery))


@pytest.mark.parametrize(
    ("task", "texts", "columns", "expected"),
    [
        (
            "cluster",
            (
                '{"closest_cluster": 1.0, "distance_to_cluster": 3.0}\n{"closest_cluster": 0.0, '
                '"distance_to_cluster": 0.5}\n',
                "2.0,0.25\n",
            ),
            ["cluster", "distance"],
            [(3.0, 1, 3.0), (0.5, 0, 0.5), (0.25, 2, 0.25)],
        ),
        (
            "embedding",
            ('{"projection": [1.0, 2.0]}\n{"projection": [3.0, 4.0]}\n', "[5.0, 6.0]\n"),
            ["vector"],
            [(1.0, [1.0, 2.0]), (3.0, [3.0, 4.0]), (5.0, [5.0, 6.0])],
        ),
        ("anomaly", ('{"score": 0.5}\n{"score": 2.5}\n', "1.5\n"), [], [(0.5,), (2.5,), (1.5,)]),
    ],
)
def test_answers_of_tasks_without_labels_are_published_and_delivered(
    filled: Batch, task: str, texts: tuple[str, str], columns: list[str], expected: list[tuple[Any, ...]]
) -> None:
    made, verdict = answered(filled, task, *texts)
    assert verdict.passed, verdict.reasons
    parts = made.folder / "checked" / "parts" / "*.parquet"
    selected = ", ".join(["score", *columns])
    found = duckdb.connect().execute(f"SELECT {selected} FROM read_parquet('{parts}')").fetchall()
    assert sorted(found, key=str) == sorted(expected, key=str)
    manifest = json.loads((made.folder / "checked" / "staged" / "manifest.json").read_text())
    assert manifest["columns"] == [*check.COLUMNS, *columns]
    lines = (made.folder / "checked" / "delivery" / "0.jsonl").read_text().splitlines()
    delivered = [json.loads(line) for line in lines]
    assert sorted([tuple(row[name] for name in ("score", *columns)) for row in delivered], key=str) == sorted(
        expected, key=str
    )


@pytest.mark.parametrize(
    ("task", "texts", "said"),
    [
        ("cluster", ("1,2\n", "0,1\n"), "a.csv: 2 numbers for 2 rows; a row's answer has 2, one for each of"),
        ("cluster", ("1,2\n0,nan\n", "0,1\n"), "a.csv: 1 of 2 answers hold what is no finite number."),
        ("cluster", ("1,2\n0.5,1\n", "0,1\n"), "a.csv: 1 of 2 answers are no number of a cluster"),
        (
            "cluster",
            ('{"score": 1}\n', "0,1\n"),
            "a.csv: The answers in 00000-a.csv.out have numbers with other",
        ),
        ("embedding", ("[1, 2]\n[3, 4]\n", "[1]\n"), "b.csv: 1 numbers for 1 rows; a row's answer has 2"),
        (
            "embedding",
            ("nonsense\nnonsense\n", "x\n"),
            "a.csv: 2 of 2 answers hold what is no finite number.",
        ),
        ("anomaly", ('{"score": NaN}\n{"score": 1}\n', "1\n"), "a.csv: 1 scores are no finite numbers."),
        ("anomaly", ('{"score": 1}\n', "1\n"), "a.csv: 1 scores for 2 rows."),
    ],
)
def test_answers_that_cannot_be_used_refuse_the_batch_in_a_sentence(
    filled: Batch, task: str, texts: tuple[str, str], said: str
) -> None:
    made, verdict = answered(filled, task, *texts)
    assert not verdict.passed and any(reason.startswith(said) for reason in verdict.reasons), verdict.reasons
    assert not list((made.folder / "checked").rglob("*.parquet"))


def test_a_package_that_takes_recordio_is_sent_recordio(filled: Batch) -> None:
    records = {"training": "recordio", "scoring": "recordio"}
    features.run(filled.plan(records=records), filled.folders())
    written = read_records(filled.output("split", "train", "train.pbr").read_bytes())
    assert {label[0] for _, label in written} == {0.0, 1.0} and {len(row) for row, _ in written} == {5}
    holdout = read_records(filled.output("split", "holdout", "holdout.pbr").read_bytes())
    assert {len(row) for row, _ in holdout} == {5} and not any(label for _, label in holdout)
    made = Batch(filled.folder / "batch")
    made.write("a.csv", rows(3, seed=9), header=SCORING)
    document = made.document(
        workflow="batch", split=None, package={"arn": "p", "version": 4}, predicted_at="2024-06-01T08:00:00Z"
    )
    document["data"]["files"][0]["shard"] = "00"
    plan = parse_plan(document)
    prepare.run(plan, made.folders(program=filled.output("program")))
    (shard,) = made.output("shards").rglob("*.pbr")
    assert shard.name == "00000-a.pbr" and len(read_records(shard.read_bytes())) == 3
    path = made.folder / "scores" / f"{shard.name}.out"
    path.parent.mkdir()
    path.write_text("".join(f'{{"score": 0.{n}, "predicted_label": 0}}\n' for n in (1, 2, 3)))
    assert run(made, plan).passed
    assert sorted(record[4] for record in read(made)) == [0.1, 0.2, 0.3]
