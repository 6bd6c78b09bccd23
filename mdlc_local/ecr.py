"""ECR's answer for an image that does not exist, by which the CDK CLI decides whether to build it."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches

ECR = "ministack.services.ecr"


def install(app: ModuleType) -> None:
    """Make DescribeImages fail for an image that is not there, as ECR does; ministack lists nothing."""
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


def _error(code: str, message: str) -> Any:
    return importlib.import_module("ministack.core.responses").error_response_json(code, message, 400)
