"""Repositories of the images that a pipeline builds, and what its image build may do."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.delivery.stages import Places
from mdlc_constructs.settings.container_images import ContainerImage
from mdlc_constructs.settings.environments import Environment

_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_PUSH = (
    *("ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"),
    *("ecr:DescribeImageScanFindings", "ecr:DescribeImages", "ecr:DescribeRepositories"),
)


def make_repositories(
    scope: Construct,
    images: tuple[ContainerImage, ...],
    environments: tuple[Environment, ...],
    places: Places,
) -> dict[str, str]:
    """Make the repositories, which scan each image that is pushed and let no tag be moved.

    They stay when the stack is deleted: packages of the registry name images by digest.

    Returns:
        The ARNs of the repositories, by the names of their placeholders.
    """
    others = sorted({each.account for each in environments} - {places.account})
    arns = {}
    for number, image in enumerate(images):
        repository = ecr.CfnRepository(
            scope,
            f"Images-{image.directory.replace('/', '-')}",
            repository_name=image.repository(places.pipeline),
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scanOnPush": True},
            encryption_configuration={"encryptionType": "AES256"},
            repository_policy_text=_policy(others, places) if others else None,
        )
        repository.cfn_options.deletion_policy = repository.cfn_options.update_replace_policy = (
            CfnDeletionPolicy.RETAIN
        )
        arns[f"Repository{number}Arn"] = repository.attr_arn
    return arns


def of_image_build(repositories: Mapping[str, str]) -> tuple[Statement, ...]:
    """The statements that the image build needs besides those of every build."""
    return (
        # A token of the registry belongs to no repository.
        Statement(actions=("ecr:GetAuthorizationToken",), resources=("*",)),
        Statement(
            actions=tuple(sorted({*_PULL, *_PUSH})),
            resources=tuple(f"${{{name}}}" for name in repositories),
        ),
    )


def variable(images: tuple[ContainerImage, ...], places: Places) -> str:
    """The arguments of the image build, as JSON."""
    return json.dumps(
        [
            {
                "directory": image.directory,
                "language": image.language,
                "repository": image.repository(places.pipeline),
                "severities": list(image.severities),
            }
            for image in images
        ],
        separators=(",", ":"),
    )


def _policy(accounts: list[str], places: Places) -> dict[str, Any]:
    """Accounts of environments may pull: their roles of training jobs and models, each by its own policy."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:{places.partition}:iam::{each}:root" for each in accounts]},
                "Action": list(_PULL),
            }
        ],
    }
