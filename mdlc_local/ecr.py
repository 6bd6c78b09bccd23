"""ECR's operations on images that ministack lacks, and its answer for an image that does not exist.

By that answer the CDK CLI decides whether to build an image.
"""

import importlib
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import ecr_scans, patches
from mdlc_local.errors import ApiError

ECR = "ministack.services.ecr"


def install(app: ModuleType) -> None:
    """Add the scans, and make DescribeImages fail for an image that is not there, as ECR does."""
    app.SERVICE_HANDLERS["ecr"] = _with_scans(app.SERVICE_HANDLERS["ecr"])
    find = patches.take(ECR, "_find_image", "repo_name image_id")
    repositories = patches.take(ECR, "_repositories")

    def refusing(describe: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def described(data: dict[str, Any]) -> Any:
            name = data.get("repositoryName", "")
            for wanted in data.get("imageIds") or () if name in repositories else ():
                if find(name, wanted) is None:
                    account = importlib.import_module("ministack.core.responses").get_account_id()
                    shown = ", ".join(
                        f"{key}:'{wanted.get(key, 'null')}'" for key in ("imageDigest", "imageTag")
                    )
                    return _error(
                        "ImageNotFoundException",
                        f"The image with imageId {{{shown}}} does not exist within the repository with name "
                        f"'{name}' in the registry with id '{account}'",
                    )
            return describe(data)

        return described

    patches.wrap(ECR, "_describe_images", "data", refusing)


def _with_scans(handler: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        run = ecr_scans.OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if run is None:
            return await handler(method, path, headers, body, query)
        try:
            content = json.dumps(run(json.loads(body))).encode()
        except ApiError as fault:
            return _error(fault.code, fault.message)
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, content

    return handle


def _error(code: str, message: str) -> Any:
    return importlib.import_module("ministack.core.responses").error_response_json(code, message, 400)
