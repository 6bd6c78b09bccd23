"""Mapping templates: the Velocity Template Language with API Gateway's variables.

Source: "API Gateway mapping template and access logging variable reference" in the AWS documentation.
"""

import base64
import functools
import json
import re
import urllib.parse
from collections.abc import Callable
from types import ModuleType
from typing import Any

import airspeed.operators
from jsonpath_ng.ext import parse

from mdlc_local import patches
from mdlc_local.errors import LocalAwsError

OPERATORS = "airspeed.operators"

_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = {**_SHORT, "\\": "\\\\", '"': '\\"', "'": "\\'", "/": "\\/"}
_MANY = re.compile(r"\*|\.\.|\?\(|\[[^\]]*[,:][^\]]*\]")


class TemplateError(LocalAwsError):
    """A template cannot be parsed or evaluated; the message has the reason."""


class JavaMap(dict[str, Any]):
    """A JSON object in a template, converted to text like a Java map."""

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={_text(value)}" for name, value in self.items())
        return f"{{{inside}}}"


class JavaList(list[Any]):
    """A JSON array in a template, converted to text as JSON."""

    def __str__(self) -> str:
        return dumped(self)


class Input:
    """The variable `$input`.

    Args:
        body: the payload.
        path: the path parameters.
        querystring: the query parameters; of several with one name, the last.
        header: the headers.
    """

    def __init__(
        self, body: str, path: dict[str, str], querystring: dict[str, str], header: dict[str, str]
    ) -> None:
        self.body = body
        self._params = JavaMap(path=JavaMap(path), querystring=JavaMap(querystring), header=JavaMap(header))

    def with_body(self, body: str) -> "Input":
        """A copy with the same parameters and another payload."""
        return Input(body, *self._params.values())

    def params(self, name: str | None = None) -> Any:
        """All parameters, or the value of one parameter; "" when there is none."""
        if name is None:
            return self._params
        for kind, key in (("path", name), ("querystring", name), ("header", name.lower())):
            if key in self._params[kind]:
                return self._params[kind][key]
        return ""

    def path(self, path: str) -> Any:
        """The value at a JSON path."""
        return _at_path(self._document, path)

    def json(self, path: str) -> str:
        """The value at a JSON path, as JSON."""
        value = _at_path(self._document, path)
        return dumped("" if value is None else value)

    @functools.cached_property
    def _document(self) -> Any:
        return parsed(self.body)


class Util:
    """The variable `$util`, with AWS's method names."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        methods: dict[str, Callable[..., Any]] = {
            "escapeJavaScript": escaped,
            "parseJson": lambda text: parsed(str(text)),
            "urlEncode": lambda text: urllib.parse.quote_plus(str(text), safe="*-._"),
            "urlDecode": lambda text: urllib.parse.unquote_plus(str(text)),
            "base64Encode": lambda text: base64.b64encode(str(text).encode()).decode(),
            "base64Decode": lambda text: base64.b64decode(str(text)).decode("utf-8", "replace"),
        }
        if name not in methods:
            raise AttributeError(name)
        return methods[name]


def render(template: str, body_input: Input, context: JavaMap, stage_variables: dict[str, str]) -> str:
    """The text that a template renders for a request or an answer; it may set `context.responseOverride`.

    Raises:
        TemplateError: when the template cannot be parsed or evaluated.
    """
    names = {
        "input": body_input,
        "util": Util(),
        "context": context,
        "stageVariables": JavaMap(stage_variables),
    }
    try:
        return str(_read(template).merge(names))
    except Exception as error:  # the engine may raise any exception of the Python code that it calls
        raise TemplateError(f"{type(error).__name__}: {error}") from error


def parsed(text: str) -> Any:
    """A JSON text as template values; a text that is not JSON stays a string."""
    try:
        return _java(json.loads(text))
    except ValueError:
        return text


def dumped(value: Any) -> str:
    """A value as JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def escaped(text: Any) -> str:
    """A text escaped for a JavaScript string literal."""
    pieces = []
    for character in _text(text):
        if character in _ESCAPED:
            pieces.append(_ESCAPED[character])
        elif " " <= character <= "~":
            pieces.append(character)
        else:
            units = character.encode("utf-16-be")
            pieces.extend(f"\\u{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))
    return "".join(pieces)


def install(app: ModuleType) -> None:
    """Give template values the methods of their Java types."""
    del app
    methods = patches.take(OPERATORS, "__additional_methods__")
    methods[str] |= {
        "equals": lambda text, other: text == other,
        "equalsIgnoreCase": lambda text, other: text.lower() == str(other).lower(),
        "isEmpty": lambda text: not text,
        "toString": lambda text: text,
        "toLowerCase": lambda text: text.lower(),
        "toUpperCase": lambda text: text.upper(),
        "trim": lambda text: text.strip(),
        "endsWith": lambda text, suffix: text.endswith(suffix),
    }
    methods[JavaList] = methods[list]
    methods[JavaMap] = methods[dict] | {
        "toString": str,
        "keySet": list,
        "entrySet": lambda values: [JavaMap(key=name, value=value) for name, value in values.items()],
        "containsKey": lambda values, name: name in values,
        "isEmpty": lambda values: not values,
        "size": len,
    }
    for kind in (int, float, bool):
        methods[kind] = {"toString": _text, "equals": lambda value, other: value == other}


@functools.lru_cache(maxsize=256)
def _read(template: str) -> Any:
    read = airspeed.operators.Template(template)
    read.ensure_compiled()
    return read


@functools.lru_cache(maxsize=256)
def _path(path: str) -> Any:
    return parse(path)


def _at_path(document: Any, path: str) -> Any:
    if path == "$":
        return document
    matches = [match.value for match in _path(path).find(document)]
    if _MANY.search(path):
        return JavaList(matches)
    return matches[0] if matches else None


def _java(value: Any) -> Any:
    if isinstance(value, dict):
        return JavaMap({name: _java(item) for name, item in value.items()})
    return JavaList(map(_java, value)) if isinstance(value, list) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(airspeed.operators.value_to_string(value))
