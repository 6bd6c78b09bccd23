"""Claims names that must be unique in an account and region, so that a duplicate fails at synth."""

from weakref import WeakKeyDictionary

from aws_cdk import Stack, Stage, Token
from constructs import Construct, IConstruct

_Environment = tuple[str, ...]

MACHINE = "state machine"


def claim(scope: Construct, id_: str, kind: str, name: str) -> str | None:
    """Claim a name for the construct `id_` below `scope`.

    The name must be unique among all stacks of the app with the same account and region. A stack whose
    account or region is known only at deployment is compared with the other such stacks of its stage, because
    they may be deployed to the same place.

    Args:
        kind: the kind of resource, such as `state machine`; names of different kinds do not conflict.

    Returns:
        The path of the construct that already has the name; None when the claim succeeds.
    """
    stack = Stack.of(scope)
    claims = _claims.setdefault(scope.node.root, {})
    path = f"{scope.node.path}/{id_}".lstrip("/")
    # A construct may be created again with the same path after it was refused.
    holder = claims.setdefault((_environment(stack), kind, name), path)
    return holder if holder != path else None


def _environment(stack: Stack) -> _Environment:
    if stack not in _environments:
        account, region = stack.account, stack.region
        if Token.is_unresolved(account) or Token.is_unresolved(region):
            stage = Stage.of(stack)
            _environments[stack] = (account, region, stage.node.path if stage is not None else "")
        else:
            _environments[stack] = (account, region)
    return _environments[stack]


_claims: WeakKeyDictionary[IConstruct, dict[tuple[_Environment, str, str], str]] = WeakKeyDictionary()
_environments: WeakKeyDictionary[Stack, _Environment] = WeakKeyDictionary()
