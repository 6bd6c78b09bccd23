"""JSON from outside: what is read, what is refused and how, and that no refusal fails itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.strict_json import (
    MAX_DEPTH,
    StrictJsonError,
    check_json,
    decoded,
    json_lines,
    read_json,
    shown,
)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a": "\\u0000"}', {"a": "\0"}),
        (str(2**53 + 1), 2**53 + 1),
        ("9" * 308, int("9" * 308)),
        ("1e308", 1e308),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, None),
        ("-0.0", -0.0),
    ],
)
def test_what_json_holds_is_read(content: str | bytes, value: Any) -> None:
    found = read_json(content)
    assert value is None or (found == value and type(found) is type(value))


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "a key twice": ('{"a": {"b": 1, "b": 2}}', "The key 'b' stands twice"),
    "half a surrogate pair": ('{"a": "x\\ud800"}', "half of a surrogate pair"),
    "half a pair as a key": ('{"\\udfff": 1}', "half of a surrogate pair"),
    "a pair the wrong way round": ('["\\ude00\\ud83d"]', "half of a surrogate pair"),
    "half a pair that is no escape": ('["\ud800"]', "half of a surrogate pair"),
    "NaN": ('{"a": NaN}', "NaN is no number"),
    "Infinity": ("[-Infinity]", "-Infinity is no number"),
    "above any float": ('{"a": 1e400}', "1e400 is larger than any float"),
    "an integer above any float": ('{"a": ' + "9" * 309 + "}", "larger than any float"),
    "4,300 digits": ("9" * 4300, "larger than any float"),
    "more digits than Python reads": ('{"a": -' + "9" * 5000 + "}", "larger than any float"),
    "nested": ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested too deeply"),
    "nested beyond any reader": ("[" * 100_000, "nested too deeply"),
    "objects nested": ('{"a":' * 200 + "1" + "}" * 200, "nested too deeply"),
    "nothing": ("", "this is no JSON"),
    "two values": ("1 2", "this is no JSON"),
    "a control character": ('["\x01"]', "this is no JSON"),
    "no UTF-8": (b'{"a": "\xff"}', r"no text in UTF-8 \(byte 7\)"),
    "a surrogate in UTF-8": (b'"\xed\xa0\x80"', "no text in UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "no text in UTF-8"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_everything_else_is_refused_in_a_sentence_that_can_be_sent_on(what: str) -> None:
    content, message = HOSTILE[what]
    with pytest.raises(StrictJsonError, match=message) as refused:
        read_json(content)
    said = str(refused.value)
    assert len(said) < 800
    # A log, a table and an event take it as it is.
    assert json.loads(json.dumps(said).encode()) == said.encode().decode()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_a_value_is_read_back_or_refused(value: Any) -> None:
    try:
        check_json(value)
    except StrictJsonError:
        with pytest.raises(StrictJsonError):
            read_json(json.dumps(value))
    else:
        assert read_json(json.dumps(value)) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        value = read_json(content)
    except StrictJsonError:
        return
    assert json.loads(decoded(content)) == value


def test_a_text_within_json_may_hold_what_unicode_calls_a_lines_end() -> None:
    rows = [{"a": "x\u2028y\x85\x0b"}, {"b": 1}]
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n"
    assert [read_json(line) for line in json_lines(text)] == rows


def test_any_value_can_be_shown() -> None:
    assert shown(10**5000) == "a number of very many digits"
    assert shown("\ud800") == "'\\ud800'"
    assert len(shown("x" * 10_000)) <= 500
    assert shown("x" * 150) == repr("x" * 150)
