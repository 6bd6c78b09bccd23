"""What stops a job: its inputs are broken. A batch that fails its checks is no error but a verdict."""


class JobError(Exception):
    """A job cannot do its work; the message names what is wrong and the remedy in one sentence."""


class PlanError(JobError):
    """``plan.json`` is missing, unreadable or says something impossible."""


class InputError(JobError):
    """An input file is missing, or is not the file that the plan pinned."""
