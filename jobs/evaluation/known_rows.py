"""Says whether the champion may have been trained on rows of the holdout, which favours it.

It does not fail the gate: users choose such a holdout on purpose, and a challenger that wins despite this has
won.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from jobs.database import parquet, single
from jobs.roles import within
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.split_text import method_text


def known_rows(
    connection: duckdb.DuckDBPyConnection,
    keys: Path,
    champion: Program,
    split: Mapping[str, Any],
    data_version: str,
) -> Iterator[str]:
    """A note when the champion may know rows of the holdout; none when it cannot, or when nothing is known.

    Args:
        keys: the holdout's keys.
        champion: its feature program, whose origin says which rows it was fitted on.
        split: what the split's manifest says of it.
        data_version: of the holdout's data.
    """
    origin = champion.origin
    if origin.get("fitted_to"):
        yield from _by_time(connection, keys, origin)
    elif origin.get("split"):
        yield from _otherwise(origin, split.get("split") or {}, data_version)


def _by_time(connection: duckdb.DuckDBPyConnection, keys: Path, origin: Mapping[str, Any]) -> Iterator[str]:
    """By time the rows that the champion may know can be counted, if they have one."""
    fitted_to = str(origin["fitted_to"])
    fitted = within("event_time", Interval(start=origin.get("fitted_from"), end=fitted_to))
    known, timed, rows = (
        int(str(number))
        for number in single(
            connection,
            f"SELECT count(*) FILTER (WHERE {fitted}), count(event_time), count(*) FROM {parquet(keys)}",
        )
    )
    if known:
        yield (
            f"The champion was fitted on data up to {fitted_to}: it may have seen {known:,} of the {rows:,} "
            "holdout rows before, which favours it."
        )
    elif not timed:
        yield (
            f"The champion was fitted on data up to {fitted_to}, and the holdout's rows have no time: it may "
            "have seen any of them before, which favours it."
        )


def _otherwise(origin: Mapping[str, Any], ours: Mapping[str, Any], data_version: str) -> Iterator[str]:
    """By chance, column or prefix, the champion knows no row of the holdout if both were divided alike."""
    theirs = origin["split"]
    stratified = (ours.get("random") or {}).get("stratify")
    if theirs != ours:
        yield (
            f"The champion's rows were divided {method_text(theirs) or 'by time'} and this holdout's "
            f"{method_text(ours) or 'by time'}: it may have seen rows of the holdout before, which favours "
            "it; keep the split, its seed and the dataset's columns."
        )
    elif stratified and origin.get("data_version") != data_version:
        yield (
            "The champion was trained on other data that were divided in the same way: it may have seen a "
            f"few rows of the holdout before, those near the limits within {stratified}, which favours it."
        )
