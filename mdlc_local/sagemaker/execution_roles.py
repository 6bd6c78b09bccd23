"""The roles that SageMaker assumes for jobs and models."""

from mdlc_local import trust
from mdlc_local.errors import invalid
from mdlc_local.scopes import Scope

PRINCIPAL = "sagemaker.amazonaws.com"


def check_role(role_arn: str, scope: Scope, source_arn: str) -> None:
    """Check that a role exists and that SageMaker may assume it (only if IAM is enforced).

    Args:
        role_arn: the role.
        scope: the account and region on whose behalf SageMaker acts.
        source_arn: the job or model on whose behalf it acts.

    Raises:
        ApiError: ValidationException with AWS's message, when it does not or may not.
    """
    if not trust.may_assume(
        role_arn, PRINCIPAL, account=scope.account, source_arn=source_arn, region=scope.region
    ):
        raise invalid(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{PRINCIPAL}' to assume the role."
        )
