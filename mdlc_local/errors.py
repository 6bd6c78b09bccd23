"""What every error of the embedded AWS is."""


class LocalAwsError(Exception):
    """An error of the embedded AWS itself, or an answer of it that AWS would give as an error.

    A class is named by what went wrong; the code that goes over the wire, such as `ValidationException`, is
    an argument or stands where the answer is made.
    """
