"""Names derived from the work itself, so that a repeated start does the work once.

A step's digest covers everything its result depends on: the rendered request, the code and image in it, the
data, and the steps before it. The name of its job is made from that digest. When a job of that name exists
already, its status decides: a Completed job is reused, an InProgress job is waited for, and after a Failed or
Stopped job the name gets the next suffix (or one failure would block that data for good).
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.job_plan import SECTIONS_BY_JOB, JobPlan
from mdlc_constructs.settings.payloads.verdict import Verdict

DIGEST_LENGTH = 20
"""Hexadecimal characters of a digest that go into a name: 80 bits."""

MAXIMUM_NAME_LENGTH = 63
"""SageMaker's limit for the names of jobs and models."""

NOT_DIGESTED = ("predicted_at",)
"""Plan sections left out of digests: they say when an execution did the work, not what the work is."""

Status = Literal["Absent", "InProgress", "Completed", "Failed"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """The status of a job or another resource of one name, and the exit message of a processing job."""

    status: Status
    exit_message: str | None = None


@dataclass(frozen=True, kw_only=True)
class StepJob:
    """The name of a step's current job, and that job.

    Attributes:
        name: name of the job to start when its status is Absent, or else to wait for or reuse.
        attempt: number of the attempt in the name, from 1; earlier attempts failed or were stopped.
    """

    name: str
    job: Job
    attempt: int = 1


def digest(*parts: object) -> str:
    """SHA-256 of the parts' canonical JSON, in hexadecimal.

    Args:
        parts: anything JSON can hold; the order of mapping keys does not matter.
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_sections(command: str, plan: JobPlan) -> dict[str, JsonValue]:
    """The plan sections that go into a job's digest: all that the job may read, except `NOT_DIGESTED`."""
    document = encode(plan)
    return {
        section: document[section]
        for section in SECTIONS_BY_JOB[command]
        # A section that is left out when there is none leaves the digest as it was before it existed.
        if section not in NOT_DIGESTED and section in document
    }


def derived_name(model: str, step: str, step_digest: str, attempt: int = 1) -> str:
    """The name of a step's job: `<model>-<step>-<digest>`, with `-<attempt>` from the second attempt on.

    Raises:
        ValueError: when the name would be longer than SageMaker accepts.
    """
    name = f"{model}-{step}-{step_digest[:DIGEST_LENGTH]}" + (f"-{attempt}" if attempt > 1 else "")
    if len(name) > MAXIMUM_NAME_LENGTH:
        raise ValueError(
            f"The name {name!r} has {len(name)} characters and SageMaker accepts {MAXIMUM_NAME_LENGTH}: "
            f"shorten the model's name."
        )
    return name


def derived_names_of(model: str, names: Iterable[str], step: str = "[a-z]+[0-9]*") -> list[str]:
    """Those of the names that may be `derived_name`s of this model.

    Args:
        step: a regular expression for the step's part of the name; by default any step.
    """
    # "flight-" also begins the names of a model "flight-delay": only this model's derived names may match.
    own = re.compile(rf"{re.escape(model)}-{step}-[0-9a-f]{{{DIGEST_LENGTH}}}(-[0-9]+)?")
    return [name for name in names if own.fullmatch(name)]


def find_step_job(model: str, step: str, step_digest: str, look_up: Callable[[str], Job]) -> StepJob:
    """The current job of a step: the first of its derived names whose job has not failed.

    Args:
        look_up: takes a name; returns its job, with the status Absent when there is none.
    """
    attempt = 1
    while True:
        name = derived_name(model, step, step_digest, attempt)
        job = look_up(name)
        if job.status != "Failed":
            return StepJob(name=name, job=job, attempt=attempt)
        attempt += 1


def verdict(job: Job) -> Verdict | None:
    """The verdict in a completed processing job's exit message, or None without one."""
    if job.status != "Completed" or not job.exit_message:
        return None
    try:
        return decode(Verdict, json.loads(job.exit_message), where="The exit message")
    except ValueError:
        return None
