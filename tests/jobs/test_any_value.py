"""A value is the same in CSV, Parquet and JSON, and in training, batch, endpoint, labels and monitor."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.answers import AnswerShape
from jobs.commands import features, prepare, quality
from jobs.database import connect, literal
from jobs.monitoring.captures import stage_captures
from jobs.names import FAULT, PLACE, at_place
from jobs.plan import parse_plan
from jobs.reading import stage, wrong_values
from jobs.serving.program import Program
from jobs.serving.serve import ROWS, prepare_rows
from jobs.serving.values import canonical, read
from jobs.sources import InputFiles, examine
from jobs.values import canonical as canonical_sql
from mdlc_constructs.settings import rules as decision_rules
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile
from mdlc_constructs.settings.payloads.moments import Interval
from tests.examples_tried import examples
from tests.jobs.batches import Batch, rows
from tests.jobs.monitoring.windows import END, START, Window, event, opened
from tests.jobs.monitoring.windows import rows as served_rows

pytestmark = pytest.mark.slow

Values = Sequence[Any]
REFUSED = "refused"


def staged(folder: Path, path: Path, kind: str) -> list[Any]:
    """A file's column ``v`` as the jobs read it, in the order of ``n``."""
    with connect() as (connection, _):
        file = DataFile(name=path.name, size=0, checksum=Checksum(algorithm="", value=""))
        columns = {"n": "integer", "v": kind}
        sources: InputFiles = examine(connection, [file], folder, path.suffix[1:], columns)
        assert [*sources.problems, *stage(connection, sources, columns, folder / "staged")] == []
        wrong = {name for name, *_ in wrong_values(connection, columns)}
        found = connection.execute("SELECT v FROM staged ORDER BY n").fetchall()
    return [REFUSED if value is None and "v" in wrong else value for (value,) in found]


def in_csv(folder: Path, values: Values, kind: str) -> list[Any]:
    """As pandas writes it, integers with holes as floating point included."""
    path = folder / "v.csv"
    pd.DataFrame({"n": range(len(values)), "v": pd.Series(list(values))}).to_csv(path, index=False)
    return staged(folder, path, kind)


def in_parquet(folder: Path, values: Values, kind: str) -> list[Any]:
    return _in_parquet(folder, values, kind, "v")


def in_binary(folder: Path, values: Values, kind: str) -> list[Any]:
    """As a column of bytes without annotation."""
    texts = [None if value is None else str(value) for value in values]
    return _in_parquet(folder, texts, kind, "encode(v)")


def _in_parquet(folder: Path, values: Values, kind: str, stored: str) -> list[Any]:
    path = folder / "v.parquet"
    with duckdb.connect() as connection:
        connection.register("given", pd.DataFrame({"n": range(len(values)), "v": pd.Series(list(values))}))
        connection.execute(f"COPY (SELECT n, {stored} AS v FROM given) TO '{path}' (FORMAT parquet)")
    return staged(folder, path, kind)


def asked(values: Values, kind: str) -> list[Any]:
    """As a request's JSON."""
    found = []
    for value in values:
        try:
            found.append(read(json.loads(json.dumps(value)), kind, empty_is_missing=True))
        except ValueError:
            found.append(REFUSED)
    return found


def captured(folder: Path, values: Values, kind: str) -> list[Any]:
    """As the monitor reads the captured request."""
    row = served_rows(1)[0]
    (folder / "c.jsonl").write_text(event([{**row, "v": value} for value in values]) + "\n")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        stage_captures(
            connection,
            folder,
            ["c.jsonl"],
            {"v": kind},
            folder / "staged.parquet",
            window=Interval(start=START.isoformat() + "Z", end=END.isoformat() + "Z"),
            version=7,
            shape=AnswerShape(task="binary"),
            empty_is_missing=True,
        )
        found = connection.execute(
            f"SELECT {FAULT}, {at_place(0)} FROM '{folder / 'staged.parquet'}' ORDER BY {PLACE}"
        ).fetchall()
    assert not any(fault for fault, _ in found)
    return [value for _, value in found]


LONGEST = st.sampled_from([2**53 + 1, 2**53, -(2**53) - 1])
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-20, 20) | LONGEST
EXACT = st.integers(-(2**53) + 1, 2**53 - 1)
CHARACTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"))
WORDS = st.text(CHARACTERS, min_size=1, max_size=6).filter(lambda text: text.strip() != "")
LIKE_OTHERS = st.sampled_from(["2.0", "01", "1.10", "True", "false", "1e3"])
COLUMNS = {
    "integers": st.lists(WHOLE, min_size=1, max_size=8),
    # As pandas holds them: floating point.
    "integers with holes": st.lists(st.none() | EXACT, min_size=2, max_size=8).filter(
        lambda values: None in values and any(value is not None for value in values)
    ),
    "floats": st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=1, max_size=8),
    "booleans": st.lists(st.booleans(), min_size=1, max_size=4),
    "texts": st.lists(WORDS | LIKE_OTHERS, min_size=1, max_size=8),
}
ANY_COLUMN = st.sampled_from(sorted(COLUMNS)).flatmap(COLUMNS.__getitem__)


@settings(max_examples=examples(12), derandomize=True)
@given(values=ANY_COLUMN, kind=st.sampled_from(["category", "text"]))
@example(values=[True, False], kind="category")
@example(values=[2, None, 3], kind="category")
@example(values=[2**53 + 1], kind="text")
@example(values=["fré", "2.0"], kind="category")
def test_a_category_is_the_same_however_it_is_written(
    values: list[Any], kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("case")
    expected = asked(values, kind)
    assert in_csv(folder, values, kind) == expected
    assert in_parquet(folder, values, kind) == expected
    assert captured(folder, values, kind) == expected
    if not any(isinstance(value, float) for value in values):
        assert in_binary(folder, values, kind) == expected


@settings(max_examples=examples(8), derandomize=True)
@given(values=COLUMNS["integers"] | COLUMNS["integers with holes"])
@example(values=[2**53 + 1, 2**63 - 1])
def test_an_integer_is_exact_in_every_path(
    values: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("case")
    expected = [value if value is None else int(value) for value in values]
    assert asked(values, "integer") == in_csv(folder, values, "integer") == expected
    assert in_parquet(folder, values, "integer") == captured(folder, values, "integer") == expected
    assert in_binary(folder, values, "integer") == expected


@pytest.mark.parametrize("value", [2.0**53, -(2.0**53), 1e17, float(2**63)])
def test_an_integer_as_floating_point_that_may_be_another_is_refused(tmp_path: Path, value: float) -> None:
    assert asked([value], "integer") == [REFUSED]
    assert in_csv(tmp_path, [value], "integer") == in_parquet(tmp_path, [value], "integer") == [REFUSED]


def test_bytes_that_are_no_text_are_a_problem_of_their_row(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    with duckdb.connect() as connection:
        bad = r"SELECT 1, 'fr\xC3'::BLOB"
        connection.execute(
            f"COPY (SELECT 0 AS n, encode('fré') AS v UNION ALL {bad}) TO '{path}' (FORMAT parquet)"
        )
    assert staged(tmp_path, path, "category") == staged(tmp_path, path, "text") == ["fré", REFUSED]


@settings(max_examples=examples(200), derandomize=True)
@given(text=st.from_regex(r"-?[0-9]{0,17}\.?0?", fullmatch=True) | WORDS)
@example(text="9007199254740991.0")
@example(text="9007199254740992.0")
def test_the_ways_of_writing_are_the_same_in_sql_and_both_pythons(
    text: str, database: duckdb.DuckDBPyConnection
) -> None:
    (found,) = database.execute(f"SELECT {canonical_sql(literal(text))}").fetchall()[0]
    assert found == canonical(text) == canonical(found) == decision_rules.canonical(text)


@pytest.fixture(scope="module")
def database() -> Any:
    with connect() as (connection, _):
        yield connection


def training_csv(made: Sequence[Mapping[str, Any]]) -> str:
    stream = StringIO(newline="")
    writer = csv.DictWriter(stream, list(made[0]))
    writer.writeheader()
    writer.writerows(made)
    return stream.getvalue()


def with_pandas_values() -> list[dict[str, Any]]:
    """Rows whose category was integers with holes, and whose flag is Python's: as pandas writes them."""
    return [
        {**row, "kind": ["2.0", "7.0", ""][place % 3], "flag": str(row["flag"] == "true"), "id": f"{place}.0"}
        for place, row in enumerate(rows())
    ]


DECLARED = {"columns": {"flag": "category", "id": "text"}}


def document(batch: Batch, **sections: Any) -> dict[str, Any]:
    found = batch.document(**sections)
    found["dataset"]["columns"]["flag"] = "category"
    return found


def test_a_model_of_pandas_csv_knows_what_json_says(batch: Batch) -> None:
    batch.write("rows.csv", training_csv(with_pandas_values()))
    features.run(parse_plan(document(batch)), batch.folders())
    program = Program.read(batch.output("program"))
    codes = {step.feature: step.values for step in program.steps}
    assert set(codes["kind"]) == {"2", "7"} and set(codes["flag"]) == {"true", "false"}
    written = prepare_rows(
        program, b'{"kind": "2.0", "flag": "False"}\n{"kind": 2, "flag": false}\n{"kind": 2.0}', ROWS
    )
    assert isinstance(written, tuple) and isinstance(written[0], str)
    first, second, third = (line.split(",") for line in written[0].splitlines())
    assert first == second and third[2] == first[2]


def test_a_program_of_an_earlier_release_reads_what_it_was_fitted_on(batch: Batch) -> None:
    batch.write("rows.csv", training_csv(with_pandas_values()))
    features.run(parse_plan(document(batch)), batch.folders())
    path = batch.output("program", "program.json")
    old = json.loads(path.read_text())
    for step in old["steps"]:
        if step["kind"] == "category":
            step["values"] = {
                f"{value}.0" if value.isdigit() else value.title(): code
                for value, code in step["values"].items()
            }
    scoring = Batch(batch.folder / "batch")
    scoring.write("rows.csv", training_csv(with_pandas_values()[:20]))
    shards = []
    for release, text in (("new", path.read_text()), ("old", json.dumps(old))):
        (batch.folder / release).mkdir()
        (batch.folder / release / "program.json").write_text(text)
        plan = parse_plan(document(scoring, workflow="batch", split={}))
        prepare.run(plan, scoring.folders(release, program=batch.folder / release))
        shards.append(next((scoring.folder / release).rglob("*.csv")).read_text())
    assert shards[0] == shards[1]


def test_accepted_values_and_the_positive_label_are_compared_as_values_are_written(batch: Batch) -> None:
    batch.write("one.csv", training_csv([{**row, "y": str(row["y"] == 1)} for row in with_pandas_values()]))
    sections = {"quality": {"accepted_values": {"kind": ["2.0", "7"], "flag": ["True", "false"]}}}
    plan = document(batch, **sections)
    plan["dataset"]["columns"]["y"] = "category"
    plan["dataset"]["positive"] = "TRUE"
    verdict = quality.run(parse_plan(plan), batch.folders())
    assert verdict.passed, verdict.reasons
    report = json.loads(batch.output("report", "report.json").read_text())
    assert report["label"]["mean"] == pytest.approx(sum(row["y"] for row in rows()) / 300)


def test_labels_whose_key_became_a_floating_point_number_are_joined(window: Window) -> None:
    made = [{**row, "id": 100_000 + place} for place, row in enumerate(served_rows(30))]
    window.capture(event(row) for row in made)
    window.label({**row, "id": f"{row['id']}.0"} for row in made)
    with opened(window) as read_window:
        assert (read_window.labels.labelled, read_window.labels.notes) == (30, ())


def test_request_ids_that_became_floating_point_numbers_are_joined(window: Window) -> None:
    made = served_rows(4)
    window.capture(event(row, identity=str(100 + place)) for place, row in enumerate(made))
    window.label([{"request_id": 100.0 + place, "value": 1} for place in range(4)], "labels.jsonl")
    with opened(window, labels={"by": "inference_id", "format": "jsonl"}) as read_window:
        assert read_window.labels.labelled == 4


def test_labels_that_match_nothing_are_told_with_both_sides(window: Window) -> None:
    made = served_rows(3)
    window.capture(event(row) for row in made)
    window.label({**row, "id": f"order-{row['id']}"} for row in made)
    with opened(window) as read_window:
        assert read_window.labels.notes == (
            "No label is about a row of this window: labels are of 'order-r1-0', for example, and rows of "
            "'r1-0'. If they are the same, write them alike.",
        )
