"""SageMaker's API by botocore's service model."""

import functools
from typing import Any

import botocore.session


@functools.cache
def service_model() -> Any:
    """Botocore's service model of SageMaker; the first call takes about 0.4 s."""
    return botocore.session.get_session().get_service_model("sagemaker")


def operation(name: str) -> Any:
    """The operation model of `name`, or None when SageMaker has no such operation."""
    model = service_model()
    return model.operation_model(name) if name in model.operation_names else None
