"""The folders of a job's inputs and outputs, on SageMaker and by hand."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobs.errors import InputError
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.verdict import Verdict

MESSAGE_BYTES = 1024


def base() -> Path:
    """The root folder of SageMaker's container contract, ``/opt/ml`` by default."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The folders of one job run.

    ``inputs`` and ``outputs`` are the folders of named inputs and outputs. Other inputs are subfolders of
    ``input_base``; other outputs are created in ``output_base``.
    """

    input_base: Path
    output_base: Path
    inputs: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, Path] = field(default_factory=dict)

    def input(self, name: str) -> Path:
        """The folder of an input.

        Raises:
            InputError: when it does not exist.
        """
        path = self.optional_input(name)
        if path is None:
            raise InputError(f"Input {name!r} is missing: give its folder with --input {name}=FOLDER.")
        return path

    def optional_input(self, name: str) -> Path | None:
        """The folder of an input, or None when it does not exist."""
        path = self.inputs.get(name, self.input_base / name)
        return path if path.exists() else None

    def output(self, name: str) -> Path:
        """The folder of an output; it is created when it does not exist."""
        path = self.outputs.get(name, self.output_base / name)
        path.mkdir(parents=True, exist_ok=True)
        return path


def write_json(path: Path, document: object) -> Path:
    """Write indented JSON, one value on each line; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def leave(verdict: Verdict) -> str:
    """Write the verdict to SageMaker's exit message file, if its folder exists; returns the message."""
    text = message(verdict)
    if base().is_dir():
        file = base() / "output" / "message"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return text


def scratch() -> Path | None:
    """The folder for temporary files on the job's volume (``volume_gb``); None outside of SageMaker.

    SageMaker documents only /opt/ml to be on that volume.
    """
    processing = base() / "processing"
    if not processing.is_dir():
        return None
    folder = processing / "tmp"
    folder.mkdir(exist_ok=True)
    return folder


def message(verdict: Verdict) -> str:
    """The verdict as JSON of at most `MESSAGE_BYTES`; reasons are omitted (and counted) or shortened."""
    document, reasons = encode(verdict), verdict.reasons
    kept, longest = len(reasons), 300
    while True:
        shown = [
            reason if len(reason) <= longest else reason[: longest - 1] + "…" for reason in reasons[:kept]
        ]
        more = [f"and {len(reasons) - kept} more"] if kept < len(reasons) else []
        text = json.dumps({**document, "reasons": shown + more}, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) <= MESSAGE_BYTES:
            return text
        if kept > 1:
            kept -= 1
        elif longest > 40:
            longest //= 2
        else:
            document["metrics"] = {}
