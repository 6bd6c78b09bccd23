import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.database import connect, copy_to
from jobs.program import fit, to_sql
from jobs.reading import stage
from jobs.serving.program import Program, Step
from jobs.serving.recordio import encode
from jobs.serving.serve import (
    FEATURES,
    RECORDIO,
    ROWS,
    STEP,
    VERSION,
    Refusal,
    input_fn,
    model_fn,
    output_fn,
    predict_fn,
    prepare_rows,
)
from jobs.sources import examine
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile
from tests.examples_tried import examples

pytestmark = pytest.mark.slow

COLUMNS = {"key": "text", "n": "number", "i": "integer", "c": "category", "b": "boolean", "t": "timestamp"}
PROGRAM = Program(
    columns={"n": "number", "c": "category"},
    steps=(
        Step(feature="n", column="n", kind="number", fill=2.5),
        Step(feature="c", column="c", kind="category", fill=9.0, values={"a": 1.0}),
    ),
)
Ask = Callable[..., Any]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask a step as the image does: with text for some content types and bytes for the others."""
    (tmp_path / "program.json").write_text(PROGRAM.to_json())

    def asked(body: bytes | str, content_type: str = ROWS, step: str = "prepare", version: str = "7") -> Any:
        monkeypatch.setenv(STEP, step)
        monkeypatch.setenv(VERSION, version)
        model = model_fn(str(tmp_path))
        return output_fn(predict_fn(input_fn(body, content_type), model), "*/*")

    return asked


def test_rows_become_the_models_features(ask: Ask) -> None:
    body = b'{"n": 1, "c": "a", "more": {}}\n\n{"n": null, "c": "b\\u2028"}\r\n{"n": null}\n'
    assert ask(body) == ("1.0,1.0\n2.5,0.0\n2.5,9.0", FEATURES)
    assert ask('{"n": 1e-7}', "application/json; charset=utf-8") == ("1e-07,9.0", FEATURES)


def test_a_key_that_the_model_does_not_read_is_named_once_in_the_log(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(b'{"n": 1, "N": 2}\n{"c": "a", "N": 3, "\\n": 4}')
    assert capsys.readouterr().out.splitlines() == [
        'Rows have the key "N", which the model does not read.',
        'Rows have the key "\\n", which the model does not read.',
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the request holds no row: send one JSON object a line."),
        (b'{"n": 1}\nfar\n', 'line 2: "far" is no JSON: send one JSON object a line.'),
        (b"\xff", "is no JSON"),
        (b"[]", "line 1: [] is no JSON object: name each value's column."),
        (b'{"n": 1}\n{}', 'line 2, the row is empty: send some of "n", "c".'),
        (b'{"N": 1, "more": {}}', 'line 1, "N", "more" are no columns of the model: send some of "n", "c".'),
        (b"[" * 100_000, "is no JSON"),
        (b'{"n": 1}\n[1]', "line 2: [1] is no JSON object: name each value's column."),
        (
            b'{"n": 1}\n{"n": "far"}',
            "line 2, column 'n': \"far\" is no number: give a JSON number, or null when it is missing.",
        ),
        (b'{"c": ["a"]}', "line 1, column 'c': [\"a\"] is no text: give a JSON string, or null"),
    ],
)
def test_a_bad_row_is_the_callers_to_mend(ask: Ask, body: bytes, said: str) -> None:
    refusal = ask(body)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400
    assert said in refusal.message


def test_another_content_type_is_refused(ask: Ask) -> None:
    refusal = ask(b"1,2", "image/png")
    assert refusal.status == 415
    assert "'image/png': send application/jsonlines" in refusal.message


def test_a_refusal_answers_over_wsgi() -> None:
    told: list[Any] = []
    body = b"".join(Refusal(400, "ü \ud800")({}, lambda *given: told.append(given)))
    assert body.decode() == "ü \\ud800"
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    assert told == [("400 Bad Request", headers)]


@pytest.mark.parametrize(
    ("answer", "scores"),
    [
        ("0.25", [0.25]),
        ("0.25\n1e-3\n", [0.25, 0.001]),
        ("0.25,0.75\n0.5,0.5\n", [[0.25, 0.75], [0.5, 0.5]]),
        ("[0.25, 0.75]\n", [[0.25, 0.75]]),
        ("[3]", [[3.0]]),
        ("", []),
    ],
)
def test_each_answer_is_stamped_with_the_version(ask: Ask, answer: str, scores: list[Any]) -> None:
    body, kind = ask(answer.encode(), "text/csv; charset=utf-8", step="stamp")
    assert kind == ROWS
    assert [json.loads(line) for line in body.splitlines()] == [{"score": s, "version": 7} for s in scores]


@pytest.mark.parametrize("answer", ["0.2,0.5,0.3\n0.4,0.2,0.4\n", "[0.2, 0.5, 0.3]\n[0.4, 0.2, 0.4]\n"])
def test_an_answer_of_classes_names_the_class(tmp_path: Path, ask: Ask, answer: str) -> None:
    (tmp_path / "program.json").write_text(replace(PROGRAM, classes=("b", "ü", "a")).to_json())
    body, _ = ask(answer.encode(), "text/csv", step="stamp")
    first, second = (json.loads(line) for line in body.splitlines())
    assert first == {
        "prediction": "ü",
        "score": 0.5,
        "probabilities": {"b": 0.2, "ü": 0.5, "a": 0.3},
        "version": 7,
    }
    assert (second["prediction"], second["score"]) == ("b", 0.4)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("2", "has 1 numbers and the model has 3 classes: its container must answer a probability for each"),
        ("0.1,0.2,0.3,0.4", "has 4 numbers and the model has 3 classes"),
        ("0.5,0.6,0.3", r"\[0.5, 0.6, 0.3\] are no probabilities from 0 to 1 whose sum is 1"),
        ("1.5,-0.5,0", "are no probabilities"),
    ],
)
def test_an_answer_that_is_no_probability_of_each_class_is_the_models_mistake(
    tmp_path: Path, ask: Ask, answer: str, said: str
) -> None:
    (tmp_path / "program.json").write_text(replace(PROGRAM, classes=("b", "ü", "a")).to_json())
    with pytest.raises(ValueError, match=said):
        ask(answer, "text/csv", step="stamp")


@pytest.mark.parametrize("answer", ["nan", "high", "0.5,", "0.1\ninf"])
def test_an_answer_that_is_no_number_is_the_models_mistake(ask: Ask, answer: str) -> None:
    with pytest.raises(ValueError, match=r"line \d of the model's answer: .* is no finite number"):
        ask(answer, "text/csv", step="stamp")


@pytest.mark.parametrize("kind", ["image/png", "application/x-recordio-protobuf"])
def test_a_model_must_answer_csv_or_json(ask: Ask, kind: str) -> None:
    with pytest.raises(ValueError, match=f"The model answered '{kind}': its container must answer"):
        ask(b"{}", kind, step="stamp")


NUMBERED = '{"score": 0.5, "version": 7}'
CLUSTERED = '{"score": 3.0, "cluster": 1, "distance": 3.0, "version": 7}'
EMBEDDED = '{"score": 1.0, "vector": [1.0, 2.0], "version": 7}'
CLASSED = '{"prediction": "b", "score": 0.9, "probabilities": {"a": 0.1, "b": 0.9}, "version": 7}'


@pytest.mark.parametrize(
    ("changed", "kind", "body", "expected"),
    [
        ({}, "application/json", '{"predictions": [{"score": 0.5}, {"score": 0.5}]}', [NUMBERED] * 2),
        ({}, "application/jsonlines", '{"score": 0.5}\n{"predicted_label": 0.5}\n', [NUMBERED] * 2),
        ({"task": "cluster"}, "text/csv", "1.0,3.0\n", [CLUSTERED]),
        (
            {"task": "cluster"},
            "application/json",
            '{"predictions": [{"closest_cluster": 1.0, "distance_to_cluster": 3.0}]}',
            [CLUSTERED],
        ),
        ({"task": "embedding"}, "text/csv", "1.0,2.0", [EMBEDDED]),
        ({"task": "embedding"}, "application/json", '{"projections": [{"projection": [1, 2]}]}', [EMBEDDED]),
        ({"classes": ("a", "b")}, "application/jsonlines", '{"score": [0.1, 0.9]}', [CLASSED]),
    ],
)
def test_answers_of_algorithms_are_stamped(
    ask: Ask, tmp_path: Path, changed: dict[str, Any], kind: str, body: str, expected: list[str]
) -> None:
    (tmp_path / "program.json").write_text(replace(PROGRAM, **changed).to_json())
    assert ask(body, kind, step="stamp") == ("".join(f"{line}\n" for line in expected), ROWS)


@pytest.mark.parametrize(
    ("task", "kind", "body", "said"),
    [
        (
            "",
            "application/json",
            '{"predictions": [{}]}',
            "line 1 of the model's answer: .* one number called",
        ),
        ("", "application/json", "nonsense", "line 1 of the model's answer"),
        ("", "application/jsonlines", '{"score": 1}\n{"score": NaN}', "line 2 of the model's answer"),
        ("cluster", "text/csv", "1.5,3", "is not the number of a cluster and the distance"),
        ("cluster", "text/csv", "1", "is not the number of a cluster and the distance"),
        ("cluster", "text/csv", "-1,3", "is not the number of a cluster and the distance"),
        ("embedding", "application/json", '{"vector": [1, null]}', "a list of numbers"),
    ],
)
def test_nonsense_of_a_model_is_one_sentence(
    ask: Ask, tmp_path: Path, task: str, kind: str, body: str, said: str
) -> None:
    (tmp_path / "program.json").write_text(replace(PROGRAM, task=task).to_json())
    with pytest.raises(ValueError, match=said):
        ask(body, kind, step="stamp")


def test_records_have_the_format_that_the_model_takes(ask: Ask, tmp_path: Path) -> None:
    row = '{"n": 1.5, "c": "a"}'
    for records, expected in (
        ("csv", ("1.5,1.0", FEATURES)),
        ("jsonlines", ('{"features": [1.5, 1.0]}', ROWS)),
        ("recordio", (encode([1.5, 1.0]), RECORDIO)),
    ):
        (tmp_path / "program.json").write_text(replace(PROGRAM, records=records).to_json())
        assert ask(row) == expected
    refused = ask('{"n": 1e300}')
    assert isinstance(refused, Refusal) and "too large for the 32 bits" in refused.message


@pytest.mark.parametrize(
    ("step", "version", "said"),
    [
        ("both", "7", "MDLC_SERVING_STEP='both': give"),
        ("stamp", "", "MDLC_MODEL_VERSION='': give the version"),
        ("stamp", "seven", "MDLC_MODEL_VERSION='seven': give the version"),
    ],
)
def test_a_container_must_know_its_step(ask: Ask, step: str, version: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ask(b"", step=step, version=version)


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    with connect() as found:
        yield found


WORDS = st.sampled_from(["a", "b", "", "it's", 'say "x"', "ü", "日本", " a", "A", "1.0", "a,b", "two\nlines"])
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1))
RAW = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-99, 99),
            "i": st.none() | st.integers(-(2**53), 2**53),
            "c": st.none() | WORDS,
            "b": st.none() | st.booleans(),
            "t": st.none() | TIMES.map(datetime.isoformat) | TIMES.map(lambda t: f"{t.isoformat()}+05:30"),
        }
    ),
    min_size=1,
    max_size=10,
)
DATASET = DatasetSection(
    format="csv",
    timestamp="t",
    row_key=("key",),
    columns=COLUMNS,
    features=("n", "i", "c", "b"),
    positive="1",
    task="binary",
    calendar=("hour", "dayofweek", "day", "dayofyear", "week", "month", "quarter", "year"),
)


def staged(database: tuple[duckdb.DuckDBPyConnection, Path], rows: list[dict[str, Any]], view: str) -> None:
    """Stage rows as the jobs stage a CSV file of them."""
    connection, folder = database
    numbered = [{"key": str(number).zfill(3), **row} for number, row in enumerate(rows)]
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(numbered)
    file = DataFile(name="rows.csv", size=0, checksum=Checksum(algorithm="ETAG", value=""))
    sources = examine(connection, [file], folder, "csv", COLUMNS)
    assert stage(connection, sources, COLUMNS, folder / f"{view}.parquet", view=view) == []


@settings(max_examples=examples(60))
@given(training=RAW, scored=RAW)
def test_a_request_is_prepared_as_batch_scoring_prepares_a_file(
    database: tuple[duckdb.DuckDBPyConnection, Path],
    training: list[dict[str, Any]],
    scored: list[dict[str, Any]],
) -> None:
    connection, folder = database
    staged(database, training, "training")
    program = Program.from_document(json.loads(fit(connection, "training", DATASET, {}).to_json()))
    staged(database, scored, "scored")
    copy_to(connection, to_sql(program, "scored", order="raw.key"), folder / "features.csv")
    body = "\n".join(json.dumps(row) for row in scored).encode()
    answer = prepare_rows(program, body, ROWS)
    assert answer == ((folder / "features.csv").read_text().rstrip("\n"), FEATURES)
    assert len(list(csv.reader(io.StringIO(answer[0])))) == len(scored)
