"""Chooses the AWS that a command uses: the project's local one or a real account. Always prints which."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from mdlc_cli import places
from mdlc_cli.aws import absence, aws_errors, local, settings_file
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress

TARGET_VARIABLE = "MDLC_TARGET"
ACCOUNT_VARIABLE = "MDLC_LOCAL_ACCOUNT"
"""Chooses the account of the local AWS that a command looks at; on real AWS, credentials choose it."""
REAL_REMEDY = (
    f'use your account with --aws, {TARGET_VARIABLE}=aws, or `target = "aws"` in {places.SETTINGS_FILE}'
)
LOCAL_ACCOUNT = local.ACCOUNT
LOCAL_REGION = local.REGION

_ACCOUNT = re.compile(r"[0-9]{12}")

Choice = Literal["local", "aws"]

# Any of these variables could send a command for the local AWS to a real account.
REAL_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)

# An endpoint URL that is configured for another tool must not replace real AWS.
_NO_OTHER_ENDPOINT: dict[str, Any] = {"ignore_configured_endpoint_urls": True}


@dataclass(frozen=True, kw_only=True)
class Target:
    """The AWS that a command uses.

    Attributes:
        endpoint: the local AWS's URL; None for real AWS.
        region: the region; None when a real account's configuration has none.
        account: the account's twelve digits.
        secret: the local AWS's secret access key; empty for real AWS, whose credentials boto3 finds.
        time_scale: the factor by which the local AWS shortens waits; 1 on real AWS.
        beside: for real AWS: the URL of a local AWS that also runs but is not used.
    """

    endpoint: str | None
    region: str | None
    account: str
    secret: str = field(default="", repr=False)
    time_scale: float = 1.0
    beside: str = ""
    # Making a client takes 0.05 to 0.4 s, because its service's model is read; a command needs some dozens.
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether this is the local AWS."""
        return self.endpoint is not None

    def in_account(self, account: str) -> Target:
        """The same AWS with the credentials of another account; only the local AWS has them."""
        return replace(self, account=account)

    @property
    def sentence(self) -> str:
        """One line that says which AWS is in use."""
        if self.is_local:
            where = "" if self.account == LOCAL_ACCOUNT else f", account {self.account}"
            return f"Using the local AWS at {self.endpoint}{where} (nothing leaves this machine)"
        alone = f"; the local AWS at {self.beside} is left as it is" if self.beside else ""
        return f"Using real AWS: account {self.account}, region {self.region}{alone}"

    def reached_at(self, url: str) -> str:
        """The URL to call for a REST API's URL in a stack's outputs; the local AWS has its own address."""
        aws = urlsplit(url)
        host = aws.hostname or ""
        if self.endpoint is None or ".execute-api." not in host:
            return url
        return f"{self.endpoint}/_aws/execute-api/{host.partition('.')[0]}{aws.path}"

    def environment(self) -> dict[str, str]:
        """The complete environment of a subprocess that uses this AWS, such as the CDK CLI."""
        kept = dict(os.environ)
        if self.endpoint is None:
            return {**kept, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
        for name in REAL_VARIABLES:
            kept.pop(name, None)
        for name in [name for name in kept if name.startswith("AWS_ENDPOINT_URL_")]:
            del kept[name]
        bypass = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), local.HOST]))
        return {
            **kept,
            **self.exports(),
            "CDK_DEFAULT_ACCOUNT": LOCAL_ACCOUNT,
            "CDK_DEFAULT_REGION": LOCAL_REGION,
            # The CDK's template validation takes seconds per synthesis; it stays on for real AWS.
            "CDK_VALIDATION": "false",
            "NO_PROXY": bypass,
            "no_proxy": bypass,
        }

    def exports(self) -> dict[str, str]:
        """The environment variables by which the AWS CLI and SDKs use the local AWS only."""
        return {
            "AWS_ENDPOINT_URL": str(self.endpoint),
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": LOCAL_REGION,
            "AWS_DEFAULT_REGION": LOCAL_REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def credentials(self) -> Any:
        """The credentials that sign requests to this AWS, as botocore's signers take them.

        Raises:
            CommandError: a real account's credentials are gone.
        """
        from botocore.credentials import Credentials

        if self.endpoint is not None:
            return Credentials(self.account, self.secret)
        credentials = _session().get_credentials()
        if credentials is None:
            raise CommandError("no AWS credentials were found: sign in again, as with `aws sso login`")
        return credentials.get_frozen_credentials()

    def client(self, service: str) -> Any:
        """A boto3 client for ``service`` that uses this AWS only; the same for every call."""
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def _new_client(self, service: str) -> Any:
        from botocore.config import Config

        if self.endpoint is None:
            return _session().client(service, config=Config(**_NO_OTHER_ENDPOINT))
        return _session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=LOCAL_REGION,
            aws_access_key_id=self.account,
            aws_secret_access_key=self.secret,
            # AWS has hosts of its own for some operations, such as StartSyncExecution; the local one has not.
            config=Config(proxies={}, retries={"mode": "standard"}, inject_host_prefix=False),
        )


def at(server: local.Server) -> Target:
    """The target for a running local AWS."""
    return Target(
        endpoint=server.endpoint,
        region=LOCAL_REGION,
        account=_local_account(),
        secret=server.secret,
        time_scale=server.time_scale,
    )


def _local_account() -> str:
    """The account of the local AWS to look at.

    Raises:
        CommandError: the variable holds no account.
    """
    account = os.environ.get(ACCOUNT_VARIABLE) or LOCAL_ACCOUNT
    if not _ACCOUNT.fullmatch(account):
        raise CommandError(f"{ACCOUNT_VARIABLE}={account} is no account: give twelve digits, or unset it")
    return account


def choose(root: Path, choice: Choice | None = None) -> Target:
    """The AWS to use: by ``choice``, else ``MDLC_TARGET``, else ``mdlc.toml``, else the local one.

    A project that has never had a local AWS uses the real account by default.

    Raises:
        CommandError: the local AWS is chosen and does not run, it ran before and does not answer now, the
            variable has another value, or there are no credentials for a real account.
    """
    wanted = choice or os.environ.get(TARGET_VARIABLE) or None
    if wanted not in (None, "local", "aws"):
        raise CommandError(f"{TARGET_VARIABLE}={wanted} names no AWS: set it to local or aws, or unset it")
    wanted = wanted or settings_file.target(root)
    server = local.find(root)
    if wanted == "aws":
        return _real(asked=True, beside=server)
    if server is not None:
        return at(server)
    if absence.absence(root) is not absence.Absence.NEVER_UP:
        # In a project that has used a local AWS, a command meant for it must not change a real account.
        raise CommandError(absence.sentence(root, REAL_REMEDY))
    if wanted == "local":
        raise CommandError(f"no local AWS runs for {root}: run `mdlc local up`")
    return _real()


def reported(root: Path, choice: Choice | None = None) -> Target:
    """The AWS to use, from `choose`; also prints it in one line on standard error."""
    target = choose(root, choice)
    colour = "cyan" if target.is_local else "yellow"
    progress.stderr_console().print(target.sentence, style=colour, markup=False)
    return target


def _real(*, asked: bool = False, beside: local.Server | None = None) -> Target:
    """The real account that the configured credentials belong to.

    Args:
        asked: whether real AWS was chosen explicitly, and not only because no local AWS runs.
        beside: a local AWS that also runs but is not used.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    why = "real AWS is asked for (--aws, MDLC_TARGET or mdlc.toml)" if asked else "no local AWS runs"
    remedy = "run `mdlc local up` to work on this machine, or configure AWS credentials and a region"
    if beside is not None:
        here = f"use the local AWS at {beside.endpoint} with --local"
        remedy = f"configure AWS credentials and a region, or {here}"
    access_key = os.environ.get("AWS_ACCESS_KEY_ID", "")
    if _ACCOUNT.fullmatch(access_key):
        raise CommandError(
            f"AWS_ACCESS_KEY_ID={access_key} is a key of a local AWS, from `mdlc local env`: use real AWS "
            "in another shell"
        )
    session = _session()
    if session.region_name is None:
        raise CommandError(f"{why} and no AWS region is configured: {remedy}")
    try:
        identity = Target(endpoint=None, region=None, account="").client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        if aws_errors.is_expired(error):
            raise CommandError(aws_errors.sentence(error)) from error
        raise CommandError(f"{why} and real AWS cannot be used ({error}): {remedy}") from error
    return Target(
        endpoint=None,
        region=session.region_name,
        account=identity["Account"],
        beside=beside.endpoint if beside is not None else "",
    )


def _session() -> Any:
    # Imported here because importing boto3 takes 0.25 s, which `mdlc --help` need not wait for.
    import boto3

    return boto3.Session()
