"""The syntax of JSONPath in Step Functions, and of calls of intrinsic functions."""

import functools
import re

INTRINSICS = {
    "States.Format": (1, None),
    "States.StringToJson": (1, 1),
    "States.JsonToString": (1, 1),
    "States.Array": (0, None),
    "States.ArrayPartition": (2, 2),
    "States.ArrayContains": (2, 2),
    "States.ArrayRange": (3, 3),
    "States.ArrayGetItem": (2, 2),
    "States.ArrayLength": (1, 1),
    "States.ArrayUnique": (1, 1),
    "States.Base64Encode": (1, 1),
    "States.Base64Decode": (1, 1),
    "States.Hash": (2, 2),
    "States.JsonMerge": (3, 3),
    "States.MathRandom": (2, 3),
    "States.MathAdd": (2, 2),
    "States.StringSplit": (2, 2),
    "States.UUID": (0, 0),
}
"""By intrinsic function: the minimum and maximum number of arguments; None for no maximum."""

# Of the input (`$`), of the context object (`$$`), or of a variable (`$name`).
_ROOT = re.compile(r"\$\$?(?![^\s.\[])|\$[^\W\d_]\w*")
_NAME = re.compile(r"[^\s.\[\]()]+")
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_ONE_NODE = re.compile(rf"\[(?:-?\d+|{_QUOTED})\]")
# Anything balanced: unions, slices, filters.
_SELECTION = re.compile(rf"(?:[^\[\]'\"]|{_QUOTED})+")
_CALL = re.compile(r"States\.\w+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'")
_ESCAPE = re.compile(r"\\(.)")


@functools.lru_cache(4096)
def is_path(text: str) -> bool:
    """Whether a text is a JSONPath; spaces around it are ignored."""
    return _end_of_path(text.strip(), 0, one_node=False) == len(text.strip())


@functools.lru_cache(4096)
def is_reference(text: str) -> bool:
    """Whether a text is a reference path, which selects exactly one node."""
    return _end_of_path(text.strip(), 0, one_node=True) == len(text.strip())


def is_of_input(text: str) -> bool:
    """Whether a path is into the state's input, not into the context object or a variable."""
    return re.match(r"\$(?![^.\[])", text) is not None


@functools.lru_cache(4096)
def is_call(text: str) -> bool:
    """Whether a text is a call of an intrinsic function."""
    return _end_of_call(text.strip(), 0) == len(text.strip())


def _end_of_path(text: str, start: int, *, one_node: bool) -> int | None:
    """The end of the path that begins at `start`, or None when there is no valid path."""
    root = _ROOT.match(text, start)
    if root is None:
        return None
    position = root.end()
    while position < len(text):
        if text[position] == "[":
            end = _end_of_brackets(text, position, one_node=one_node)
            if end is None:
                return None
            position = end
        elif text[position] == ".":
            deep = text.startswith("..", position)
            after = position + (2 if deep else 1)
            if after < len(text) and text[after] == "[":
                position = after
            else:
                name = _NAME.match(text, after)
                if name is None:
                    return None
                position = name.end()
                if one_node and any(sign in name[0] for sign in "*?@,:"):
                    return None
                if text.startswith("()", position):
                    # A function of the path's nodes, such as length().
                    if one_node:
                        return None
                    position += 2
            if deep and one_node:
                return None
        else:
            return position
    return position


def _end_of_brackets(text: str, start: int, *, one_node: bool) -> int | None:
    if one_node:
        node = _ONE_NODE.match(text, start)
        return node.end() if node else None
    position = start + 1
    while position < len(text):
        if text[position] == "]":
            return position + 1 if position > start + 1 else None
        if text[position] == "[":
            end = _end_of_brackets(text, position, one_node=False)
        else:
            chosen = _SELECTION.match(text, position)
            end = chosen.end() if chosen else None
        if end is None:
            return None
        position = end
    return None


def _end_of_call(text: str, start: int) -> int | None:
    name = _CALL.match(text, start)
    if name is None or name[0] not in INTRINSICS or not text.startswith("(", name.end()):
        return None
    position = _after_spaces(text, name.end() + 1)
    count = 0
    while not text.startswith(")", position):
        if count:
            if not text.startswith(",", position):
                return None
            position = _after_spaces(text, position + 1)
        end = _end_of_argument(text, position)
        if end is None:
            return None
        count += 1
        position = _after_spaces(text, end)
    least, most = INTRINSICS[name[0]]
    return position + 1 if count >= least and (most is None or count <= most) else None


def _end_of_argument(text: str, start: int) -> int | None:
    for word in ("null", "true", "false"):
        if text.startswith(word, start):
            return start + len(word)
    literal = _STRING.match(text, start)
    if literal is not None:
        # A backslash may only escape characters with a meaning; before others it is an error.
        return literal.end() if all(sign in "'{}\\" for sign in _ESCAPE.findall(literal[1])) else None
    amount = _NUMBER.match(text, start)
    if amount is not None:
        return amount.end()
    if text.startswith("$", start):
        return _end_of_path_argument(text, start)
    return _end_of_call(text, start)


def _end_of_path_argument(text: str, start: int) -> int | None:
    """The end of a path argument: the comma or parenthesis of the enclosing call."""
    depth, position, quote = 0, start, ""
    while position < len(text):
        sign = text[position]
        if quote:
            if sign == "\\":
                position += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"" and depth:
            quote = sign
        elif sign in "[(":
            depth += 1
        elif sign in "])" and depth:
            depth -= 1
        elif sign in ",)":
            break
        position += 1
    return position if is_path(text[start:position].rstrip()) else None


def _after_spaces(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start
