"""Runs the embedded AWS with a control by which a test alters one behaviour of it: `POST /_mdlc/alter`.

It runs in the environment of the embedded AWS, which has no pytest.
"""

import importlib
import importlib.util
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parents[2])

from mdlc_local import control, server  # noqa: E402

RETRY_SECONDS = 0.05
_active = ExitStack()


def _alterations() -> Any:
    spec = importlib.util.spec_from_file_location("alterations", HERE / "alterations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["alterations"] = module
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Run the server; the requests pass through the alterations."""
    alterations = _alterations()
    server._Gateway.__call__ = alterations.altering(server._Gateway.__call__)  # type: ignore[method-assign]

    def alter(request: dict[str, Any]) -> dict[str, Any]:
        _active.close()
        # The local AWS waits one and two seconds between tries, whatever its time scale.
        lambdas: Any = importlib.import_module("ministack.services.lambda_svc")
        lambdas._LAMBDA_ASYNC_RETRY_BASE_SECONDS = RETRY_SECONDS
        name = request.get("probe")
        if name:
            _active.enter_context(alterations.of(name))
        return {"altered": name}

    control.route("POST", "alter", alter)
    return server.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
