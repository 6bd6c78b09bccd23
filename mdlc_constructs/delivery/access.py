"""What a pipeline may do in another account's environment besides deploying: check it."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from mdlc_constructs.delivery.stages import access_role_name, pipeline_role_name
from mdlc_constructs.settings.environments import Environment
from mdlc_constructs.signatures import ConstructorSignature


class DeliveryAccess(Construct):
    """A role by which a pipeline of another account runs smoke tests and reads alarms.

    Put it into a stack of the environment. Only the pipeline's own role can assume it.

    Args:
        pipeline: the pipeline's name.
        pipeline_account: the pipeline's account.
        environment: the environment with the checks that the pipeline makes.
    """

    __signature__ = ConstructorSignature()

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        pipeline: str,
        pipeline_account: str,
        environment: Environment,
    ) -> None:
        super().__init__(scope, id_)
        principal = f"arn:{Aws.PARTITION}:iam::{pipeline_account}:"
        where = f"arn:{Aws.PARTITION}:states:{environment.region}:{environment.account}:"
        statements = []
        for test in environment.smoke_tests:
            statements += [
                {
                    "Effect": "Allow",
                    "Action": "states:StartExecution",
                    "Resource": f"{where}stateMachine:{test.machine}",
                },
                {
                    "Effect": "Allow",
                    "Action": "states:DescribeExecution",
                    "Resource": f"{where}execution:{test.machine}:*",
                },
            ]
        if environment.watches:
            # DescribeAlarms knows no resources.
            statements.append({"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"})
        if not statements:
            raise ValueError(
                f"environment={environment.name!r}: it has no checks, so the pipeline needs no role in "
                f"{Stack.of(scope).stack_name}; leave DeliveryAccess out."
            )
        iam.CfnRole(
            self,
            "Role",
            role_name=access_role_name(pipeline, environment.region),
            description=f"The pipeline {pipeline} of account {pipeline_account} checks {environment.name}",
            assume_role_policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": f"{principal}root"},
                        "Action": "sts:AssumeRole",
                        "Condition": {
                            "ArnEquals": {
                                "aws:PrincipalArn": f"{principal}role/{pipeline_role_name(pipeline)}"
                            }
                        },
                    }
                ],
            },
            policies=[
                {
                    "policyName": "Checks",
                    "policyDocument": {"Version": "2012-10-17", "Statement": statements},
                }
            ],
        )
