import re
from datetime import datetime
from typing import Any

import duckdb
import pytest

from mdlc_constructs.settings.csv_format import DIRECTIVES, check_delimiter, check_timestamp_format
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.dataset import CsvFormat
from tests.settings.test_dataset import URI, flights

MOMENT = datetime(2024, 12, 31, 21, 30, 45)


@pytest.mark.parametrize("value", ["", ";;", '"', "\n", "a", "\0", None, 3])
def test_no_delimiter_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^delimiter=.*: choose one of ',', ';', '\\t', '\|'\.$"):
        check_delimiter(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a format of one line"),
        ("%d.%m.%Y\n", "a format of one line"),
        (5, "a format of one line"),
        ("dd.mm.yyyy", "year, month and day"),
        ("%d.%m", "year, month and day"),
        ("%m.%Y", "year, month and day"),
        ("%d.%m.%Y %y", "year, month and day"),
        ("%d.%m.%b.%Y", "year, month and day"),
        ("%d.%m.%Y %d", "twice"),
        ("%s", "there is no %s"),
        ("%d.%m.%Y %", "there is no %;"),
        ("%d.%m.%Y %I:%M", "%I with %p"),
        ("%d.%m.%Y %H:%M %p", "%I with %p"),
        ("%d.%m.%Y %M", "without the larger one"),
        ("%d.%m.%Y %H:%S", "without the larger one"),
    ],
)
def test_a_format_that_names_no_moment_is_refused(text: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^timestamp_format=.*{re.escape(said)}"):
        check_timestamp_format(text)


@pytest.mark.parametrize(
    "text",
    [
        *("%d.%m.%Y", "%d.%m.%y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%Y%m%d", "%j %Y", "%d %B %Y", "%b %d, %Y"),
        *("%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M%z", "100%% %Y-%m-%d"),
    ],
)
def test_a_format_means_to_duckdb_what_it_means_to_python(text: str) -> None:
    check_timestamp_format(text)
    written = MOMENT.strftime(text.replace("%z", "+0000"))
    meant = datetime.strptime(written, text).replace(tzinfo=None)
    query = "SELECT CAST(epoch_us(CAST(TRY_STRPTIME(?, ?) AS TIMESTAMP)) AS BIGINT)"
    (read,) = duckdb.execute(query, [written, text]).fetchall()[0]
    assert read == (meant - datetime(1970, 1, 1)).total_seconds() * 1e6
    assert set(re.findall(r"%([a-zA-Z])", text)) <= set(DIRECTIVES)


def test_the_plan_holds_them() -> None:
    assert flights().to_plan().csv == CsvFormat(delimiter=",", timestamp_format=None)
    written = CsvFormat(delimiter=";", timestamp_format="%d.%m.%Y")
    assert flights(delimiter=";", timestamp_format="%d.%m.%Y").to_plan().csv == written


@pytest.mark.parametrize("given", [{"delimiter": ";"}, {"timestamp_format": "%Y-%m-%d"}])
def test_files_of_another_format_have_none(given: dict[str, str]) -> None:
    roles = {"label": "y", "timestamp": "t", "row_key": ("id",), "columns": {"a": "number"}}
    with pytest.raises(ValueError, match="is of CSV files"):
        Dataset(format="parquet", uri=URI, **roles, **given)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is of CSV files"):
        Dataset.parquet(URI, **roles, **given)  # type: ignore[arg-type]
