"""What stops a job: its inputs are broken, or the host lacks something.

A batch that fails its checks is no error but a verdict, which is remembered; an error is not.
"""


class JobError(Exception):
    """A job cannot do its work; the message names what is wrong and the remedy in one sentence."""


class PlanError(JobError):
    """``plan.json`` is missing, unreadable or says something impossible."""


class InputError(JobError):
    """An input file is missing, or is not the file that the plan pinned."""


class UnreadableError(InputError):
    """A file is not of the declared format; the message says why, as the end of a sentence."""


class HostError(JobError):
    """The host lacked something: disk, memory, a permission. The same work can be started again."""
