"""Which model a body is held against."""

from typing import Any

import pytest

from tests.local.api_gateway.gateway import GOOD, Stack

BAD: dict[str, Any] = {"row": {}}


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("/named", "application/json", 400),
        ("/named", "Application/JSON; charset=utf-8", 400),
        # No model is given for it, so that nothing is checked.
        ("/named", "text/plain", 200),
        ("/whatever", "application/json", 400),
        ("/whatever", "text/plain", 400),
    ],
)
def test_a_body_is_held_against_the_model_of_its_type(
    stack: Stack, path: str, content_type: str, status: int
) -> None:
    assert stack.post(path, BAD, {"Content-Type": content_type}).status == status
    assert stack.post(path, GOOD, {"Content-Type": content_type}).status == 200
