"""One builder for the tests of a module."""

import uuid
from collections.abc import Callable

import pytest

from tests.local.code_build.builder import LOGS, Builder
from tests.local.embedded import Role


@pytest.fixture(scope="module")
def builder(request: pytest.FixtureRequest, make_module_role: Callable[..., Role]) -> Builder:
    server = request.getfixturevalue("server")
    bucket = f"builds-{uuid.uuid4().hex[:8]}"
    server.client("s3").create_bucket(Bucket=bucket)
    role = make_module_role(
        LOGS,
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}*"},
        {"Effect": "Allow", "Action": "codebuild:*", "Resource": "*"},
        principal="codebuild.amazonaws.com",
    )
    return Builder(server.client, role, bucket)
