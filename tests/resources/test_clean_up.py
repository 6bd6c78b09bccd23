from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.clean_up import (
    deleting_packages,
    emptying_bucket,
    ending_endpoints,
    ending_jobs,
    stopping_executions,
)


def granted(statements: tuple[Statement, ...]) -> dict[str, tuple[str, ...]]:
    return {action: each.resources for each in statements for action in each.actions}


def test_only_listing_is_granted_on_everything() -> None:
    everything = {
        action
        for action, resources in granted((*ending_jobs("m"), *deleting_packages("m"))).items()
        if "*" in resources
    }
    assert everything
    assert all(action.startswith("sagemaker:List") for action in everything)


def test_jobs_and_models_are_ended_by_the_models_name() -> None:
    stop = granted(ending_jobs("flights"))["sagemaker:StopTrainingJob"]
    assert stop == ("arn:${Partition}:sagemaker:${Region}:${Account}:training-job/flights-*",)


def test_objects_are_deleted_in_the_models_bucket_alone() -> None:
    resources = {resource for each in emptying_bucket() for resource in each.resources}
    assert all(resource.startswith("arn:${Partition}:s3:::${Bucket}") for resource in resources)


def test_executions_are_stopped_of_the_machine_alone() -> None:
    states = "arn:${Partition}:states:${Region}:${Account}:"
    assert granted(stopping_executions("flights-training")) == {
        "states:ListExecutions": (f"{states}stateMachine:flights-training",),
        "states:StopExecution": (f"{states}execution:flights-training:*",),
    }


def test_endpoints_are_ended_by_name_with_their_scaling_and_its_alarms() -> None:
    here = "arn:${Partition}:%s:${Region}:${Account}:"
    allowed = granted(ending_endpoints("flights", "Flights", "${Other}"))
    endpoints = (f"{here % 'sagemaker'}endpoint/flights", f"{here % 'sagemaker'}endpoint/${{Other}}")
    assert allowed["sagemaker:DeleteEndpoint"] == allowed["sagemaker:DescribeEndpoint"] == endpoints
    assert allowed["sagemaker:DeleteEndpointConfig"] == (f"{here % 'sagemaker'}endpoint-config/flights-*",)
    alarms = f"{here % 'cloudwatch'}alarm:TargetTracking-endpoint"
    # Names of alarms keep their capitals, unlike those of endpoints in ARNs.
    assert allowed["cloudwatch:DeleteAlarms"] == (f"{alarms}/Flights/*", f"{alarms}/${{Other}}/*")
    everything = {action for action, resources in allowed.items() if "*" in resources}
    assert everything == {
        "sagemaker:ListEndpointConfigs",
        "application-autoscaling:DescribeScalableTargets",
    }
    (deregister,) = (
        one for one in ending_endpoints("m", "m") if "DeregisterScalableTarget" in one.actions[0]
    )
    assert deregister.conditions["StringEquals"] == {
        "application-autoscaling:service-namespace": "sagemaker",
        "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
    }
