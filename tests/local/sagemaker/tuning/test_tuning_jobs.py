from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import role_maker
from tests.local.embedded import Role, allow
from tests.local.sagemaker.lab import Lab
from tests.local.sagemaker.tuning import searches

Change = Callable[[dict[str, Any], dict[str, Any]], None]


def refusal(client: Any, given: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        client.create_hyper_parameter_tuning_job(**given)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def with_config(**members: Any) -> Change:
    return lambda request, config: config.update(members)


def with_definition(**members: Any) -> Change:
    return lambda request, config: request["TrainingJobDefinition"].update(members)


def with_member(**members: Any) -> Change:
    return lambda request, config: request.update(members)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (with_member(Autotune={"Mode": "Enabled"}), "Autotune is not run by the embedded AWS"),
        (with_definition(CheckpointConfig={"S3Uri": "s3://b/c"}), "CheckpointConfig is not run"),
        (with_definition(StaticHyperParameters={"x": "1"}), "[x] is both static and tunable"),
        (with_config(ResourceLimits={"MaxParallelTrainingJobs": 1}), "MaxNumberOfTrainingJobs is required"),
        (
            with_config(ResourceLimits={"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2}),
            "MaxParallelTrainingJobs [2] must be less",
        ),
        (with_config(Strategy="Grid"), "ContinuousParameterRanges are not supported by the Grid strategy"),
        (with_config(Strategy="Hyperband"), "MaxResource [None]"),
        (
            with_config(StrategyConfig={"HyperbandStrategyConfig": {"MaxResource": 9}}),
            "only supported when Strategy is Hyperband",
        ),
        (
            with_config(
                Strategy="Hyperband",
                TrainingJobEarlyStoppingType="Auto",
                StrategyConfig={"HyperbandStrategyConfig": {"MaxResource": 9}},
            ),
            "TrainingJobEarlyStoppingType must be Off",
        ),
        (
            with_config(
                ParameterRanges={"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "3"}]}
            ),
            "provided ranges [3.0] must be equal or greater than the value of MaxNumberOfJobs, [4]",
        ),
        (
            with_config(HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "other"}),
            "A metric is required for this hyperparameter tuning job objective",
        ),
        (
            with_member(
                WarmStartConfig={
                    "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "nobody"}],
                    "WarmStartType": "TransferLearning",
                }
            ),
            "Requested resource not found",
        ),
    ],
)  # fmt: skip
def test_what_sagemaker_or_this_machine_does_not_take(lab: Lab, change: Change, told: str) -> None:
    given = searches.request(lab)
    change(given, given["HyperParameterTuningJobConfig"])
    assert told in refusal(lab.sagemaker, given)[1]


def test_a_name_is_used_once(lab: Lab) -> None:
    given = searches.request(lab, trials=2)
    searches.run(lab, given)
    code, message = refusal(lab.sagemaker, given)
    assert code == "ResourceInUse" and "hyper parameter tuning job" in message


def test_the_caller_needs_the_permission_and_may_pass_the_role(lab: Lab) -> None:
    given = searches.request(lab, trials=2)
    prefix = "arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/"
    names = {"HyperParameterTuningJobName": given["HyperParameterTuningJobName"]}
    make_role = role_maker(lab.server)
    anyone = make_role(allow("sagemaker:CreateHyperParameterTuningJob", f"{prefix}*"))
    code, message = refusal(client_of(lab, anyone), given)
    assert code == "AccessDeniedException" and "iam:PassRole" in message
    searches.run(lab, given)
    with pytest.raises(ClientError, match="ListTrainingJobsForHyperParameterTuningJob"):
        client_of(lab, anyone).list_training_jobs_for_hyper_parameter_tuning_job(**names)
    reader = make_role(allow("sagemaker:ListTrainingJobsForHyperParameterTuningJob", f"{prefix}tune-*"))
    listed = client_of(lab, reader).list_training_jobs_for_hyper_parameter_tuning_job(**names)
    assert len(listed["TrainingJobSummaries"]) == 2


def client_of(lab: Lab, role: Role) -> Any:
    return lab.server.client("sagemaker", credentials=role.credentials)
