"""Runs the twin in TypeScript (`benchmarks/all_l2_ts`) with Node directly: Node strips the types.

It is a translation of the Python twin, statement by statement. The CDK is not installed a second time: Node
requires the packages that jsii has extracted for Python.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import Annotations, Stack

from benchmarks.all_l2 import batch_inference, training
from mdlc_cli.tools.toolchain import find_node
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.bundles import Bundle
from mdlc_constructs.workflows.construct import DATA_LOCK, EVALUATE_LOCK

PROGRAM = Path(__file__).parent / "all_l2_ts" / "stack.ts"
ANY_DATASET = "s3://data/raw/"
"""A placeholder: the settings do not contain the URI, as the planning function has another source for it."""


def command(inputs: Path) -> tuple[str, ...]:
    """The command; the caller appends the number of stacks and the folder for their templates.

    Args:
        inputs: a file to write, with the bundles and the settings of both workflows.
    """
    inputs.write_text(json.dumps(_inputs()), encoding="utf-8")
    return str(find_node().program), str(PROGRAM), str(inputs)


def environment() -> dict[str, str]:
    """The command's environment variables; they are valid while this process runs."""
    return {"NODE_PATH": str(_node_modules())}


@cache
def _node_modules() -> Path:
    """The folder from which this process's jsii kernel loads the CDK; it is deleted with the kernel.

    jsii has no API for it, but the stack trace of an annotation contains the path of a CDK file.

    Raises:
        RuntimeError: when no trace contains it.
    """
    stack = Stack()
    Annotations.of(stack).add_info("Where is the CDK?")
    trace = "\n".join(line for entry in stack.node.metadata for line in entry.trace or ())
    match = re.search(r"([^\s(]+)/aws-cdk-lib/", trace)
    if match is None:
        raise RuntimeError(f"no file of aws-cdk-lib in the trace {trace!r}: look how this CDK writes traces")
    return Path(match[1])


def _inputs() -> dict[str, Any]:
    settings = {
        "training": training.settings(ANY_DATASET),
        "batch_inference": batch_inference.settings(ANY_DATASET),
    }
    wheels = {"data": DATA_LOCK, "evaluate": EVALUATE_LOCK}
    return {
        "lambda_code": _plain(bundles.lambda_code()),
        "job_code": _plain(bundles.job_code()),
        "wheels": {kind: _plain(bundles.job_wheels(lock)) for kind, lock in wheels.items()},
        "settings": _without_none(settings),
    }


def _plain(bundle: Bundle) -> dict[str, str]:
    return {"path": str(bundle.path), "digest": bundle.digest}


def _without_none(value: Any) -> Any:
    """A value without members that are None, as jsii serializes it."""
    if isinstance(value, dict):
        return {key: _without_none(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value
