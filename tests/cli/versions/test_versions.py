"""What is recorded about a version comes from one place first."""

from __future__ import annotations

from typing import Any

import pytest

from mdlc_cli.versions import versions

PACKAGE = {"metadata": {"evaluation": "s3://b/of-the-package/"}}
TRAINING = {"evaluation": "s3://b/of-the-item/"}


@pytest.mark.parametrize(
    ("package", "training", "folder"),
    [
        (PACKAGE, TRAINING, "s3://b/of-the-package/"),
        ({}, TRAINING, "s3://b/of-the-item/"),
        ({"metadata": {}}, TRAINING, "s3://b/of-the-item/"),
        (PACKAGE, {}, "s3://b/of-the-package/"),
        ({}, {}, ""),
    ],
)
def test_the_evaluation_is_the_one_that_the_package_names(
    package: dict[str, Any], training: dict[str, Any], folder: str
) -> None:
    assert versions.evaluation_of(package, training) == folder
