"""The authorizers of a decision API. Pure text.

A REST API has three kinds of authorizers: IAM signatures, a Cognito user pool, and a Lambda function. API
Gateway validates the tokens (JWT) of a user pool itself. It validates those of other issuers only in HTTP
APIs, which support neither request validation nor AWS WAF: use a function for them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
"""

import re
from dataclasses import dataclass
from typing import Literal, Self

from mdlc_constructs.settings.token import has_token

MAX_CACHE_SECONDS = 3600

_POOL = re.compile(r"arn:[^:]+:cognito-idp:[^:]+:[^:]+:userpool/.+")
_FUNCTION = re.compile(r"arn:[^:]+:lambda:[^:]+:[^:]+:function:.+")


@dataclass(frozen=True, kw_only=True)
class Authorizer:
    """How callers are authorized: `Authorizer.iam()`, `.user_pool(...)` or `.function(...)`."""

    kind: Literal["iam", "user_pool", "function"]
    arn: str = ""
    scopes: tuple[str, ...] = ()
    cache_seconds: int = 300

    @classmethod
    def iam(cls) -> Self:
        """Requests signed with AWS credentials (Signature Version 4) of principals allowed by IAM."""
        return cls(kind="iam")

    @classmethod
    def user_pool(cls, user_pool_arn: str, *, scopes: tuple[str, ...] = ()) -> Self:
        """Tokens of a Cognito user pool in the header `Authorization`.

        Args:
            user_pool_arn: ARN of the user pool.
            scopes: an access token must have one of them; when empty, an identity token is required.

        Raises:
            ValueError: when the ARN is not that of a user pool.
        """
        _check("user_pool_arn", user_pool_arn, _POOL, "a Cognito user pool (user_pool.user_pool_arn)")
        return cls(kind="user_pool", arn=user_pool_arn, scopes=tuple(scopes))

    @classmethod
    def function(cls, function_arn: str, *, cache_seconds: int = 300) -> Self:
        """A Lambda function of your own that validates the header `Authorization` and returns a policy.

        Use it for example for JWTs of another issuer.

        Args:
            function_arn: ARN of the function.
            cache_seconds: how long its result is cached for the same header: 0 to 3600.

        Raises:
            ValueError: when the ARN is not that of a function, or `cache_seconds` is out of range.
        """
        _check("function_arn", function_arn, _FUNCTION, "a Lambda function (function.function_arn)")
        if not 0 <= cache_seconds <= MAX_CACHE_SECONDS:
            raise ValueError(
                f"cache_seconds={cache_seconds} must be between 0 and {MAX_CACHE_SECONDS}: API Gateway "
                f"keeps an authorizer's answer no longer."
            )
        return cls(kind="function", arn=function_arn, cache_seconds=cache_seconds)


def _check(argument: str, arn: str, pattern: re.Pattern[str], what: str) -> None:
    if not has_token(arn) and not pattern.fullmatch(arn):
        raise ValueError(f"{argument}={arn!r} is no ARN of {what}: pass that.")
