"""What the functions of a decision API may do, each as narrow as its calls. Pure text."""

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
    """An endpoint's name as its ARN has it: in lower case, unless it is known only at deployment."""
    return endpoint_name if has_token(endpoint_name) else endpoint_name.lower()


def reading_rules() -> tuple[Statement, ...]:
    """Reading the rules in use."""
    return (
        Statement(actions=("dynamodb:GetItem",), resources=(RULES_TABLE_ARN,)),
        *use_key(KEY_ARN, "dynamodb"),
    )


def deciding(
    *, endpoint_name: str, looks_up: bool, feature_key: bool, acts: bool, tests: bool = False
) -> tuple[Statement, ...]:
    """All steps in one function.

    Args:
        tests: whether it looks for a test that runs on the endpoint.
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
    """Reading the team's upload and the deployment's own rules, and replacing those in use.

    Args:
        key: of the upload in the model's bucket.
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
    """What API Gateway may do: run the machine and read what its key encrypts, as that machine's alone."""
    return (
        Statement(actions=("states:StartSyncExecution",), resources=(machine_arn,)),
        Statement(
            actions=("kms:Decrypt",),
            resources=(KEY_ARN,),
            conditions={"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": machine_arn}},
        ),
    )
