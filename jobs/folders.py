"""Where a job finds its inputs and leaves its outputs, on SageMaker and by hand."""

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
    """The folder that SageMaker's container contract is laid out under."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The folders of one job's run.

    ``inputs`` and ``outputs`` say where named ones lie; the others are looked for under ``input_base`` and
    made under ``output_base``.
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
        """The folder of an input, or None when it was not given."""
        path = self.inputs.get(name, self.input_base / name)
        return path if path.exists() else None

    def output(self, name: str) -> Path:
        """The folder of an output, made when it does not exist."""
        path = self.outputs.get(name, self.output_base / name)
        path.mkdir(parents=True, exist_ok=True)
        return path


def write_json(path: Path, document: object) -> Path:
    """Write JSON for programs and people, one value a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def leave(verdict: Verdict) -> str:
    """Leave the verdict where SageMaker takes an exit message from; returns it."""
    text = message(verdict)
    if base().is_dir():
        file = base() / "output" / "message"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return text


def scratch() -> Path | None:
    """A folder for what a job needs only while it runs, on the disk whose size is the job's ``volume_gb``.

    None outside SageMaker's layout. Source: only what lies under /opt/ml is documented to be on that disk.
    """
    processing = base() / "processing"
    if not processing.is_dir():
        return None
    folder = processing / "tmp"
    folder.mkdir(exist_ok=True)
    return folder


def message(verdict: Verdict) -> str:
    """The verdict as JSON within what an exit message may hold; reasons are cut off first, and counted."""
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
