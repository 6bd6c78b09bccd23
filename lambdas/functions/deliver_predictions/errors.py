"""What a delivery fails with. The class name is the error's name in Step Functions."""


class Undelivered(Exception):
    """Some rows did not get where they go for now; to deliver them all again is harmless."""
