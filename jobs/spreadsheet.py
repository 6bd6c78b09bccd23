"""Cells of CSV files that a person opens: a spreadsheet must not take a text for a formula.

Files that programs read, such as the input of a transform job, stay as the data is.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

from collections.abc import Mapping

from jobs.database import quote

_STARTS_A_FORMULA = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_IS_A_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_TEXT = ("number", "integer", "boolean", "timestamp")


def text_cell(expression: str) -> str:
    """A SQL expression of type VARCHAR as a cell: with an apostrophe in front where it would be a formula.

    Numbers such as -1.5 stay numbers, as texts too.
    """
    return (
        f"CASE WHEN regexp_matches({expression}, '{_STARTS_A_FORMULA}') "
        f"AND NOT regexp_matches({expression}, '{_IS_A_NUMBER}') "
        f"THEN chr(39) || {expression} ELSE {expression} END"
    )


def cells(columns: Mapping[str, str], called: Mapping[str, str]) -> str:
    """A SELECT list of columns as cells, header included.

    Args:
        columns: their names to their kinds; what is a number, a boolean or a moment holds no text.
        called: their names to those that they have in the file.
    """
    return ", ".join(
        f"{quote(name) if kind in _NOT_TEXT else text_cell(quote(name))} "
        f"AS {quote(header_cell(called[name]))}"
        for name, kind in columns.items()
    )


def header_cell(name: str) -> str:
    """A column's name as the header's cell."""
    return f"'{name}" if name.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")) else name
