"""IAM statements of a decision API's functions, with least privilege. Pure text."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.places import AUDIT_TABLE_ARN, BUCKET, KEY_ARN, PARTITION
from mdlc_constructs.settings.token import has_token
from mdlc_constructs.tasks.permissions import arn, use_key

DECISION_TABLE = "${DecisionTable}"
DECISION_TABLE_ARN = "${DecisionTableArn}"
RULES_TABLE_ARN = "${RulesTableArn}"
RULES_FUNCTION = "${RulesFunction}"
FEATURE_TABLE = "${FeatureTable}"
FEATURE_TABLE_ARN = "${FeatureTableArn}"
FEATURE_KEY_ARN = "${FeatureKeyArn}"
ACTION_FUNCTION = "${ActionFunction}"


def in_arn(endpoint_name: str) -> str:
    """An endpoint's name as in its ARN: in lower case, unless it is a token of the CDK."""
    return endpoint_name if has_token(endpoint_name) else endpoint_name.lower()


def reading_rules() -> tuple[Statement, ...]:
    """Permission to read the rules in use."""
    return (
        Statement(actions=("dynamodb:GetItem",), resources=(RULES_TABLE_ARN,)),
        *use_key(KEY_ARN, "dynamodb"),
    )


def deciding(
    *, endpoint_name: str, looks_up: bool, feature_key: bool, acts: bool, tests: bool = False
) -> tuple[Statement, ...]:
    """Permissions of the function that performs all steps.

    Args:
        endpoint_name: the endpoint to invoke.
        looks_up: whether features are looked up in a table.
        feature_key: whether that table has its own KMS key.
        acts: whether a function acts on decisions.
        tests: whether it looks up an `ABTest` that runs on the endpoint.
    """
    statements = [
        *reading_rules(),
        Statement(
            actions=("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
            resources=(DECISION_TABLE_ARN,),
        ),
        Statement(
            actions=("sagemaker:InvokeEndpoint",),
            resources=(arn("sagemaker", f"endpoint/{in_arn(endpoint_name)}"),),
        ),
    ]
    if tests:
        statements.append(Statement(actions=("dynamodb:GetItem",), resources=(AUDIT_TABLE_ARN,)))
    if looks_up:
        statements.append(Statement(actions=("dynamodb:GetItem",), resources=(FEATURE_TABLE_ARN,)))
    if looks_up and feature_key:
        statements += use_key(FEATURE_KEY_ARN, "dynamodb")
    if acts:
        statements.append(Statement(actions=("lambda:InvokeFunction",), resources=(ACTION_FUNCTION,)))
    return tuple(statements)


def accepting_rules(key: str) -> tuple[Statement, ...]:
    """Permission to read uploaded rules and the deployment's own, and to replace the rules in use.

    Args:
        key: S3 key of uploaded rules in the model's bucket.
    """
    return (
        Statement(actions=("dynamodb:GetItem", "dynamodb:PutItem"), resources=(RULES_TABLE_ARN,)),
        Statement(
            actions=("s3:GetObject", "s3:GetObjectVersion"),
            resources=(f"arn:{PARTITION}:s3:::{BUCKET}/{key}",),
        ),
        Statement(
            actions=("s3:GetObject",), resources=(f"arn:{PARTITION}:s3:::${{RulesBucket}}/${{RulesKey}}",)
        ),
        Statement(actions=("events:PutEvents",), resources=(arn("events", "event-bus/default"),)),
        *use_key(KEY_ARN, "dynamodb"),
        Statement(
            actions=("kms:Decrypt",),
            resources=(KEY_ARN,),
            conditions={"StringLike": {"kms:ViaService": "s3.${Region}.amazonaws.com*"}},
        ),
    )


def starting(machine_arn: str) -> tuple[Statement, ...]:
    """Permission for API Gateway to run the machine, and to decrypt with its key for that machine only."""
    return (
        Statement(actions=("states:StartSyncExecution",), resources=(machine_arn,)),
        Statement(
            actions=("kms:Decrypt",),
            resources=(KEY_ARN,),
            conditions={"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": machine_arn}},
        ),
    )
