"""Entry point: ``<embedded python> <this folder> --port N --state-dir DIR``.

``<python> <this folder> runtime NAME train|serve`` runs the local stand-in of a built-in algorithm instead,
with the packages of that Python.

The folder may be in the site-packages of another environment (an installed wheel), whose packages must not be
imported. So the package is loaded by its path, and `sys.path` only has the embedded environment.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def load_package() -> None:
    """Register this folder as the package ``mdlc_local`` without adding anything to `sys.path`."""
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != _HERE]
    if "mdlc_local" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(
        "mdlc_local", _HERE / "__init__.py", submodule_search_locations=[str(_HERE)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["mdlc_local"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load_package()
    if sys.argv[1:3] == ["runtime", "xgboost"]:
        sys.exit(importlib.import_module("mdlc_local.runtimes.xgboost").main(sys.argv[3:]))
    if sys.argv[1:2] == ["runtime"]:
        sys.exit(importlib.import_module("mdlc_local.runtimes.built_in.command").main(sys.argv[2:]))
    sys.exit(importlib.import_module("mdlc_local.server").main(sys.argv[1:]))
