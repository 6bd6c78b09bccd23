"""SageMaker's errors, with AWS's messages."""

from mdlc_local.errors import ApiError, LocalAwsError, invalid


class JobFailedError(LocalAwsError):
    """An error that makes a running job Failed; its message becomes the job's FailureReason."""


def in_use(message: str) -> ApiError:
    """A ResourceInUse error: the name of a job is in use."""
    return ApiError("ResourceInUse", message)


def job_not_found(arn: str) -> ApiError:
    """A ResourceNotFound error: the job does not exist."""
    return ApiError("ResourceNotFound", f"Requested resource not found: {arn}")


def already_exists(what: str, arn: str) -> ApiError:
    """The error for a name in use, except a job's; `what` is the resource's name, for example ``model``."""
    return invalid(f'Cannot create already existing {what} "{arn}".')


def could_not_find(what: str, arn: str) -> ApiError:
    """The error for a resource, except a job, that does not exist."""
    return invalid(f'Could not find {what} "{arn}".')


def conflict(message: str) -> ApiError:
    """A ConflictException: another resource prevents the change."""
    return ApiError("ConflictException", message)
