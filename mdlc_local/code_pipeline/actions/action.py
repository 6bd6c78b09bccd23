"""What every action has: its run, clients with its role, and its artifacts in S3."""

import secrets
import string
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import clients, options
from mdlc_local.code_pipeline.declaration import resolved
from mdlc_local.code_pipeline.records import ActionRun, PipelineExecution
from mdlc_local.errors import LocalAwsError

SESSION = "codepipeline"
POLL_SECONDS = 0.2
_LETTERS = string.ascii_letters + string.digits


class ActionFailed(LocalAwsError):  # noqa: N818 - the outcome of an action
    """An action failed; the code is CodePipeline's, such as `JobFailed`."""

    def __init__(self, message: str, code: str = "JobFailed") -> None:
        super().__init__(message)
        self.code, self.message = code, message


class ActionAbandoned(LocalAwsError):  # noqa: N818 - the outcome of an action
    """The execution was stopped and its actions abandoned."""


@dataclass(frozen=True)
class Action:
    """A running action.

    Attributes:
        execution: the pipeline's execution.
        run: the action's run, which is its record.
    """

    execution: PipelineExecution
    run: ActionRun

    @property
    def configuration(self) -> dict[str, str]:
        """The configuration with variables resolved."""
        return self.run.configuration

    @property
    def role_arn(self) -> str:
        """The role of the action's calls: its own, else the pipeline's."""
        return str(self.run.action.get("roleArn") or self.execution.declaration["roleArn"])

    @property
    def region(self) -> str:
        """The action's region."""
        return str(self.run.action.get("region") or self.execution.pipeline.scope.region)

    def resolve(self) -> None:
        """Resolve the variables of the configuration, now that earlier actions have set them."""
        configuration = self.run.action.get("configuration") or {}
        self.run.configuration = {
            key: resolved(value, self.execution.variables) for key, value in configuration.items()
        }

    def assume_role(self) -> None:
        """Have the pipeline's role assume the action's own role.

        Raises:
            ActionFailed: when it may not, with AWS's message.
        """
        own = self.run.action.get("roleArn")
        if not own:
            return
        sts = self._client("sts", self.execution.declaration["roleArn"])
        try:
            sts.assume_role(RoleArn=own, RoleSessionName=SESSION)
        except (ClientError, BotoCoreError) as error:
            raise ActionFailed(
                f"The pipeline's role {self.execution.declaration['roleArn']} may not assume the action's "
                f"role {own}: {error}",
                "PermissionError",
            ) from error

    def client(self, service: str) -> Any:
        """A client with the permissions of the action's role."""
        return self._client(service, self.role_arn)

    def _client(self, service: str, role_arn: str) -> Any:
        return clients.client(service, role_arn=role_arn, region=self.region, session=SESSION)

    def check_abandoned(self) -> None:
        """End the action when the execution has been abandoned.

        Raises:
            ActionAbandoned: when it has.
        """
        if self.execution.abandon.is_set():
            raise ActionAbandoned

    def pause(self) -> None:
        """Wait until the next look at what the action waits for.

        Raises:
            ActionAbandoned: when the execution has been abandoned.
        """
        self.check_abandoned()
        time.sleep(POLL_SECONDS)

    def store(self) -> dict[str, Any]:
        """The artifact store of the action's region."""
        declaration = self.execution.declaration
        if declaration.get("artifactStore"):
            return dict(declaration["artifactStore"])
        store = declaration["artifactStores"].get(self.region)
        if store is None:
            raise ActionFailed(f"The pipeline has no artifact store in {self.region}", "ConfigurationError")
        return dict(store)

    def place(self, artifact: str) -> dict[str, str]:
        """A new place for an output artifact in the artifact store."""
        store = self.store()
        mark = "".join(secrets.choice(_LETTERS) for _ in range(7))
        return {
            "bucket": store["location"],
            "key": f"{self.execution.pipeline.name[:20]}/{artifact[:10]}/{mark}",
            "kms": (store.get("encryptionKey") or {}).get("id", ""),
        }

    def input_file(self, artifact: str) -> Path:
        """Download an input artifact, a ZIP file, with the action's role; the caller deletes it.

        Raises:
            ActionFailed: when the role may not read it.
        """
        place = self.execution.artifacts[artifact]
        folder = options.current().state_dir / "temporary"
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".zip", delete=False) as file:
            path = Path(file.name)
        try:
            self.client("s3").download_file(place["bucket"], place["key"], str(path))
        except (ClientError, BotoCoreError) as error:
            path.unlink()
            raise ActionFailed(
                f"The role {self.role_arn} cannot read the artifact {artifact}: {error}", "PermissionError"
            ) from error
        return path

    def upload(self, artifact: str, path: Path, revision: str = "") -> None:
        """Upload an output artifact with the action's role.

        Raises:
            ActionFailed: when the role may not write it.
        """
        place = self.place(artifact)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": place["kms"]} if place["kms"] else {}
        try:
            self.client("s3").upload_file(str(path), place["bucket"], place["key"], ExtraArgs=encryption)
        except Exception as error:
            # s3transfer wraps S3's errors in exceptions that have no base class in common with botocore's.
            raise ActionFailed(
                f"The role {self.role_arn} cannot write the artifact {artifact}: {error}", "PermissionError"
            ) from error
        self.produced(artifact, place, revision)

    def produced(self, artifact: str, place: dict[str, str], revision: str = "") -> None:
        """Record an output artifact."""
        self.execution.artifacts[artifact] = {**place, "revision": revision}
        self.run.artifacts.append(
            {"name": artifact, "s3location": {"bucket": place["bucket"], "key": place["key"]}}
        )
