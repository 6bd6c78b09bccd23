"""Names that an account has once in a region, claimed when a construct is made rather than when it fails to
deploy.
"""

from weakref import WeakKeyDictionary

from aws_cdk import Stack, Stage, Token
from constructs import Construct, IConstruct

_Environment = tuple[str, ...]

MACHINE = "state machine"


def claim(scope: Construct, id_: str, kind: str, name: str) -> str | None:
    """Claim a name for the construct `id_` below `scope`; the path of the construct that has it already.

    Stacks whose account and region are known share names with all stacks of the app for the same account and
    region. The others share them with the stacks of their stage: they may be deployed to the same.

    Args:
        kind: what is named, such as `state machine`; names of different kinds do not meet.
    """
    stack = Stack.of(scope)
    claims = _claims.setdefault(scope.node.root, {})
    path = f"{scope.node.path}/{id_}".lstrip("/")
    # A construct that was refused after its claim may be made anew.
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
