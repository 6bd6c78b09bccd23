"""Records every use of a role's permissions, and lets tests remove an action from a role.

The record is `usage.jsonl` in the server's state folder and ``GET /_mdlc/usage``: one entry for each role,
action, resource and verdict, with a count. With ``POST /_mdlc/deny`` a test removes an action from a role
while the server runs; with ``POST /_mdlc/evaluate`` it gets the evaluator's verdict on one call, which is not
recorded. After a removal, the role's own policies are evaluated as if none of them allowed the action; other
policies, such as a resource's, can still allow the call.
"""

import contextlib
import contextvars
import importlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mdlc_local import control, options, patches

EVALUATOR = "ministack.core.iam_evaluator"
_ENFORCE = "access_key_id iam_action service region resource_arn service_context"

_asked: contextvars.ContextVar[frozenset[str] | None] = contextvars.ContextVar("mdlc_asked", default=None)
_asked_of_resources: contextvars.ContextVar[frozenset[str]] = contextvars.ContextVar(
    "mdlc_asked_of_resources", default=frozenset()
)
_taken: contextvars.ContextVar[str] = contextvars.ContextVar("mdlc_taken", default="")


@dataclass(frozen=True, kw_only=True)
class AccessRequest:
    """What the evaluator decides on.

    Attributes:
        access_key_id: the key that signed the request; twelve digits are an account's own credentials.
        action: the IAM action, for example ``s3:GetObject``.
        service: the service's namespace in IAM.
        region: the request's region.
        resource: the ARN of the resource, or ``*``.
        context: condition keys and values.
    """

    access_key_id: str
    action: str
    service: str
    region: str
    resource: str
    context: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Use:
    """One permission that a role used or was denied.

    Attributes:
        role: the role's ARN.
        action: the IAM action, for example ``s3:GetObject``.
        resource: the ARN of the resource, or ``*``.
        allowed: whether the evaluator allowed it.
        context: the condition keys of the first such call.
    """

    role: str
    action: str
    resource: str
    allowed: bool
    context: dict[str, Any] = field(default_factory=dict, compare=False)


class Ledger:
    """The record of uses, and the actions removed from roles.

    Args:
        path: the file that every new entry is appended to (JSON lines).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._uses: dict[Use, int] = {}
        self._denied: set[tuple[str, str]] = set()
        path.write_text("")

    def record(self, use: Use) -> None:
        """Count one use."""
        with self._lock:
            first = use not in self._uses
            self._uses[use] = self._uses.get(use, 0) + 1
            if first:
                with self._path.open("a") as file:
                    file.write(json.dumps(asdict(use), default=str) + "\n")

    def uses(self) -> list[dict[str, Any]]:
        """All entries with their counts, oldest first."""
        with self._lock:
            return [asdict(use) | {"count": count} for use, count in self._uses.items()]

    def deny(self, role: str, action: str) -> None:
        """Remove `action` from `role` (a name or an ARN; ``*`` for every role)."""
        with self._lock:
            self._denied.add((_name(role), action.lower()))

    def is_denied(self, role: str, action: str) -> bool:
        """Whether the action has been removed from the role."""
        return bool(self._denied & {(_name(role), action.lower()), ("*", action.lower())})

    def restore(self) -> None:
        """Restore all removed actions."""
        with self._lock:
            self._denied.clear()

    def reset(self) -> None:
        """Clear the record and restore all removed actions."""
        self.restore()
        with self._lock:
            self._uses.clear()
            self._path.write_text("")


def install() -> Ledger:
    """Record the verdicts of ministack's evaluator, and register the paths below ``/_mdlc/``."""
    evaluator = importlib.import_module(EVALUATOR)
    ledger = Ledger(options.current().state_dir / "usage.jsonl")
    patches.wrap(EVALUATOR, "_gather_role_policies", "role_name account_id", _taking)

    def recording(request: AccessRequest, evaluate: Callable[[], Any]) -> Any:
        role = _role_of(request.access_key_id)
        asked = _asked.get()
        taken = request.action.lower() in (asked or ()) or (role and ledger.is_denied(role, request.action))
        token = _taken.set(request.action if taken else "")
        try:
            verdict = evaluate()
        finally:
            _taken.reset(token)
        if role is not None and asked is None and not isinstance(verdict, evaluator.AuthError):
            ledger.record(
                Use(
                    role=role,
                    action=request.action,
                    resource=request.resource,
                    allowed=verdict is None,
                    context={key: value for key, value in request.context.items() if value is not None},
                )
            )
        return verdict

    wrap_evaluator(recording)
    _routes(ledger)
    return ledger


def wrap_evaluator(decide: Callable[[AccessRequest, Callable[[], Any]], Any]) -> None:
    """Decide on every request by `decide`, which gets the request and the evaluation so far.

    A verdict is None for what is allowed.
    """
    enforce = patches.take(EVALUATOR, "enforce", _ENFORCE)

    def enforcing(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        request = AccessRequest(
            access_key_id=access_key_id,
            action=iam_action,
            service=service,
            region=region,
            resource=resource_arn,
            context=service_context or {},
        )
        return decide(
            request,
            lambda: enforce(
                access_key_id,
                iam_action,
                service,
                region,
                resource_arn=resource_arn,
                service_context=service_context,
            ),
        )

    patches.replace(EVALUATOR, "enforce", enforcing)


@contextlib.contextmanager
def asking(without: Iterable[str] = (), without_resource: Iterable[str] = ()) -> Iterator[None]:
    """A context in which evaluations are not recorded and actions are removed.

    Args:
        without: the actions that roles' own policies no longer allow.
        without_resource: the actions that resources' policies no longer allow.
    """
    token = _asked.set(frozenset(action.lower() for action in without))
    of_resources = _asked_of_resources.set(frozenset(action.lower() for action in without_resource))
    try:
        yield
    finally:
        _asked_of_resources.reset(of_resources)
        _asked.reset(token)


def is_taken_from_resources(action: str) -> bool:
    """Whether the current evaluation is to ignore what resources' policies allow."""
    return action.lower() in _asked_of_resources.get()


def _taking(collect: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
    """A role's policies; when the evaluated action is removed from it, without allowing that action."""

    def collecting(role_name: str, account_id: str) -> Any:
        policies, action = collect(role_name, account_id), _taken.get()
        return [list(_without(statements, action)) for statements in policies] if action else policies

    return collecting


def _without(statements: Iterable[Any], action: str) -> Iterator[Any]:
    matches = importlib.import_module(EVALUATOR).fnmatch_iam
    for statement in statements:
        if statement.effect != "Allow":
            yield statement
        elif statement.not_actions:
            yield replace(statement, not_actions=[*statement.not_actions, action])
        elif left := [pattern for pattern in statement.actions if not matches(action, pattern)]:
            # Only this action is being evaluated, so a pattern that also allows others can be dropped.
            yield replace(statement, actions=left)


def _routes(ledger: Ledger) -> None:
    def deny(body: dict[str, Any]) -> dict[str, Any]:
        ledger.deny(_text(body, "role"), _text(body, "action"))
        return {}

    def restore(_: dict[str, Any]) -> dict[str, Any]:
        ledger.restore()
        return {}

    def reset(_: dict[str, Any]) -> dict[str, Any]:
        ledger.reset()
        return {}

    control.route("GET", "usage", lambda _: ledger.uses())
    control.route("POST", "deny", deny)
    control.route("POST", "restore", restore)
    control.route("POST", "reset", reset)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name}={value!r} must be a text: send it in the JSON body")
    return value


def _name(role: str) -> str:
    return role.rsplit("/", 1)[-1]


def _role_of(access_key: str) -> str | None:
    """The ARN of the role of an access key's session, or None for keys of users and of the account."""
    session = importlib.import_module("ministack.services.sts")._sessions.get(access_key) or {}
    principal = str(session.get("Arn", ""))
    if ":assumed-role/" not in principal:
        return None
    account, name = principal.split(":")[4], principal.split("/")[1]
    roles = importlib.import_module("ministack.services.iam")._roles
    role = roles.get_scoped(account, None, name) or {}
    return str(role.get("Arn") or f"arn:aws:iam::{account}:role/{name}")
