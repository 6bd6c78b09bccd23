"""APIs of our own name themselves as botocore's models do, which no start of the server reads."""

import botocore.session
import pytest

from mdlc_local.autoscaling.service import API as AUTOSCALING
from mdlc_local.code_build.service import API as CODE_BUILD
from mdlc_local.code_pipeline.service import API as CODE_PIPELINE
from mdlc_local.json_api.api import JsonApi


@pytest.mark.parametrize("api", [AUTOSCALING, CODE_BUILD, CODE_PIPELINE], ids=lambda api: str(api.service))
def test_the_target_and_all_operations_are_those_of_the_service(api: JsonApi) -> None:
    model = botocore.session.get_session().get_service_model(api.service)
    assert api.target == model.metadata["targetPrefix"]
    assert set(api.operations) <= set(model.operation_names)
