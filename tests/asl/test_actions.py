import pytest

from mdlc_constructs.asl.actions import called_actions, required_actions


@pytest.mark.parametrize(
    ("resource", "arguments", "actions"),
    [
        ("arn:aws:states:::dynamodb:putItem", {}, {"dynamodb:PutItem"}),
        ("arn:aws:states:::aws-sdk:s3:copyObject", {}, {"s3:GetObject", "s3:PutObject"}),
        ("arn:aws:states:::aws-sdk:s3:listObjectsV2", {}, {"s3:ListBucket"}),
        ("arn:aws:states:::aws-sdk:sagemakerruntime:invokeEndpoint", {}, {"sagemaker:InvokeEndpoint"}),
        (
            "arn:aws:states:::aws-sdk:applicationautoscaling:registerScalableTarget",
            {},
            {"application-autoscaling:RegisterScalableTarget"},
        ),
        ("arn:aws:states:::lambda:invoke", {}, {"lambda:InvokeFunction"}),
        ("arn:aws:lambda:eu-west-1:1:function:f", {}, {"lambda:InvokeFunction"}),
        ("arn:aws:states:::states:startExecution", {}, {"states:StartExecution"}),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            {},
            {
                "states:StartExecution",
                "states:DescribeExecution",
                "states:StopExecution",
                "events:DescribeRule",
                "events:PutRule",
                "events:PutTargets",
            },
        ),
        (
            "arn:aws:states:::sagemaker:createModel",
            {"ExecutionRoleArn": "r"},
            {"sagemaker:CreateModel", "iam:PassRole"},
        ),
        (
            "arn:aws:states:::sagemaker:createModel",
            {"Tags": []},
            {"sagemaker:CreateModel", "sagemaker:AddTags"},
        ),
        (
            "arn:${Partition}:states:::sagemaker:createProcessingJob.sync",
            {"RoleArn": "r"},
            {
                "sagemaker:CreateProcessingJob",
                "sagemaker:DescribeProcessingJob",
                "sagemaker:StopProcessingJob",
                "sagemaker:AddTags",
                "events:DescribeRule",
                "events:PutRule",
                "events:PutTargets",
                "iam:PassRole",
            },
        ),
        (
            "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems",
            {"TransactItems": [{"Put": {}}, {"ConditionCheck": {}}]},
            {"dynamodb:PutItem", "dynamodb:ConditionCheckItem"},
        ),
        ("arn:aws:states:::aws-sdk:cloudwatchlogs:putLogEvents", {}, set()),
        ("arn:aws:states:eu-west-1:1:activity:a", {}, set()),
    ],
)
def test_actions_of_a_call(resource: str, arguments: object, actions: set[str]) -> None:
    assert set(required_actions(resource, arguments)) == actions


def test_arguments_known_later_need_what_the_call_needs() -> None:
    resource = "arn:aws:states:::sagemaker:createModel"
    assert required_actions(resource, "{% $request %}") == called_actions(resource)
