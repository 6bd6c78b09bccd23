"""The base classes of all errors of the embedded AWS."""


class LocalAwsError(Exception):
    """An error of the embedded AWS itself, or an error that AWS would answer with.

    Subclasses are named by the problem. AWS's error code, such as `ValidationException`, is an argument or is
    set where the answer is built.
    """


class ApiError(LocalAwsError):
    """An error response of one of the APIs that this package itself implements.

    Attributes:
        code: AWS's error code, for example ``ValidationException``.
        message: AWS's message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> ApiError:
    """A ValidationException."""
    return ApiError("ValidationException", message)
