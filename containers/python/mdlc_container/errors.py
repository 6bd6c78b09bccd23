"""The error of a team's code or of its data, with a message for people."""


class ContainerError(Exception):
    """What the team can put right; the message is one sentence, and no traceback is needed."""
