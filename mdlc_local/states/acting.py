"""The clients with which state machines call services; calls are evaluated with the machine's role."""

from typing import Any

from mdlc_local import clients

SESSION = "StepFunctions"


def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """A client of `service` (boto3's name) with the role of a task's credentials, or else the account's."""
    role_arn = getattr(state_credentials, "role_arn", None)
    return clients.client(service, role_arn=role_arn, region=region, session=SESSION)


def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """Replaces moto's function of this name, with the same parameters."""
    return client_for(region, service, state_credentials)
