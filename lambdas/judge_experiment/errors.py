"""What judging refuses. The class name is the error's name in Step Functions."""


class ExperimentEnded(Exception):
    """The experiment is another execution's now, or over."""
