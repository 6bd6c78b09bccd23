import re

import pytest

from mdlc_constructs.settings.request_id import MAX_REQUEST_ID_CHARACTERS, REQUEST_ID_PATTERN


@pytest.mark.parametrize("good", ["a", "7f2c-11.22_33:44", "x" * MAX_REQUEST_ID_CHARACTERS])
def test_a_request_id_is_an_inference_id(good: str) -> None:
    assert re.fullmatch(REQUEST_ID_PATTERN, good)


@pytest.mark.parametrize("bad", ["", "-a", "a b", "ä", "x" * (MAX_REQUEST_ID_CHARACTERS + 1), "a\n"])
def test_others_are_refused(bad: str) -> None:
    assert not re.fullmatch(REQUEST_ID_PATTERN, bad)
