"""Decodes JSON escapes in a definition's strings, which moto leaves as they are in the source.

Escapes are decoded in values, keys and paths. Member names in paths may contain any character, as in Jayway's
JsonPath, which Step Functions uses.
"""

import functools
import json
import re
import sys
from collections.abc import Callable
from typing import Any

from antlr4.tree.Tree import TerminalNodeImpl
from moto.stepfunctions.parser.asl.antlr.runtime.ASLLexer import ASLLexer
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringIntrinsicFunction
from moto.stepfunctions.parser.asl.parse.intrinsic.intrinsic_parser import IntrinsicParser

from mdlc_local import patches

PARSER = "moto.stepfunctions.parser"
PREPROCESSOR = f"{PARSER}.asl.parse.preprocessor"
ENCODING = f"{PARSER}.asl.utils.encoding"
JSON_PATH = f"{PARSER}.asl.utils.json_path"
INTRINSIC = f"{PARSER}.asl.component.intrinsic"
ARGUMENT = f"{INTRINSIC}.argument.argument"
RESULT_PATH = f"{PARSER}.asl.component.common.path.result_path"

_PLAIN_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_@\-]*|\*")
"""A member name that jsonpath_ng parses without quotes."""

_BACKSLASH = re.compile(r"""\\(?![\\'])""")
"""A literal backslash in a quoted name, which jsonpath_ng would remove."""

_MANY = re.compile(r"\.\.|\*|\[\?|\[[^\]'\"]*[:,]")
"""The operators that make a path select a list of values."""

_CODED = re.compile(r"_u([0-9a-f]{2,6})_")
_CONTROL = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
"""Characters that the grammar of intrinsic functions only accepts as escapes."""


def text_of(token: str) -> str:
    """The decoded text of a JSON string in a definition, with or without its quotes."""
    quoted = token if len(token) > 1 and token[0] == token[-1] == '"' else f'"{token}"'
    try:
        return str(json.loads(quoted))
    except ValueError:
        return token.removeprefix('"').removesuffix('"')


def readable(path: str) -> str:
    """`path` with quotes around the names that jsonpath_ng does not parse without quotes."""
    parts: list[str] = []
    position = 0
    while position < len(path):
        character = path[position]
        if character == "[":
            end = _closing(path, position)
            parts.append(_BACKSLASH.sub(r"\\\\", path[position:end]))
            position = end
            continue
        end = position + 1
        if character == "." and path[position : position + 2] != "..":
            while end < len(path) and path[end] not in ".[":
                end += 1
            name = path[position + 1 : end]
            quote = not _PLAIN_NAME.fullmatch(name) and name and not name.startswith(("'", '"', "`", "("))
            parts.append("['" + name.replace("'", "\\'") + "']" if quote else path[position:end])
        else:
            parts.append(character)
        position = end
    return "".join(parts)


def _closing(path: str, opening: int) -> int:
    """The position after the bracket that closes the one at `opening`."""
    depth, quote = 0, ""
    for position in range(opening, len(path)):
        character = path[position]
        if quote:
            quote = "" if character == quote and path[position - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
            if depth == 0:
                return position + 1
    return len(path)


def _inner_string_of(parser_rule_context: Any) -> str | None:
    if (
        isinstance(parser_rule_context, TerminalNodeImpl)
        and parser_rule_context.getSymbol().type == ASLLexer.NULL
    ):
        return None
    return text_of(parser_rule_context.getText())


def _from_string_literal(parser_rule_context: Any) -> str | None:
    return text_of(parser_rule_context.getText())


def _visit_intrinsic_function(self: Any, ctx: Any) -> Any:
    derivation = text_of(ctx.STRINGINTRINSICFUNC().getText())
    function, _ = IntrinsicParser.parse(_in_ascii(derivation.translate(_CONTROL)))
    return StringIntrinsicFunction(intrinsic_function_derivation=derivation, function=function)


def _in_ascii(text: str) -> str:
    """`text` with non-ASCII characters encoded as `_u<hex>_`, which intrinsic functions' grammar accepts."""
    return "".join(character if character.isascii() else f"_u{ord(character):x}_" for character in text)


def _from_ascii(text: str) -> str:
    return _CODED.sub(lambda match: chr(int(match[1], 16)), text)


def _decoding(begin: Callable[..., None]) -> Callable[..., None]:
    def beginning(self: Any, *positional: Any, **named: Any) -> None:
        values = [*positional, *named.values()]
        begin(self, *(_from_ascii(value) if isinstance(value, str) else value for value in values))

    return beginning


def _of_one_value(ends_in_index: Callable[[str], bool]) -> Callable[[str], bool]:
    """A path without wildcards, filters and slices selects one value, not a list with that value."""

    def of_one_value(path: str) -> bool:
        return ends_in_index(path) or not _MANY.search(path)

    return of_one_value


def _no_field(self: Any) -> None:
    """Return no field name: errors in arguments and functions name the state's field that contains them."""
    del self


def _reading(parse: Callable[..., Any]) -> Callable[..., Any]:
    @functools.lru_cache(maxsize=1000)
    def parse_readable(path: str) -> Any:
        return parse(readable(path))

    return parse_readable


def install() -> None:
    """Patch moto so that it reads and writes strings by the rules of JSON."""
    preprocessor = f"{PREPROCESSOR}:Preprocessor"
    patches.take(preprocessor, "_inner_string_of", "parser_rule_context")
    patches.replace(preprocessor, "_inner_string_of", staticmethod(_inner_string_of))
    patches.take(PREPROCESSOR, "from_string_literal", "parser_rule_context")
    patches.replace(PREPROCESSOR, "from_string_literal", _from_string_literal)
    patches.take(preprocessor, "visitString_intrinsic_function", "self ctx")
    patches.replace(preprocessor, "visitString_intrinsic_function", _visit_intrinsic_function)
    patches.wrap(f"{ARGUMENT}:ArgumentJsonPath", "__init__", "self json_path", _decoding)
    patches.wrap(f"{ARGUMENT}:ArgumentLiteral", "__init__", "self definition_value", _decoding)
    for owner in (f"{ARGUMENT}:Argument", f"{INTRINSIC}.function.function:Function"):
        patches.take(owner, "_field_name", "self")
        patches.replace(owner, "_field_name", _no_field)
    patches.wrap(JSON_PATH, "_is_singleton_array_access", "path", _of_one_value)
    for module in (JSON_PATH, RESULT_PATH):
        patches.replace(module, "parse", _reading(patches.take(module, "parse")))
    _write_characters()


def _write_characters() -> None:
    """Make moto write non-ASCII characters unescaped: AWS's size limits count bytes of UTF-8."""
    original = patches.take(ENCODING, "to_json_str", "obj separators")
    encoder = patches.take(ENCODING, "_DateTimeEncoder")

    def to_json_str(obj: Any, separators: tuple[str, str] | None = None) -> str:
        return json.dumps(obj, cls=encoder, separators=separators, ensure_ascii=False)

    # moto's modules imported the function by `from ... import`, so it is replaced in each.
    for name, module in list(sys.modules.items()):
        if name.startswith(PARSER) and getattr(module, "to_json_str", None) is original:
            patches.replace(name, "to_json_str", to_json_str)
