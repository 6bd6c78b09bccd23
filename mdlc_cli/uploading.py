"""Uploads files to the S3 folder of a model's training data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mdlc_cli import progress
from mdlc_cli.errors import CommandError
from mdlc_cli.machines import StateMachine
from mdlc_cli.target import Target


def folder_of(target: Target, machine: StateMachine) -> str:
    """The S3 folder of the dataset that a workflow reads, from its deployed definition.

    Raises:
        CommandError: the definition names no dataset, such as that of a machine that is not the library's.
    """
    definition = target.client("stepfunctions").describe_state_machine(stateMachineArn=machine.arn)[
        "definition"
    ]
    folder = next(_folders(json.loads(definition)), None)
    if folder is None:
        raise CommandError(
            f"{machine.name} names no dataset: say where the files go with --to s3://bucket/folder/"
        )
    return folder


def upload(target: Target, files: Sequence[Path], folder: str) -> None:
    """Upload files into an S3 folder, each under its own name.

    Raises:
        CommandError: a file does not exist, two files have the same name, or ``folder`` is not an S3 folder.
    """
    scheme, _, place = folder.partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme != "s3" or not bucket or (prefix and not prefix.endswith("/")):
        raise CommandError(f"--to {folder} is no S3 folder: give s3://bucket/folder/ with the closing slash")
    names = [file.name for file in files]
    for file in files:
        if not file.is_file():
            raise CommandError(f"{file} is no file that can be read: give a file's path")
        if names.count(file.name) > 1:
            raise CommandError(
                f"{file.name} is named twice, and would replace itself in {folder}: rename one of them"
            )
    client = target.client("s3")
    for file in files:
        with progress.step(f"uploading {file.name} to {folder}") as step:
            client.upload_file(Filename=str(file), Bucket=bucket, Key=f"{prefix}{file.name}")
            step.summary = progress.megabytes(file.stat().st_size)


def _folders(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _folders(item)
    elif isinstance(value, dict):
        dataset = value.get("dataset")
        if isinstance(dataset, dict) and isinstance(dataset.get("uri"), str):
            yield dataset["uri"]
        for item in value.values():
            yield from _folders(item)
