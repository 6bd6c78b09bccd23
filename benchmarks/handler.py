"""Measures the decision function in its own process: ``python -m benchmarks.handler NUMBER FILE``.

It calls the handler as Lambda does, alternately with the endpoint alone by the same call, and writes the
times to the file. The handler reports its own time: the total without waiting for AWS's answers. The
process's CPU time, which includes sending and receiving, is measured to check it.
"""

import json
import sys
import time
import uuid
from pathlib import Path

from benchmarks import decisions
from lambdas.functions.decide import calls
from lambdas.functions.decide.config import load_config
from lambdas.functions.decide.handler import handler

WARM = 50
_SECONDS = 10.0


def main(number: int, target: Path) -> None:
    """Measure and write the times.

    Raises:
        AssertionError: when an answer is an error or a fallback.
    """
    config = load_config()
    line = json.dumps(decisions.endpoint_row(), separators=(",", ":"))
    total, own, alone, cpu = [], [], [], []
    for turn in range(WARM + number):
        start = time.perf_counter()
        calls.invoke_endpoint(config.endpoint, line, inference_id="alone", seconds=_SECONDS)
        middle, used = time.perf_counter(), time.process_time()
        request_id = uuid.uuid4().hex
        answer = handler(
            {"body": json.dumps({"request_id": request_id, "row": decisions.request_row()})}, None
        )
        end, used = time.perf_counter(), time.process_time() - used
        assert answer["statusCode"] == 200 and json.loads(answer["body"])["fallback"] is None, answer
        if turn >= WARM:
            alone.append(middle - start)
            total.append(end - middle)
            cpu.append(used)
            own.append(float(answer["headers"]["x-mdlc-own-milliseconds"]) / 1000)
    key = {"request_id": {"S": request_id}}
    item = calls.get_item(config.decision_table, key, seconds=_SECONDS, consistent=True)
    assert item is not None
    measured = {
        "total": total,
        "own": own,
        "endpoint": alone,
        "cpu": cpu,
        "record_bytes": decisions.item_bytes(item),
    }
    target.write_text(json.dumps(measured))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
