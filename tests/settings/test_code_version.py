import re

import pytest
from botocore.session import get_session

from mdlc_constructs.settings.code_version import MAX_CHARACTERS, check_code_version


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "it has 0 characters"),
        ("a" * 257, "it has 257 characters"),
        ("v1 (dirty)", "'(' cannot be recorded"),
        ("v1~2", "'~' cannot be recorded"),
        ("#12", "'#' cannot be recorded"),
        ("v1\n", "cannot be recorded"),
    ],
)
def test_what_could_not_be_registered_is_refused(value: str, why: str) -> None:
    with pytest.raises(ValueError, match="code_version=") as error:
        check_code_version(value)
    assert why in str(error.value)


@pytest.mark.parametrize("value", ["a" * 256, "v1.2-3+g0abc/main@2024:01=ä x_", "${Token[TOKEN.1]}"])
def test_what_can_be_registered_is_accepted(value: str) -> None:
    check_code_version(value)


def test_the_rule_is_the_api_models() -> None:
    shape = get_session().get_service_model("sagemaker").shape_for("CustomerMetadataValue")
    assert shape.metadata["max"] == MAX_CHARACTERS
    allowed = re.sub(r"[\\^()*$]|\{1,256\}", "", shape.metadata["pattern"])
    assert allowed == "[p{L}p{Z}p{N}_.:/=+-@]"
