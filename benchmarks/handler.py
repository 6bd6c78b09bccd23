"""The deciding function in a process of its own: ``python -m benchmarks.handler NUMBER FILE``.

Calls the handler as Lambda does, the endpoint alone in between by the very same call, and writes what each
took to the file. The handler's own time is what it says itself: all of it but the waits for answers of AWS.
The CPU time of the process is there to check it by: it holds the sending and receiving too.
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
    """Measure and write.

    Raises:
        AssertionError: when an answer is not the decision of a healthy request path.
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
