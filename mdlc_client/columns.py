"""The columns of the data frames and their dtypes; metrics come after them."""

from __future__ import annotations

from mdlc_client.frames import MOMENT, NUMBER, OBJECT, TEXT, TRUTH, WHOLE

RUNS = {
    "started_at": MOMENT,
    "finished_at": MOMENT,
    "seconds": NUMBER,
    "workflow": TEXT,
    "outcome": TEXT,
    "version": WHOLE,
    "run": TEXT,
    "data_version": TEXT,
    "rows": WHOLE,
    "trigger": TEXT,
    "reason": TEXT,
    "error": TEXT,
    "cause": TEXT,
    "execution_arn": TEXT,
}
VERSIONS = {
    "version": WHOLE,
    "created_at": MOMENT,
    "status": TEXT,
    "champion": TRUTH,
    "passed": TRUTH,
    "run": TEXT,
    "data_version": TEXT,
    "code_version": TEXT,
    "description": TEXT,
    "package_arn": TEXT,
}
WINDOWS = {
    "start": MOMENT,
    "end": MOMENT,
    "window": TEXT,
    "monitor": TEXT,
    "version": WHOLE,
    "rows": WHOLE,
    "drifted": TRUTH,
    "worse": TRUTH,
    "columns": OBJECT,
    "reasons": TEXT,
    "labelled": WHOLE,
    "coverage": NUMBER,
    "computed_at": MOMENT,
    "report": TEXT,
}
DECISIONS = {
    "at": MOMENT,
    "request_id": TEXT,
    "decision": TEXT,
    "rule": TEXT,
    "score": NUMBER,
    "model_version": WHOLE,
    "variant": TEXT,
    "rules_version": TEXT,
    "fallback": TEXT,
    "action": TEXT,
    "row": OBJECT,
    "features": OBJECT,
}
