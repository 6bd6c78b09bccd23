import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.asl.placeholders import bind_tokens, names_in, placeholder, texts_in, unbindable


def test_a_placeholder_is_found_again() -> None:
    assert names_in(f"s3://{placeholder('Bucket')}/{placeholder('Key_2')}") == {"Bucket", "Key_2"}


@pytest.mark.parametrize("name", ["", "2nd", "a-b", "a b", "Token[1]"])
def test_names_that_cloudformation_refuses(name: str) -> None:
    with pytest.raises(ValueError, match="is no placeholder name; use letters"):
        placeholder(name)


def test_policy_variables_and_tokens_are_no_placeholders() -> None:
    assert names_in("${aws:username} ${Token[TOKEN.1]} ${} $X {Y}") == frozenset()


@given(
    st.lists(st.tuples(st.integers(0, 5), st.text(alphabet="ab/-", max_size=3)), max_size=8),
    st.integers(1, 900),
)
def test_tokens_are_bound_alike_whatever_their_numbers(parts: list[tuple[int, str]], shift: int) -> None:
    def written(offset: int) -> str:
        return "".join(f"${{Token[TOKEN.{number + offset}]}}{text}" for number, text in parts)

    text, bindings = bind_tokens(written(0))
    assert bind_tokens(written(shift))[0] == text
    for name, marker in bindings.items():
        text = text.replace(placeholder(name), marker)
    assert text == written(0)


def test_pseudo_parameters_are_known_by_name() -> None:
    text, bindings = bind_tokens(
        "arn:${Token[AWS.Partition.3]}:s3:${Token[AWS.Region.4]}:${Token[AWS.AccountId.7]}:${Token[TOKEN.9]}"
    )
    assert text == "arn:${Partition}:s3:${Region}:${Account}:${Token1}"
    assert bindings == {"Token1": "${Token[TOKEN.9]}"}


def test_lists_and_numbers_cannot_be_bound() -> None:
    assert unbindable('["#{Token[TOKEN.5]}"]')
    assert unbindable("-1.8881545897087507e+289")
    assert not unbindable("${Token[TOKEN.5]} -1.8881545")


def test_texts_of_a_value() -> None:
    assert list(texts_in({"a": ["b", {"c": 1}, ("d",)], "e": None})) == ["a", "b", "c", "d", "e"]
