"""Source actions: the head commit of a git repository on this machine.

`mdlc.toml` registers which repository of this machine stands for which one of a connection or of CodeCommit.
"""

import json
import os
import subprocess
from pathlib import Path

from mdlc_local import iam, options
from mdlc_local.code_pipeline.actions.action import Action, ActionFailed

CONNECTION = "codeconnections:UseConnection"
_OLD_CONNECTION = "codestar-connections:UseConnection"
_CODE_COMMIT = ("GetBranch", "GetCommit", "UploadArchive", "GetUploadArchiveStatus")
_ANSWER_SECONDS = 120


def run(action: Action) -> None:
    """Upload the branch's head, or the commit that the execution was started with, as output artifact."""
    configuration = action.configuration
    if "ConnectionArn" in configuration:
        name = configuration["FullRepositoryId"]
        arn = configuration["ConnectionArn"]
        wanted = _OLD_CONNECTION if ":codestar-connections:" in arn else CONNECTION
        _authorize(action, wanted, arn)
        folder = repository(name)
        if folder is None:
            raise ActionFailed(
                f"Connection {arn} is not available: register {name} in [local.repositories] of mdlc.toml, "
                "as you would complete the connection in the console",
                "ConnectionError",
            )
    else:
        name = configuration["RepositoryName"]
        scope = action.execution.pipeline.scope
        for operation in _CODE_COMMIT:
            _authorize(
                action,
                f"codecommit:{operation}",
                f"arn:aws:codecommit:{action.region}:{scope.account}:{name}",
            )
        folder = repository(name)
        if folder is None:
            raise ActionFailed(
                f"{name} does not exist: register it below [local.repositories] in mdlc.toml",
                "ConfigurationError",
            )
    _upload(action, folder, name)


def repository(name: str) -> Path | None:
    """The folder that is registered for a repository, or None."""
    path = options.current().repositories
    if path is None or not path.is_file():
        return None
    folder = json.loads(path.read_text()).get(name)
    return Path(folder) if folder else None


def _authorize(action: Action, operation: str, arn: str) -> None:
    reason = iam.denial(action.role_arn, operation, arn, region=action.region)
    if reason is not None:
        raise ActionFailed(f"Unable to use {arn}: {reason}", "PermissionError")


def _upload(action: Action, folder: Path, name: str) -> None:
    branch = action.configuration["BranchName"]
    started_with = next(
        (each["revisionValue"] for each in action.execution.revisions
         if each["actionName"] == action.run.action["name"] and "revisionValue" in each),
        None,
    )  # fmt: skip
    commit = _git(
        folder, "rev-parse", "--verify", f"{started_with or f'refs/heads/{branch}'}^{{commit}}", name=name
    )
    details = _git(folder, "show", "-s", "--format=%aI%x00%B", commit, name=name)
    date, _, message = details.partition("\0")
    path = options.current().state_dir / "temporary" / f"source-{action.run.id}.zip"
    try:
        _git(folder, "archive", "--format=zip", f"--output={path}", commit, name=name)
        artifact = action.run.action["outputArtifacts"][0]["name"]
        action.upload(artifact, path, commit)
    finally:
        path.unlink(missing_ok=True)
    action.run.outputs.update(
        CommitId=commit,
        BranchName=branch,
        AuthorDate=date,
        CommitMessage=message.strip(),
        FullRepositoryName=name,
        RepositoryName=name.rpartition("/")[2],
    )
    action.run.external_id = commit
    action.run.summary = message.strip()[:2000]
    action.execution.revisions = [
        each for each in action.execution.revisions if each["actionName"] != action.run.action["name"]
    ] + [
        {"actionName": action.run.action["name"], "revisionId": commit, "revisionSummary": action.run.summary}
    ]


def _git(folder: Path, *arguments: str, name: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *arguments]
    # What the user's own configuration of git says does not belong into an archive.
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_ANSWER_SECONDS, env=environment, check=False
    )
    if done.returncode:
        why = (done.stderr.strip() or "git failed").splitlines()[-1]
        raise ActionFailed(f"{name} in {folder}: {why}", "ConfigurationError")
    return done.stdout.strip()
