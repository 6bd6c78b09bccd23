from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.tasks.requests import (
    check_at_least,
    check_s3_uris,
    check_unique,
    is_expression,
    merged,
    present,
    tag_list,
    texts,
)

pytestmark = pytest.mark.slow

leaves = st.one_of(st.integers(), st.text(max_size=3), st.booleans(), st.lists(st.integers(), max_size=2))
values = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), leaves, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), st.one_of(leaves, inner), max_size=3),
    max_leaves=8,
)


def paths(value: object, before: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    if not isinstance(value, dict) or not value:
        return {before: value}
    return {
        path: leaf for key, member in value.items() for path, leaf in paths(member, (*before, key)).items()
    }


def at(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        assert isinstance(value, dict)
        value = value[key]
    return value


@given(values, values)
def test_every_member_of_the_users_is_there_after_merging(
    ours: dict[str, object], theirs: dict[str, object]
) -> None:
    result = merged(ours, theirs)
    for path, leaf in paths(theirs).items():
        if leaf != {}:
            assert at(result, path) == leaf


@given(values, values)
def test_no_member_of_ours_is_wiped_by_accident(ours: dict[str, object], theirs: dict[str, object]) -> None:
    result = merged(ours, theirs)
    named = paths(theirs)
    for path, leaf in paths(ours).items():
        starts = [path[: length + 1] for length in range(len(path))]
        if not any(start in named for start in starts) and not any(
            other[: len(path)] == path for other in named
        ):
            assert at(result, path) == leaf


@given(values)
def test_merging_with_nothing_changes_nothing(value: dict[str, object]) -> None:
    assert merged(value, {}) == value == merged({}, value)


def test_merging_leaves_what_it_was_given_alone() -> None:
    ours = {"a": {"b": 1}}
    assert merged(ours, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    assert ours == {"a": {"b": 1}}


def test_only_what_is_set_is_present() -> None:
    kept = {"zero": 0, "no": False, "empty": "", "text": "x", "list": [0]}
    assert present({**kept, "none": None, "mapping": {}, "nothing": [], "tuple": ()}) == kept


def test_texts_of_hyperparameters() -> None:
    given_ = {"a": 1, "b": 0.5, "c": True, "d": "x", "e": "{% $seed %}"}
    assert texts(given_) == {"a": "1", "b": "0.5", "c": "true", "d": "x", "e": "{% $seed %}"}
    assert texts(None) is None


def test_tags_in_the_shape_of_the_api() -> None:
    assert tag_list({"team": "a"}) == [{"Key": "team", "Value": "a"}]
    assert tag_list({}) is None


def test_expressions_are_told_from_texts() -> None:
    assert is_expression("{% $a %}")
    assert not is_expression("s3://{% $a %}")
    assert not is_expression(1)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (lambda: merged({"a": 1}, {"a": None}), "sets 'a' to None; leave it out"),
        (lambda: texts({"a": [1]}), r"a=\[1\] must be a text, a number or a boolean"),
        (lambda: check_at_least(1, count=0), "count=0 must be at least 1"),
        (
            lambda: check_s3_uris(uri="/data"),
            "uri='/data' must be an S3 URI; write it as 's3://bucket/prefix/'",
        ),
        (lambda: check_unique("inputs", ["a", "b", "a"]), "inputs holds the name 'a' twice"),
    ],
)
def test_what_cannot_be_is_refused(check: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check()


def test_what_is_known_later_passes() -> None:
    check_at_least(1, count="{% $n %}", other=None)
    check_s3_uris(a="{% $uri %}", b="${Token[TOKEN.3]}", c=None, d="s3://bucket/")
