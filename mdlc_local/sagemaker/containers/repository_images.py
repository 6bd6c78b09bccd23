"""Images that this server's ECR holds as descriptions of local programs, as the `mdlc` command pushes."""

import importlib
import json
import re
from typing import Any

from mdlc_local import patches

MEDIA_TYPE = "application/vnd.mdlc.local-image.v1+json"
"""The media type of a manifest whose `local` is an entry of the images file."""

_FIND = ("ministack.services.ecr", "_find_image", "repo_name image_id")
_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<name>[^:@]+)(:(?P<tag>[^:@]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)


def local_entry(image: str) -> dict[str, Any] | None:
    """The entry of an image; None when its account has no such image, or it is a Docker image."""
    match = _URI.fullmatch(image)
    if match is None:
        return None
    responses = importlib.import_module("ministack.core.responses")
    with responses.request_scope(match["account"], match["region"]):
        image_entry = patches.take(*_FIND)(
            match["name"], {"imageTag": match["tag"], "imageDigest": match["digest"]}
        )
    if image_entry is None or image_entry.get("imageManifestMediaType") != MEDIA_TYPE:
        return None
    entry: dict[str, Any] = json.loads(image_entry["imageManifest"])["local"]
    return entry
