"""Reads the CSV files of a channel as a data frame with named columns."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mdlc_container.errors import ContainerError
from mdlc_container.records import Records


@dataclass(frozen=True)
class Table:
    """The rows of a channel.

    Attributes:
        rows: the features, by name.
        label: the label of each row; None for a task without one.
        weight: the weight of each row; None without weights.
    """

    rows: pd.DataFrame
    label: "pd.Series[float] | None"
    weight: "pd.Series[float] | None"


def folders(base: Path) -> dict[str, Path]:
    """The folder of each channel, by name."""
    data = base / "input" / "data"
    paths = sorted(path for path in data.iterdir() if path.is_dir()) if data.is_dir() else []
    return {path.name: path for path in paths}


def read(folder: Path, records: Records) -> Table:
    """The rows of all CSV files of a channel.

    Raises:
        ContainerError: when there are no rows, or a file has other columns or no numbers.
    """
    names = [
        *([records.label] if records.label else []),
        *(["row weight"] if records.weighted else []),
        *records.columns,
    ]
    tables = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size):
        try:
            table = pd.read_csv(path, header=None, dtype="float64")
        except (ValueError, pd.errors.ParserError) as error:
            raise ContainerError(f"{path.name} of channel {folder.name!r} cannot be read: {error}") from error
        if table.shape[1] != len(names):
            raise ContainerError(
                f"{path.name} of channel {folder.name!r} has {table.shape[1]} columns, and {len(names)} are "
                f"declared: {', '.join(names)}"
            )
        tables.append(table)
    if not tables:
        raise ContainerError(f"channel {folder.name!r} has no rows: its folder {folder} holds no CSV file")
    whole = pd.concat(tables, ignore_index=True)
    first = len(names) - len(records.columns)
    rows = whole.iloc[:, first:].set_axis(list(records.columns), axis=1)
    label = whole.iloc[:, 0].rename(records.label) if records.label else None
    weight = whole.iloc[:, first - 1].rename("weight") if records.weighted else None
    return Table(rows=rows, label=label, weight=weight)
