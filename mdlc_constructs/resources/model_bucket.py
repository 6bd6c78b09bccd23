"""The bucket of a model: versioned, encrypted, private; it refuses plain HTTP."""

from collections.abc import Callable, Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct


def new_bucket(
    scope: Construct,
    model: str,
    *,
    key_arn: str,
    access_logs: s3.IBucket | None,
    also: Callable[[str], Sequence[Mapping[str, object]]] = lambda arn: (),
) -> s3.CfnBucket:
    """A new bucket with its bucket policy.

    Args:
        access_logs: the bucket for its server access logs, with the model's name as prefix; None for none.
        also: a function from the bucket's ARN to further statements of its policy.
    """
    bucket = s3.CfnBucket(
        scope,
        "Bucket",
        bucket_encryption={
            "serverSideEncryptionConfiguration": [
                {
                    "bucketKeyEnabled": True,
                    "serverSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key_arn},
                }
            ]
        },
        public_access_block_configuration={
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        versioning_configuration={"status": "Enabled"},
        # Needs no custom resource, unlike the L2 construct's event_bridge_enabled.
        notification_configuration={"eventBridgeConfiguration": {"eventBridgeEnabled": True}},
        lifecycle_configuration={
            "rules": [
                {
                    "id": "unfinished",
                    "status": "Enabled",
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                }
            ]
        },
        logging_configuration=None
        if access_logs is None
        else {"destinationBucketName": access_logs.bucket_name, "logFilePrefix": f"{model}/"},
    )
    if access_logs is not None:
        _allow_delivery(scope, model, access_logs)
    arn = bucket.attr_arn
    s3.CfnBucketPolicy(
        scope,
        "BucketPolicy",
        bucket=bucket.ref,
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": {"AWS": "*"},
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
                *also(arn),
            ],
        },
    )
    return bucket


def _allow_delivery(scope: Construct, model: str, access_logs: s3.IBucket) -> None:
    # By account, not by the bucket's ARN: a log bucket in another stack could not refer to that.
    access_logs.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[access_logs.arn_for_objects(f"{model}/*")],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        )
    )
