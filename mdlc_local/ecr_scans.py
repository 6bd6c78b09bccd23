"""ECR's scans of images: StartImageScan and DescribeImageScanFindings.

Nothing is scanned here, because an image is a description of local programs without an operating system. Its
scan ends as AWS's does for an image that it cannot scan, unless the image's description says what the scan is
to report: then the findings are those, and each says that it was declared.
Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from mdlc_local import patches
from mdlc_local.errors import ApiError

FINDINGS = "scan_findings"
"""The member of a manifest that declares findings: severities by names."""

UNSUPPORTED = (
    "UnsupportedImageError: The operating system and/or package manager are not supported. The embedded AWS "
    "scans no image: declare scan_findings in the image's local-image.json, {} for none"
)
DECLARED = "Declared in the image's local-image.json: nothing was scanned."

ECR = "ministack.services.ecr"
_STARTED = "scanStartedAt"

Request = dict[str, Any]


def start(request: Request) -> dict[str, Any]:
    """StartImageScan."""
    image = _image(request)
    image[_STARTED] = time.time()
    return {**_named(request, image), "imageScanStatus": {"status": "IN_PROGRESS"}}


def describe(request: Request) -> dict[str, Any]:
    """DescribeImageScanFindings."""
    image = _image(request)
    repository = patches.take(ECR, "_repositories")[request["repositoryName"]]
    on_push = (repository.get("imageScanningConfiguration") or {}).get("scanOnPush")
    began = image.get(_STARTED) or (image.get("imagePushedAt") if on_push else None)
    if began is None:
        raise ApiError(
            "ScanNotFoundException",
            f"Image scan does not exist for the image with {{imageDigest:'{image['imageDigest']}'}} in the "
            f"repository with name '{request['repositoryName']}'",
        )
    return {**_named(request, image), **outcome(image.get("imageManifest", "{}"), float(began))}


def outcome(manifest: str, began: float) -> dict[str, Any]:
    """The result of a scan: unsupported, or the findings that the manifest declares."""
    declared = _declared(manifest)
    if declared is None:
        return {"imageScanStatus": {"status": "UNSUPPORTED_IMAGE", "description": UNSUPPORTED}}
    return {
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": {
            "imageScanCompletedAt": began,
            "vulnerabilitySourceUpdatedAt": began,
            "findings": [
                {"name": name, "severity": severity, "description": DECLARED}
                for name, severity in sorted(declared.items())
            ],
            "findingSeverityCounts": dict(Counter(declared.values())),
        },
    }


OPERATIONS: Mapping[str, Callable[[Request], dict[str, Any]]] = {
    "StartImageScan": start,
    "DescribeImageScanFindings": describe,
}


def _declared(manifest: str) -> dict[str, str] | None:
    try:
        declared = json.loads(manifest).get(FINDINGS)
    except (ValueError, AttributeError):  # whatever a caller of PutImage gave
        return None
    if not isinstance(declared, dict):
        return None
    return {str(name): str(severity) for name, severity in declared.items()}


def _image(request: Request) -> dict[str, Any]:
    name, wanted = request.get("repositoryName", ""), request.get("imageId") or {}
    if name not in patches.take(ECR, "_repositories"):
        raise ApiError(
            "RepositoryNotFoundException", f"The repository with name '{name}' does not exist in the registry"
        )
    image = patches.take(ECR, "_find_image", "repo_name image_id")(name, wanted)
    if image is None:
        raise ApiError(
            "ImageNotFoundException",
            f"The image with imageId {json.dumps(wanted)} does not exist within the repository with name "
            f"'{name}'",
        )
    record: dict[str, Any] = image
    return record


def _named(request: Request, image: dict[str, Any]) -> dict[str, Any]:
    tag = request["imageId"].get("imageTag")
    return {
        "registryId": image["registryId"],
        "repositoryName": request["repositoryName"],
        "imageId": {"imageDigest": image["imageDigest"], **({"imageTag": tag} if tag else {})},
    }
