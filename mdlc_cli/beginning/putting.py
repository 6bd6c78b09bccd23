"""Checks files of data by the dataset's declaration and uploads them to where a workflow reads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_cli.aws import aws_errors
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError, ToolFailedError
from mdlc_cli.executions.machines import StateMachine
from mdlc_cli.output import progress
from mdlc_cli.output.progress import Step
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import clean_environment
from mdlc_constructs.resources import bundles
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.split import SplitSection

_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from jobs.declared import main; main()"
_NOT_READ = ("_", ".")
"""Files whose names begin so are not read (docs/contracts.md)."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The dataset that a workflow reads, as its deployed definition declares it.

    Attributes:
        folder: its S3 URI, with a slash at the end.
        section: the declaration, as plans hold it.
        further: columns by which the workflow divides rows.
    """

    folder: str
    section: Mapping[str, Any]
    further: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file and where it goes; ``rows`` is None when it was not checked."""

    file: Path
    bucket: str
    key: str
    rows: int | None = None

    @property
    def uri(self) -> str:
        """Its S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


def dataset_of(target: Target, machine: StateMachine) -> Dataset:
    """The dataset of a workflow.

    Raises:
        CommandError: the definition names no dataset, such as that of a machine that is not the library's.
    """
    described = target.client("stepfunctions").describe_state_machine(stateMachineArn=machine.arn)
    settings = next(_datasets(json.loads(described["definition"])), None)
    if settings is None:
        raise CommandError(
            f"{machine.name} names no dataset: say where the files go with --to s3://bucket/folder/"
        )
    section, split = settings["dataset"], settings.get("split")
    further = decode(SplitSection, split).columns if isinstance(split, dict) else ()
    return Dataset(folder=str(section["uri"]), section=section, further=further)


def planned(files: Sequence[Path], folder: str) -> list[Upload]:
    """What is uploaded where: each file into the folder, under its own name.

    Raises:
        CommandError: as `check_files` does, or ``folder`` is not an S3 folder.
    """
    scheme, _, place = folder.partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme != "s3" or not bucket or (prefix and not prefix.endswith("/")):
        raise CommandError(f"--to {folder} is no S3 folder: give s3://bucket/folder/ with the closing slash")
    check_files(files)
    return [Upload(file=file, bucket=bucket, key=f"{prefix}{file.name}") for file in files]


def check_files(files: Sequence[Path]) -> None:
    """Raise an error for files that cannot be put into any one folder.

    Raises:
        CommandError: a file does not exist, two files have the same name, or a name is one that is not read.
    """
    names = [file.name for file in files]
    for file in files:
        if not file.is_file():
            raise CommandError(f"{file} is no file that can be read: give a file's path")
        if names.count(file.name) > 1:
            raise CommandError(
                f"{file.name} is named twice, and one would replace the other in S3: rename one of them"
            )
        if file.name.startswith(_NOT_READ):
            raise CommandError(
                f"{file.name} begins with {file.name[0]!r}, and workflows read no such file: rename it"
            )


def check(uploads: Sequence[Upload], dataset: Dataset, *, label: bool) -> list[Upload]:
    """The uploads with their files' rows, after a check by the reader of the quality job.

    Args:
        uploads: what is uploaded.
        dataset: the declaration.
        label: whether the label must be in the files.

    Raises:
        CommandError: with the first problem of a file, and the others as its detail.
    """
    request = {
        "dataset": dict(dataset.section),
        "further": list(dataset.further),
        "files": [str(upload.file.resolve()) for upload in uploads],
        "label": label,
    }
    done = subprocess.run(
        [str(toolchain.table_python()), "-I", "-c", _PROGRAM, str(bundles.job_code().path)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    if done.returncode != 0:
        *_, last = ["", *done.stderr.strip().splitlines()]
        if "PayloadError" in last:
            raise CommandError(
                "the dataset was deployed by another version of mdlc-constructs: deploy it again with "
                "`mdlc deploy`, or leave the check out with --no-check"
            )
        raise ToolFailedError("the files cannot be checked: see above, or use --no-check", detail=last)
    checked = json.loads(done.stdout)
    problems = [problem for each in checked for problem in each["problems"]]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise CommandError(f"nothing was uploaded{more}: {problems[0]}", detail="\n".join(problems[1:]))
    return [
        Upload(file=upload.file, bucket=upload.bucket, key=upload.key, rows=int(each["rows"]))
        for upload, each in zip(uploads, checked, strict=True)
    ]


def put(target: Target, uploads: Sequence[Upload]) -> None:
    """Upload files, with progress in bytes.

    Raises:
        CommandError: a file cannot be read, or S3 refuses it.
    """
    from boto3.exceptions import S3UploadFailedError

    client = target.client("s3")
    for upload in uploads:
        size = upload.file.stat().st_size
        with progress.step(f"uploading {upload.file.name} to {upload.uri}") as step:
            try:
                client.upload_file(
                    Filename=str(upload.file),
                    Bucket=upload.bucket,
                    Key=upload.key,
                    Callback=_Sent(step=step, size=size),
                )
            except S3UploadFailedError as error:
                expired = aws_errors.is_expired(error)
                why = aws_errors.sentence(error) if expired else _refused(upload, str(error))
                raise CommandError(why) from error
            except OSError as error:
                raise CommandError(f"{upload.file} cannot be read ({error.strerror})") from error
            step.summary = progress.megabytes(size)


@dataclass
class _Sent:
    """Shows how much of a file is sent; boto3 calls it from its threads, each time with some more bytes."""

    step: Step
    size: int
    sent: int = 0

    def __call__(self, more: int) -> None:
        self.sent += more
        self.step.detail(f"{progress.megabytes(self.sent)} of {progress.megabytes(self.size)}")


def _refused(upload: Upload, why: str) -> str:
    why = why.rpartition("operation: ")[2].rstrip(".")
    remedy = "try again"
    if "AccessDenied" in why or "not authorized" in why or "Access Denied" in why:
        remedy = "sign in as somebody who has s3:PutObject there, and the right to use its key"
    elif "NoSuchBucket" in why or "bucket does not exist" in why:
        remedy = "give a folder of a bucket that there is with --to"
    return f"{upload.file.name} was not uploaded to {upload.uri} ({why}): {remedy}"


def _datasets(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _datasets(item)
    elif isinstance(value, dict):
        dataset = value.get("dataset")
        # A training on channels has a section without a folder: its files go into several.
        if isinstance(dataset, dict) and isinstance(dataset.get("uri"), str) and dataset["uri"]:
            yield value
        for item in value.values():
            yield from _datasets(item)
