"""Export job: the trained model in ONNX, if it answers the holdout as the trained model did.

Writes ``export/``: ``model.tar.gz`` (with ``model.onnx``) and ``export.json``. A model that answers otherwise
is refused, and then only ``export.json`` is written.
"""

import hashlib

import numpy as np

from jobs.answer_arrays import read_answers
from jobs.answers import AnswerShape
from jobs.database import connect
from jobs.errors import InputError
from jobs.export.comparison import max_difference
from jobs.export.convert import OnnxModel, read_booster, to_onnx
from jobs.folders import Folders, write_json
from jobs.plan import Plan
from jobs.predictions import answer_to, load_answers
from mdlc_constructs.settings.payloads.archive import packed
from mdlc_constructs.settings.payloads.verdict import Verdict

ARCHIVE, MODEL, REPORT = "model.tar.gz", "model.onnx", "export.json"
RECORDS = "holdout"


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Raises:
        InputError: when the model cannot be converted, or answers are missing.
    """
    plan = plan.read_by("export")
    tolerance = plan.export.tolerance
    rows = np.loadtxt(
        folders.input("holdout") / f"{RECORDS}.csv",
        delimiter=",",
        ndmin=2,
        dtype=np.float32,
        converters=lambda cell: float(cell) if cell else np.nan,
    )
    content = to_onnx(read_booster(folders.input("model")))
    shape = AnswerShape.of(plan.dataset)
    with connect(memory) as (connection, _):
        loaded = load_answers(connection, answer_to(folders.input("predictions"), RECORDS), "answers", shape)
        scores, several = read_answers(connection, "answers", shape)
    if loaded != len(rows):
        raise InputError(
            f"The holdout has {len(rows)} rows and {loaded} answers: run the transform job again."
        )
    exported = OnnxModel(content).predict(rows).astype(np.float64)
    expected = scores if several is None else several
    if expected.shape != exported.shape:
        raise InputError(
            f"The exported model answers {exported.shape} numbers, the trained one {expected.shape}: "
            "leave out export."
        )
    difference = max_difference(expected, exported)
    passed = difference.value <= tolerance
    output = folders.output("export")
    archive = packed({MODEL: content})
    digest = hashlib.sha256(archive).hexdigest()
    write_json(
        output / REPORT,
        {
            "passed": passed,
            "rows": len(rows),
            "tolerance": tolerance,
            "difference": difference.value if np.isfinite(difference.value) else None,
            "row": difference.row,
            "digest": digest if passed else None,
        },
    )
    if not passed:
        return Verdict(passed=False, reasons=(difference.sentence(tolerance),), rows=len(rows))
    (output / ARCHIVE).write_bytes(archive)
    return Verdict(passed=True, metrics={"difference": difference.value}, rows=len(rows), digest=digest)
