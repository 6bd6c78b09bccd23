"""The base class of all errors of the embedded AWS."""


class LocalAwsError(Exception):
    """An error of the embedded AWS itself, or an error that AWS would answer with.

    Subclasses are named by the problem. AWS's error code, such as `ValidationException`, is an argument or is
    set where the answer is built.
    """
