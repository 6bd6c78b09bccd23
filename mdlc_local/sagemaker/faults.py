"""The errors SageMaker answers with, in AWS's words."""

from mdlc_local.errors import LocalAwsError


class SageMakerApiError(LocalAwsError):
    """An error response of the SageMaker API.

    Attributes:
        code: AWS's error code, for example ``ValidationException``.
        message: AWS's message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class JobFailedError(LocalAwsError):
    """What ends a running job as Failed; its text becomes the job's FailureReason."""


def invalid(message: str) -> SageMakerApiError:
    """A ValidationException."""
    return SageMakerApiError("ValidationException", message)


def in_use(message: str) -> SageMakerApiError:
    """The name of a job is taken."""
    return SageMakerApiError("ResourceInUse", message)


def job_not_found(arn: str) -> SageMakerApiError:
    """A job that does not exist."""
    return SageMakerApiError("ResourceNotFound", f"Requested resource not found: {arn}")


def already_exists(what: str, arn: str) -> SageMakerApiError:
    """A resource other than a job that exists already; `what` as AWS spells it, for example ``model``."""
    return invalid(f'Cannot create already existing {what} "{arn}".')


def could_not_find(what: str, arn: str) -> SageMakerApiError:
    """A resource other than a job that does not exist."""
    return invalid(f'Could not find {what} "{arn}".')


def conflict(message: str) -> SageMakerApiError:
    """A change that another resource stands against."""
    return SageMakerApiError("ConflictException", message)
