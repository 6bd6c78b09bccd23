import pytest

from mdlc_constructs.settings.token import has_token, is_number_token, without_tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [("${Token[Bucket.12]}", True), ("#{Token[TOKEN.3]}", True), ("${Bucket}", False), ("plain", False)],
)
def test_tokens_are_told_from_placeholders(text: str, expected: bool) -> None:
    assert has_token(text) is expected


def test_what_stands_around_a_token_is_kept() -> None:
    assert without_tokens("s3://${Token[Bucket.12]}/a/") == "s3://t/a/"


def test_the_numbers_that_cdk_makes_for_tokens_are_known() -> None:
    assert is_number_token(-1.88815458970875e289)
    assert not is_number_token(-5.0)
