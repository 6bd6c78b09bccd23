"""boto3 clients for the server's own calls, which are evaluated with a role's permissions."""

import hashlib
import importlib
import secrets
import threading
from typing import Any

import boto3
from botocore.config import Config

from mdlc_local import credentials, loopback, options

_lock = threading.Lock()
_session: Any = None
_clients: dict[tuple[str, str, str | None, str], Any] = {}
# Keys of role sessions are derived from role and session name, so that equal names use the same client, and
# salted, so that no other process can compute them.
_SALT = secrets.token_hex(16)

_CONFIG = Config(
    parameter_validation=False,
    retries={"total_max_attempts": 1},
    connect_timeout=60,
    read_timeout=3600,
    max_pool_connections=64,
    inject_host_prefix=False,
    # By default botocore requests checksums from S3, which would appear in state machines' results.
    response_checksum_validation="when_required",
    s3={"addressing_style": "path"},
)


def role_credentials(role_arn: str, session: str) -> dict[str, str]:
    """Temporary credentials of `role_arn`, as `AWS_*` environment variables for a child process.

    Args:
        role_arn: the role; its existence is only checked when a call is evaluated.
        session: the role session's name, which appears in the caller's ARN.
    """
    responses = importlib.import_module("ministack.core.responses")
    if not options.current().iam:
        return credentials.of_account(responses.get_account_id())
    name = role_arn.rsplit("/", 1)[-1]
    account = role_arn.split(":")[4] or responses.get_account_id()
    session = session[:64]

    def derived(purpose: str) -> str:
        return hashlib.sha256(f"{_SALT}:{purpose}:{role_arn}:{session}".encode()).hexdigest()

    access_key = "ASIA" + derived("key")[:16].upper()
    secret_key, token = derived("secret"), derived("token")
    importlib.import_module("ministack.services.sts").register_session(
        access_key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
            "UserId": f"{name}:{session}",
            "SecretAccessKey": secret_key,
            "SessionToken": token,
        },
    )
    return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key, "AWS_SESSION_TOKEN": token}


def client(service: str, *, role_arn: str | None, region: str, session: str) -> Any:
    """A boto3 client of this server whose calls are evaluated with the permissions of `role_arn`.

    Args:
        service: boto3's name of the service, for example ``s3``.
        role_arn: the role; None for the account itself, which is allowed everything.
        region: the region of the calls.
        session: the role session's name, for example ``StepFunctions`` or the job's name.

    Returns:
        A thread-safe client, shared by all callers with the same arguments.
    """
    key = (service, region, role_arn, session)
    keys = credentials.of_account(account()) if role_arn is None else role_credentials(role_arn, session)
    if role_arn is None:
        key = (service, region, keys["AWS_ACCESS_KEY_ID"], "")
    global _session
    with _lock:
        if key not in _clients:
            if _session is None:
                _session = boto3.session.Session()
            new_client = _session.client(
                service,
                region_name=region,
                endpoint_url=options.current().endpoint,
                config=_CONFIG,
                aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=keys["AWS_SESSION_TOKEN"] or None,
            )
            new_client.meta.events.register("needs-retry.*", _name_request)
            if service == "s3":
                new_client.meta.events.register("needs-retry.*", _name_host)
            loopback.shorten(new_client)
            _clients[key] = new_client
        return _clients[key]


def account() -> str:
    """The account of the request or job in work."""
    return str(importlib.import_module("ministack.core.responses").get_account_id())


def _name_request(response: tuple[Any, dict[str, Any]] | None = None, **_: Any) -> None:
    """Add a request id to S3's errors, which lack one but whose message in state machines needs it."""
    if response is not None:
        response[1].setdefault("ResponseMetadata", {}).setdefault("RequestId", "local")


def _name_host(response: tuple[Any, dict[str, Any]] | None = None, **_: Any) -> None:
    """Add S3's second id, the host id, which the causes of failed tasks contain."""
    if response is not None:
        response[1].setdefault("ResponseMetadata", {}).setdefault("HostId", "local")
