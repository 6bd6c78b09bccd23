"""Pushes an image of the local AWS to its ECR, by the calls that Docker makes of the registry.

Docker's push needs the permission for each of them, and so the role that pushes here needs them too.
"""

from __future__ import annotations

import hashlib
from typing import Any

from mdlc_cli.errors import CommandError
from mdlc_cli.tools import local_images


def digest(manifest: str) -> str:
    """The digest that ECR gives an image."""
    return f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"


def push(*, region: str, repository: str, tag: str, manifest: str) -> str:
    """Register a manifest under a tag; returns its digest.

    Raises:
        CommandError: ECR refuses, or the tag is immutable and is that of another image.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    ecr: Any = boto3.client("ecr", region_name=region)
    named = {"repositoryName": repository}
    layer = manifest.encode()
    try:
        ecr.batch_check_layer_availability(**named, layerDigests=[digest(manifest)])
        upload = ecr.initiate_layer_upload(**named)["uploadId"]
        ecr.upload_layer_part(
            **named, uploadId=upload, partFirstByte=0, partLastByte=len(layer) - 1, layerPartBlob=layer
        )
        ecr.complete_layer_upload(**named, uploadId=upload, layerDigests=[digest(manifest)])
        try:
            ecr.put_image(
                **named,
                imageTag=tag,
                imageManifest=manifest,
                imageManifestMediaType=local_images.MEDIA_TYPE,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ImageTagAlreadyExistsException":
                raise
            images = ecr.batch_get_image(**named, imageIds=[{"imageTag": tag}])["images"]
            if [image["imageId"]["imageDigest"] for image in images] != [digest(manifest)]:
                raise CommandError(
                    f"tag invalid: the image tag {tag!r} already exists in the repository {repository!r} and "
                    "cannot be overwritten because the tag is immutable: give a changed image another tag"
                ) from error
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"image {repository}:{tag} cannot be pushed: {error}") from error
    return digest(manifest)
