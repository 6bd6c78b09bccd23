"""Write what the embedded AWS answers to each probe of `mdlc conformance`.

The file is mdlc_cli/conformance/expected.json.

python scripts/write_expected.py

Read the difference before you commit it: it is what AWS is compared with.
"""

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from mdlc_cli.aws import local
from mdlc_cli.aws.target import at
from mdlc_cli.conformance import asking, deployment
from mdlc_cli.conformance.bench import Bench
from mdlc_cli.conformance.probes import PROBES

TIME_SCALE = 100
"""How much faster waits go; tests/cli/conformance uses it too."""


def main() -> int:
    """Write the file; 1 when a probe was not answered, and then nothing is written."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        options = ("--time-scale", str(TIME_SCALE))
        server, _ = local.up(root, parent_pid=os.getpid(), extra_arguments=options)
        try:
            target = replace(at(server), time_scale=TIME_SCALE)
            run = deployment.new_run()
            bench = Bench(target=target, run=run, outputs=deployment.deploy(target, run))
            answers = [asking.asked(probe, bench, None) for probe in PROBES]
        finally:
            local.down(root)
    unanswered = [result for result in answers if result.result == asking.UNANSWERED]
    for result in unanswered:
        print(f"{result.probe.id}: {result.reason}", file=sys.stderr)
    if not unanswered:
        written = {result.probe.id: result.answer for result in answers}
        asking.EXPECTED.write_text(json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return len(unanswered) > 0


if __name__ == "__main__":
    sys.exit(main())
