"""Rules as a JSON document: its format, and the errors in a document that is not valid.

A document::

    {
      "schema_version": 1,
      "version": "summer 2",
      "overrides": [
        {"name": "gold customers", "when": {"tier": {"is": "gold"}, "distance": {"at_least": 1000}},
         "score": {"above": 0.5}, "decision": "rebook"}
      ],
      "deny":  [{"column": "tail_number", "values": ["N123AA"], "decision": "rebook"}],
      "allow": [{"column": "carrier", "values": ["UA", "DL"], "decision": "wait"}],
      "bands": [
        {"below": 0.3, "decision": "wait"},
        {"from": 0.3, "below": 0.6, "decision": "offer"},
        {"from": 0.6, "decision": "rebook"}
      ]
    }

Tests of a column: ``is``, ``is_not``, ``in``, ``not_in``, ``missing`` and, for numbers, ``at_least``,
``above``, ``at_most``, ``below``. Every entry may have a ``name``, which is recorded with its decisions.

In a multiclass task conditions and lists may name the answer too: the column ``prediction`` is the most
probable class, ``probability:setosa`` the probability of the class setosa. The score is the highest
probability.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.rules import Listing, Override, Rules, RuleVerdict, comparable
from mdlc_constructs.settings.rules_conditions import (
    BOUNDS,
    check_column,
    check_keys,
    check_value,
    checked_bounds,
    checked_number,
    checked_tests,
    condition,
)
from mdlc_constructs.settings.strict_json import StrictJsonError, check_json, read_json

SCHEMA_VERSION = 1
MAX_DOCUMENT_BYTES = 300_000
"""The maximum size in bytes: the rules are one DynamoDB item, which may have 400 KB.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

_DOCUMENT = ("schema_version", "version", "overrides", "deny", "allow", "bands")
_BAND = ("from", "below", "decision", "name")
_LISTING = ("column", "values", "decision", "name")
_OVERRIDE = ("when", "score", "decision", "name")
_MAX_NAME_CHARACTERS = 64


class RulesRefusedError(ValueError):
    """A document is not a valid set of rules. ``problems`` holds one sentence for each error in it."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        super().__init__(self.problems[0] + (f" (and {more} more)" if more else ""))


def read(text: str) -> Any:
    """The JSON document in a text.

    Raises:
        RulesRefusedError: when the text is not strict JSON (the message has the line, if known) or too long.
    """
    if len(text.encode(errors="replace")) > MAX_DOCUMENT_BYTES:
        raise RulesRefusedError(
            [f"The document has more than {MAX_DOCUMENT_BYTES} bytes: shorten its lists."]
        )
    try:
        return read_json(text)
    except StrictJsonError as error:
        raise RulesRefusedError([str(error)]) from error


def parse(document: object, *, decisions: Sequence[str], columns: Mapping[str, str] | None = None) -> Rules:
    """The rules that a document describes.

    Args:
        decisions: the decisions that the rules may make.
        columns: the types of the columns that a row may hold; with None, column names are not checked.

    Raises:
        RulesRefusedError: naming the place, the value and the remedy of each error.
    """
    reader = _Reader(tuple(decisions), columns)
    rules = reader.rules(document)
    if reader.problems or rules is None:
        raise RulesRefusedError(reader.problems)
    return rules


def check(path: Path, *, decisions: Sequence[str], columns: Mapping[str, str] | None = None) -> list[str]:
    """The errors in a file with rules, one sentence each; empty when the rules are valid."""
    try:
        parse(read(path.read_text(encoding="utf-8-sig")), decisions=decisions, columns=columns)
    except RulesRefusedError as refused:
        return list(refused.problems)
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path}: cannot be read ({error}); give a JSON file in UTF-8."]
    return []


class _Reader:
    """Reads a document and collects all errors in it, so that one run reports all of them."""

    def __init__(self, decisions: Sequence[str], columns: Mapping[str, str] | None) -> None:
        self.problems: list[str] = []
        self._decisions = decisions
        self._columns = columns

    def rules(self, document: object) -> Rules | None:
        if not isinstance(document, dict):
            self.problems.append(f"The document is {_kind(document)}: give a JSON object.")
            return None
        try:
            # A document from the user's stack code has not passed `read`.
            check_json(document)
        except StrictJsonError as error:
            self.problems.append(str(error))
            return None
        with self._collecting_problems():
            check_keys("", document, _DOCUMENT)
        with self._collecting_problems():
            version = document.get("schema_version")
            if version != SCHEMA_VERSION or isinstance(version, bool):
                raise refusal("schema_version", version, f"give {SCHEMA_VERSION}.")
        with self._collecting_problems():
            _check_text("version", document.get("version"))
        overrides = [self._override(*entry) for entry in self._entries(document, "overrides", _OVERRIDE)]
        listings = [
            self._listing(*entry)
            for section in ("deny", "allow")
            for entry in self._entries(document, section, _LISTING)
        ]
        edges, bands = self._bands(document)
        if self.problems:
            return None
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return Rules(
            version=document["version"],
            digest=hashlib.sha256(canonical.encode()).hexdigest(),
            overrides=tuple(overrides),
            lists=tuple(listings),
            edges=tuple(edges),
            bands=tuple(bands),
        )

    @contextmanager
    def _collecting_problems(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            self.problems.append(str(error))

    def _entries(
        self, document: Mapping[str, Any], section: str, keys: Sequence[str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The entries of a section that are JSON objects, each with its place in the document."""
        value = document.get(section, [])
        if not isinstance(value, list):
            self.problems.append(f"{section}: is {_kind(value)}; give a list.")
            return
        for index, entry in enumerate(value):
            place = f"{section}[{index}]"
            if not isinstance(entry, dict):
                self.problems.append(f"{place}: is {_kind(entry)}; give an object.")
                continue
            with self._collecting_problems():
                check_keys(place, entry, keys)
            yield place, entry

    def _verdict(self, place: str, entry: Mapping[str, Any]) -> RuleVerdict:
        decision, name = entry.get("decision"), entry.get("name")
        with self._collecting_problems():
            if not isinstance(decision, str):
                raise refusal(
                    f"{place}.decision", decision, f"give one of {', '.join(sorted(self._decisions))}."
                )
            if decision not in self._decisions:
                raise unknown(f"{place}.decision", decision, self._decisions, what="decision")
        with self._collecting_problems():
            if name is not None:
                _check_text(f"{place}.name", name)
        return RuleVerdict(str(decision), f"{place.partition('[')[0]}:{name}" if name else place)

    def _bands(self, document: Mapping[str, Any]) -> tuple[list[float], list[RuleVerdict]]:
        """The scores at which one band ends and the next begins, and the verdict of each band."""
        edges: list[float] = []
        verdicts: list[RuleVerdict] = []
        entries = list(self._entries(document, "bands", _BAND))
        if not entries and document.get("bands", []) == []:
            self.problems.append("bands: there are none; give at least one, the last without below.")
        for index, (place, entry) in enumerate(entries):
            verdicts.append(self._verdict(place, entry))
            with self._collecting_problems():
                self._check_beginning(place, entry.get("from"), edges, first=index == 0)
            with self._collecting_problems():
                below = entry.get("below")
                if index == len(entries) - 1:
                    if below is not None:
                        raise refusal(f"{place}.below", below, "leave it out of the last band: it is open.")
                    continue
                edges.append(checked_number(f"{place}.below", below))
                if len(edges) > 1 and edges[-1] <= edges[-2]:
                    raise refusal(f"{place}.below", below, f"give more than its beginning, {edges[-2]:g}.")
        return edges, verdicts

    @staticmethod
    def _check_beginning(place: str, start: object, edges: list[float], *, first: bool) -> None:
        if first:
            if start is not None:
                raise refusal(f"{place}.from", start, "leave it out of the first band: it is open.")
            return
        if not edges:
            return  # The band before has no end, which is reported as an error of its own.
        number = checked_number(f"{place}.from", start)
        if number != edges[-1]:
            fault = "overlaps the band before" if number < edges[-1] else "leaves a gap after the band before"
            raise refusal(f"{place}.from", start, f"{fault}, which ends below {edges[-1]:g}; give that.")

    def _listing(self, place: str, entry: Mapping[str, Any]) -> Listing:
        column, values = entry.get("column"), entry.get("values")
        with self._collecting_problems():
            check_column(self._columns, f"{place}.column", column)
        with self._collecting_problems():
            if not isinstance(values, list) or not values:
                raise refusal(f"{place}.values", values, "give a list of the values it is about.")
        listed = values if isinstance(values, list) else []
        for index, value in enumerate(listed):
            with self._collecting_problems():
                check_value(self._columns, f"{place}.values[{index}]", column, value)
        return Listing(
            column=str(column),
            values=frozenset(comparable(value) for value in listed),
            verdict=self._verdict(place, entry),
        )

    def _override(self, place: str, entry: Mapping[str, Any]) -> Override:
        when, score = entry.get("when", {}), entry.get("score")
        conditions = []
        with self._collecting_problems():
            if not isinstance(when, dict):
                raise refusal(f"{place}.when", when, 'give an object, for example {"tier": {"is": "gold"}}.')
            if not when and score is None:
                raise refusal(f"{place}.when", when, "give a condition, or a score: this one always holds.")
            for column, tests in when.items():
                with self._collecting_problems():
                    conditions.append(condition(self._columns, f"{place}.when[{column!r}]", column, tests))
        bounds = None
        with self._collecting_problems():
            if score is not None:
                bounds = checked_bounds(f"{place}.score", checked_tests(f"{place}.score", score, BOUNDS))
        return Override(conditions=tuple(conditions), score=bounds, verdict=self._verdict(place, entry))


def _check_text(place: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_NAME_CHARACTERS:
        raise refusal(place, value, f"give a text of 1 to {_MAX_NAME_CHARACTERS} characters.")
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise refusal(place, value, "leave control characters out; decisions record it.")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null", bool: "true or false"}
    return names.get(type(value), "a number")
