"""Makes projects of CodeBuild, and runs them to their end."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.local.conftest import Clients
from tests.local.embedded import Role

ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}
LOGS = {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*"}  # fmt: skip


@dataclass
class Builder:
    """Makes projects, and runs them to their end."""

    client: Clients
    role: Role
    bucket: str

    def project(self, buildspec: str | Mapping[str, Any], **more: Any) -> str:
        name = f"project-{uuid.uuid4().hex[:8]}"
        text = buildspec if isinstance(buildspec, str) else json.dumps({"version": 0.2, **buildspec})
        self.client("codebuild").create_project(
            **{
                "name": name,
                "source": {"type": "NO_SOURCE", "buildspec": text},
                "artifacts": {"type": "NO_ARTIFACTS"},
                "environment": ENVIRONMENT,
                "serviceRole": self.role.arn,
                **more,
            }
        )
        return name

    def run(self, buildspec: str | Mapping[str, Any], **overrides: Any) -> dict[str, Any]:
        return self.wait(self.start(self.project(buildspec), **overrides))

    def start(self, project: str, **overrides: Any) -> str:
        started = self.client("codebuild").start_build(projectName=project, **overrides)
        return str(started["build"]["id"])

    def wait(self, id_: str) -> dict[str, Any]:
        while True:
            build: dict[str, Any] = self.client("codebuild").batch_get_builds(ids=[id_])["builds"][0]
            if build["buildComplete"]:
                return build
            time.sleep(0.05)

    def upload(self, files: Mapping[str, str]) -> str:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as zipped:
            for name, text in files.items():
                zipped.writestr(name, text)
        key = f"{uuid.uuid4().hex}.zip"
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content.getvalue())
        return f"{self.bucket}/{key}"

    def log(self, build: Mapping[str, Any]) -> str:
        events = self.client("logs").get_log_events(
            logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"]
        )["events"]
        return "\n".join(event["message"] for event in events)


def phases(build: Mapping[str, Any]) -> dict[str, str]:
    return {each["phaseType"]: each.get("phaseStatus", "") for each in build["phases"]}


def reason(build: Mapping[str, Any]) -> str:
    return next(
        f"{each['phaseType']}: {each['contexts'][0]['statusCode']}: {each['contexts'][0]['message']}"
        for each in build["phases"]
        if each.get("phaseStatus") not in (None, "", "SUCCEEDED")
    )


def commands(*lines: str, **more: Any) -> dict[str, Any]:
    return {"phases": {"build": {"commands": list(lines)}}, **more}
