"""Write the typed constructors of `BuiltInAlgorithm` from the rows of the table of algorithms."""

import keyword
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 110
MAX_ANNOTATION = 68
"""Longer annotations of a choice become `str`, so that a parameter stays on one line."""

HEADER = '''"""The constructors of `BuiltInAlgorithm`, by `scripts/generate_algorithms.py`: do not edit."""

from collections.abc import Sequence
from typing import Literal, Self

from mdlc_constructs.settings.algorithms.arguments import Creatable, named_arguments


class Constructors(Creatable):
    """A constructor for each algorithm; an argument that is left out keeps the algorithm's own default."""
'''


def constructors(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of the module `constructors.py`."""
    return HEADER + "".join(_constructor(name, row) for name, row in rows.items())


def argument(name: str) -> str:
    """The name of a hyperparameter in Python: that of a keyword has XGBoost's prefix ``reg_``."""
    return f"reg_{name}" if keyword.iskeyword(name) else name


def _constructor(name: str, row: Mapping[str, Any]) -> str:
    parameters = dict(_parameters(row))
    lines = [
        "",
        "    @classmethod",
        f'    @named_arguments("{name}")',
        f"    def {name.replace('-', '_')}(",
        "        cls,",
        "        *,",
        *(f"        {key}: {text}," for key, (text, _) in parameters.items()),
        "    ) -> Self:",
        *_docstring(row, {key: meaning for key, (_, meaning) in parameters.items()}),
        f'        return cls.create("{name}", locals())',
    ]
    return "\n".join(lines) + "\n"


def _parameters(row: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each parameter with its annotation and default, and with its meaning."""
    entries = row["hyperparameters"]
    needed = {name: entry for name, entry in entries.items() if is_needed(entry)}
    for name, entry in needed.items():
        yield argument(name), (_annotation(entry), _meaning(entry))
    for name, entry in entries.items():
        if name not in needed:
            yield argument(name), (f"{_annotation(entry)} | None = None", _meaning(entry))
    for alias, name in row.get("aliases", {}).items():
        yield alias, (f"{_annotation(entries[name])} | None = None", f"Another name of ``{argument(name)}``.")
    yield (
        "version",
        ("str | None = None", "The version of its image; by default the one that the table names."),
    )
    if "jumpstart" in row:
        yield (
            "code_uri",
            (
                "str | None = None",
                "The archive of training scripts in JumpStart's bucket or your own, which can put inference "
                "code into the model.",
            ),
        )
        yield (
            "model_uri",
            ("str | None = None", "The archive of artefacts in JumpStart's bucket or your own."),
        )


def is_needed(entry: Mapping[str, Any]) -> bool:
    """Whether the user must give the hyperparameter: it is required, and nothing of the dataset sets it."""
    return bool(entry.get("required")) and not entry.get("follows")


def _annotation(entry: Mapping[str, Any]) -> str:
    words = entry.get("words", [])
    match entry["kind"]:
        case "boolean":
            return "bool"
        case "text":
            return "str"
        case "choice":
            numeric = all(word.isdigit() for word in words)
            text = f"Literal[{', '.join(word if numeric else _quoted(word) for word in words)}]"
            return text if len(text) <= MAX_ANNOTATION else "int" if numeric else "str"
        case "list":
            of = {"integer": "int", "number": "float"}.get(entry.get("of", ""), "str")
            return f"Sequence[{of}] | str" if of != "str" else "Sequence[str]"
    plain = "int" if entry["kind"] == "integer" else "float"
    return f"{plain} | Literal[{', '.join(map(_quoted, words))}]" if words else plain


def _meaning(entry: Mapping[str, Any]) -> str:
    values = _values(entry)
    parts = [
        f"{entry['meaning'][0].upper()}{entry['meaning'][1:]}; {values}" if "meaning" in entry else values
    ]
    if entry.get("follows"):
        parts.append("set from the dataset")
    elif entry.get("required"):
        parts.append("required")
    if "default" in entry:
        parts.append(f"default {entry['default']}")
    for other, among in entry.get("needs", {}).items():
        parts.append(f"with {argument(other)} {' or '.join(among)} only")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _values(entry: Mapping[str, Any]) -> str:
    kind = entry["kind"]
    numbers = ""
    if "range" in entry:
        of = entry.get("of", kind)
        numbers = ("whole numbers" if of == "integer" else "numbers") + _bounds(entry["range"])
        if kind != "list":
            numbers = numbers.replace("whole numbers", "a whole number").replace("numbers", "a number")
    words = " or ".join(f"``{word}``" for word in entry.get("words", []))
    match kind:
        case "boolean":
            return "True or False"
        case "text":
            return "a text"
        case "choice":
            return words
    return " or ".join(part for part in (numbers, words) if part)


def _bounds(bounds: Mapping[str, Any]) -> str:
    low = f" {'above' if bounds.get('above') else 'from'} {bounds['low']}" if "low" in bounds else ""
    high = f" {'below' if bounds.get('below') else 'to'} {bounds['high']}" if "high" in bounds else ""
    return low + high


def _docstring(row: Mapping[str, Any], meanings: Mapping[str, str]) -> Iterator[str]:
    indent = " " * 8
    yield f'{indent}"""{row["title"]}: {row["purpose"]}.'
    yield ""
    if "jumpstart" in row:
        note = (
            "Unverified: its scripts and artefacts come from JumpStart's bucket. Scoring by the workflows "
            "was never seen to work on AWS, because the trained model may lack inference code: see "
            "docs/algorithms.md."
        )
        yield from textwrap.wrap(note, WIDTH, initial_indent=indent, subsequent_indent=indent)
        yield ""
    yield f"{indent}Args:"
    for name, meaning in meanings.items():
        first = f"{indent}    {name}: "
        wrapped = textwrap.wrap(
            meaning,
            WIDTH,
            initial_indent=first,
            subsequent_indent=indent + " " * 8,
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from wrapped
    yield ""
    yield f"{indent}Raises:"
    yield f"{indent}    ValueError: for a value, a combination or a version that the algorithm refuses."
    yield f'{indent}"""'


def _quoted(word: str) -> str:
    return f'"{word}"'
