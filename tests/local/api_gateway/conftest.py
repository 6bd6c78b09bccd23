"""One deployed API for the tests of this folder."""

import pytest

from tests.local.api_gateway.app_template import template
from tests.local.api_gateway.gateway import Stack, deploy
from tests.local.embedded import Server


@pytest.fixture(scope="package")
def stack(server: Server) -> Stack:
    """The template of `app_template`, with every permission."""
    return deploy(server, "api", template())
