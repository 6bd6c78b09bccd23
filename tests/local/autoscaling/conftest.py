"""Endpoints to scale, on a server whose time runs sixty times as fast."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.sagemaker.conftest import images_file, serving
from tests.local.sagemaker.serving import Serving, variant

__all__ = ["images_file", "serving"]

Scaled = Callable[..., "Any"]


@pytest.fixture(scope="package")
def model(serving: Serving) -> str:
    return serving.talking("hello")


@pytest.fixture
def endpoint(serving: Serving, model: str) -> str:
    """An endpoint of two instances, in service."""
    return serving.endpoint(serving.config(variant(model)))
