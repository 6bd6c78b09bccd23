"""Where a delivery pipeline takes its commits from."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from mdlc_constructs.settings.refusal import refusal

_CONNECTION = re.compile(
    r"arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]+"
)
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_BRANCH = re.compile(r"[A-Za-z0-9._/-]{1,255}")


def _check_branch(branch: str) -> None:
    if not isinstance(branch, str) or not _BRANCH.fullmatch(branch):
        raise refusal("branch", branch, "give the name of one branch, such as 'main'.")


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A repository at GitHub, GitLab or Bitbucket, through CodeConnections.

    A connection is pending until somebody completes it in the console.

    Args:
        arn: the connection's ARN.
        repository: the repository's full name, such as ``team/churn``.
        branch: the branch whose commits are delivered.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    arn: str
    repository: str
    branch: str = "main"

    def __post_init__(self) -> None:
        if not isinstance(self.arn, str) or not _CONNECTION.fullmatch(self.arn):
            raise refusal("arn", self.arn, "give the ARN of a connection, from the console of CodePipeline.")
        if not isinstance(self.repository, str) or not _REPOSITORY.fullmatch(self.repository):
            raise refusal("repository", self.repository, "give owner and name, such as 'team/churn'.")
        _check_branch(self.branch)


@dataclass(frozen=True, kw_only=True)
class CodeCommit:
    """A repository of CodeCommit in the pipeline's account and region.

    Args:
        repository: the repository's name.
        branch: the branch whose commits are delivered.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    repository: str
    branch: str = "main"

    def __post_init__(self) -> None:
        if not isinstance(self.repository, str) or not _NAME.fullmatch(self.repository):
            raise refusal("repository", self.repository, "give the name of a repository of CodeCommit.")
        _check_branch(self.branch)


PipelineSource: TypeAlias = Connection | CodeCommit
