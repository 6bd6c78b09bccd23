"""Errors that stop a job: invalid inputs, or something that the host lacks.

A batch that fails its checks is not an error but a verdict. Verdicts are stored and reused; errors are not.
"""


class JobError(Exception):
    """A job cannot run; the message names the problem and the remedy in one sentence."""


class PlanError(JobError):
    """``plan.json`` is missing, unreadable or invalid."""


class InputError(JobError):
    """An input file is missing, invalid, or not the planned one."""


class UnreadableError(InputError):
    """A file does not have the declared format; the message is the end of a sentence that says why."""


class HostError(JobError):
    """The host lacked something: disk space, memory, a permission. The same job can be started again."""
