"""Bodies as data frames, in the process of the test; the suite asks a running container."""

import logging
from typing import Any

import pandas as pd
import pytest

from mdlc_container import logs, tables
from serving.bodies import RequestError

NAMES = ("a", "b")


def parquet(monkeypatch: pytest.MonkeyPatch, answer: Any) -> pd.DataFrame:
    """Read a body whose content pyarrow would give."""

    def read(_: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(tables, "find_spec", lambda name: object())
    monkeypatch.setattr(pd, "read_parquet", read)
    return tables.from_parquet(b"PAR1", NAMES)


def test_columns_of_parquet_are_read_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = parquet(monkeypatch, pd.DataFrame({"b": [1, 2], "other": ["x", "y"], "a": [0.5, None]}))
    assert list(rows) == ["a", "b"] and rows["b"].tolist() == [1.0, 2.0]
    assert list(rows.dtypes) == ["float64", "float64"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (OSError("broken"), "The body is no Parquet file"),
        (pd.DataFrame({"a": [1.0]}), "has no column 'b'"),
        (pd.DataFrame({"a": [1.0, 2.0], "b": ["3", "far"]}), "Row 2, column 'b': 'far' is no number"),
        (pd.DataFrame({"a": [], "b": []}, dtype="float64"), "no rows"),
    ],
)
def test_a_bad_file_is_named(answer: Any, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestError, match=reason):
        parquet(monkeypatch, answer)


def test_a_line_of_the_log_has_the_traceback_in_it() -> None:
    try:
        raise KeyError("x")
    except KeyError as error:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "no %s", ("luck",), (type(error), error, None))
    line = logs.JsonLines().format(record)
    assert "\n" not in line and '"message": "no luck"' in line and "KeyError" in line
