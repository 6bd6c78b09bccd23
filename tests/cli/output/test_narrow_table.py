from __future__ import annotations

import io

import pytest

from mdlc_cli.output import progress, terminal
from mdlc_cli.output.terminal import Terminal

NAME = "8c12669c-192a-4507-b8ba-544490257cfe"


def printed(width: int, *columns: str, header: bool = True) -> list[str]:
    out = Terminal(file=io.StringIO(), width=width)
    table = progress.table(*columns)
    table.show_header = header
    for row in (("2026-01-01 00:00:00", NAME, "churn-training", "SUCCEEDED"), ("later", "b", "", "RUNNING")):
        table.add_row(*(terminal.line(cell) for cell in row[: len(columns)]))
    out.print(table)
    assert isinstance(out.file, io.StringIO)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]


COLUMNS = ("started", "execution", "machine", "status")


def test_what_fits_is_a_table() -> None:
    assert printed(100, *COLUMNS)[0].split() == list(COLUMNS)
    # Folding names in two is still a table.
    assert printed(70, *COLUMNS)[0].split() == list(COLUMNS)


def test_what_does_not_fit_is_a_list_of_records_with_whole_names() -> None:
    assert printed(60, *COLUMNS) == [
        "started    2026-01-01 00:00:00",
        f"execution  {NAME}",
        "machine    churn-training",
        "status     SUCCEEDED",
        "",
        "started    later",
        "execution  b",
        "status     RUNNING",
    ]


@pytest.mark.parametrize("width", [20, 40, 60])
def test_nothing_is_lost_or_longer_than_the_terminal(width: int) -> None:
    lines = printed(width, *COLUMNS)
    assert max(map(len, lines)) <= width
    assert NAME in "".join(line.removeprefix("execution").strip() for line in lines)


def test_pairs_are_always_folded() -> None:
    assert printed(30, "name", "value")[0].split() == ["name", "value"]
    assert printed(30, *COLUMNS, header=False)[0] != ""
