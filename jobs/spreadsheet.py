"""Escapes cells of CSV files for people, so that a spreadsheet does not run a text as a formula.

Files for programs, such as the input of a transform job, are not escaped.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

from collections.abc import Mapping

from jobs.database import quote

_STARTS_A_FORMULA = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_IS_A_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_TEXT = ("number", "integer", "boolean", "timestamp")


def text_cell(expression: str) -> str:
    """The SQL expression of a VARCHAR as a cell, with an apostrophe in front if it would be a formula.

    A text that is a number, such as -1.5, is unchanged.
    """
    return (
        f"CASE WHEN regexp_matches({expression}, '{_STARTS_A_FORMULA}') "
        f"AND NOT regexp_matches({expression}, '{_IS_A_NUMBER}') "
        f"THEN chr(39) || {expression} ELSE {expression} END"
    )


def cells(columns: Mapping[str, str], called: Mapping[str, str]) -> str:
    """The SELECT list of columns as cells, with escaped header names.

    Args:
        columns: names to kinds; only categories and texts need escaping.
        called: names to the names in the file.
    """
    return ", ".join(
        f"{quote(name) if kind in _NOT_TEXT else text_cell(quote(name))} "
        f"AS {quote(header_cell(called[name]))}"
        for name, kind in columns.items()
    )


def header_cell(name: str) -> str:
    """A column's name as a cell of the header."""
    return f"'{name}" if name.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")) else name
