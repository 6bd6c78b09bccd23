"""The errors SageMaker answers with, in AWS's words."""


class Fault(Exception):
    """An error response of the SageMaker API.

    Attributes:
        code: AWS's error code, for example ``ValidationException``.
        message: AWS's message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class JobFailure(Exception):
    """What ends a running job as Failed; its text becomes the job's FailureReason."""


def invalid(message: str) -> Fault:
    """A ValidationException."""
    return Fault("ValidationException", message)


def in_use(message: str) -> Fault:
    """The name of a job is taken."""
    return Fault("ResourceInUse", message)


def job_not_found(arn: str) -> Fault:
    """A job that does not exist."""
    return Fault("ResourceNotFound", f"Requested resource not found: {arn}")


def already_exists(what: str, arn: str) -> Fault:
    """A resource other than a job that exists already; `what` as AWS spells it, for example ``model``."""
    return invalid(f'Cannot create already existing {what} "{arn}".')


def could_not_find(what: str, arn: str) -> Fault:
    """A resource other than a job that does not exist."""
    return invalid(f'Could not find {what} "{arn}".')


def conflict(message: str) -> Fault:
    """A change that another resource stands against."""
    return Fault("ConflictException", message)
