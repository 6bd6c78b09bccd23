"""What judging refuses. The class name is the error's name in Step Functions."""


class ExperimentEnded(Exception):
    """The experiment is another execution's now, or over."""


class CapturesLate(Exception):
    """The shadow answered, and too little of it lies in the captures yet: they are written with a delay."""
