"""The clients that state machines call services with: each call is evaluated as the machine's role."""

from typing import Any

from mdlc_local import clients

SESSION = "StepFunctions"


def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """A client of `service` (boto3's name) for the role of a task's credentials, or for the account."""
    role_arn = getattr(state_credentials, "role_arn", None)
    return clients.client(service, role_arn=role_arn, region=region, session=SESSION)


def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """What moto's interpreter calls, under its own name and parameters."""
    return client_for(region, service, state_credentials)
