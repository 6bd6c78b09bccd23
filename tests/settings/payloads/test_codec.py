import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.payloads.codec import KEY, JsonValue, PayloadError, decode, encode


@dataclass(frozen=True, kw_only=True)
class Inner:
    name: str
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Outer:
    text: str
    count: int
    rate: float
    on: bool
    kind: Literal["a", "b"]
    inner: Inner
    rows: tuple[Inner, ...]
    table: Mapping[str, int]
    parts: Mapping[str, Inner] = field(default_factory=dict)
    maybe: Inner | None = None
    either: str | int | None = None
    anything: JsonValue = None
    error: str = field(default="", metadata={KEY: "Error"})


WHOLE = {
    "text": "t",
    "count": 3,
    "rate": 0.5,
    "on": True,
    "kind": "a",
    "inner": {"name": "i", "size": 1},
    "rows": [{"name": "r"}],
    "table": {"x": 1},
}

texts, whole = st.text(max_size=5), st.integers(-(2**53), 2**53)
inners = st.builds(Inner, name=texts, size=whole)
outers = st.builds(
    Outer,
    text=texts,
    count=whole,
    rate=st.floats(allow_nan=False, allow_infinity=False),
    on=st.booleans(),
    kind=st.sampled_from(["a", "b"]),
    inner=inners,
    rows=st.lists(inners, max_size=3).map(tuple),
    table=st.dictionaries(texts, whole, max_size=3),
    parts=st.dictionaries(texts, inners, max_size=2),
    maybe=st.none() | inners,
    either=st.none() | texts | whole,
    anything=st.none() | st.lists(whole) | st.dictionaries(texts, texts),
    error=texts,
)


@given(outers)
def test_what_is_encoded_as_json_is_decoded_to_the_same(payload: Outer) -> None:
    assert decode(Outer, json.loads(json.dumps(encode(payload)))) == payload


def test_a_field_may_have_another_key() -> None:
    assert encode(decode(Outer, {**WHOLE, "Error": "NoRows"}))["Error"] == "NoRows"


def test_defaults_stand_for_missing_keys() -> None:
    assert decode(Outer, WHOLE).rows == (Inner(name="r", size=0),)


def test_a_whole_number_that_jsonata_wrote_as_a_float_is_one() -> None:
    read = decode(Outer, {**WHOLE, "count": 3.0})
    assert read.count == 3 and isinstance(read.count, int)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"text": 1}, "plan.text is 1: give a text."),
        ({"count": 1.5}, "plan.count is 1.5: give a whole number."),
        ({"count": True}, "plan.count is True: give a whole number."),
        ({"rate": "1"}, "plan.rate is '1': give a number."),
        ({"on": 1}, "plan.on is 1: give true or false."),
        ({"kind": "c"}, "plan.kind is 'c': give 'a' or 'b'."),
        ({"inner": []}, "plan.inner is []: give an object."),
        ({"inner": {}}, "plan.inner.name is missing: Inner needs it."),
        ({"rows": {}}, "plan.rows is {}: give a list."),
        ({"rows": [{"name": "a"}, {"name": 2}]}, "plan.rows[1].name is 2: give a text."),
        ({"table": {"x": "1"}}, "plan.table.x is '1': give a whole number."),
        ({"table": []}, "plan.table is []: give an object."),
        ({"maybe": 1}, "plan.maybe is 1: give an object."),
        ({"either": []}, "plan.either is []: give str or int."),
    ],
)
def test_a_wrong_value_is_named_with_its_path(change: Mapping[str, object], sentence: str) -> None:
    with pytest.raises(PayloadError) as refused:
        decode(Outer, {**WHOLE, **change}, where="plan")
    assert str(refused.value) == sentence


@pytest.mark.parametrize("key", list(WHOLE))
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(PayloadError, match=f"^{key} is missing: Outer needs it"):
        decode(Outer, {name: value for name, value in WHOLE.items() if name != key})


def test_no_object_is_no_payload() -> None:
    with pytest.raises(PayloadError, match=r"^The input is \[\]: give a JSON object\.$"):
        decode(Outer, [], where="The input")


def test_an_unknown_key_of_a_person_is_an_error_with_the_nearest_key() -> None:
    with pytest.raises(PayloadError, match=r"has the unknown key 'txt': did you mean 'text'\?"):
        decode(Outer, {**WHOLE, "txt": 1}, from_user=True)
    with pytest.raises(PayloadError, match=r"inner has the unknown key 'qqq': use name, size\."):
        decode(Outer, {**WHOLE, "inner": {"name": "n", "qqq": 1}}, from_user=True)


def test_an_unknown_key_between_our_own_parts_is_logged_and_ignored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="mdlc.payloads"):
        assert decode(Outer, {**WHOLE, "later": 1}, where="plan") == decode(Outer, WHOLE)
    assert caplog.messages == ["plan has the unknown key 'later', which is ignored"]


def test_only_dataclasses_are_encoded() -> None:
    with pytest.raises(TypeError, match="is no payload"):
        encode({"a": 1})


def test_a_type_that_json_does_not_have_is_a_fault_of_the_payload() -> None:
    @dataclass(frozen=True)
    class Wrong:
        at: complex

    with pytest.raises(TypeError, match="which a payload cannot hold"):
        decode(Wrong, {"at": 1})
