"""The ``model.tar.gz`` of an endpoint's pre- and postprocessing containers: feature program and code."""

import pkgutil
from itertools import accumulate

from jobs.errors import JobError
from jobs.serving.program import FILE, Program
from mdlc_constructs.settings.payloads.archive import packed

NAME = "model.tar.gz"

_CODE = {
    "serve.py": "serving/serve.py",
    "backend.py": "serving/backend.py",
    "jobs/__init__.py": "__init__.py",
    "jobs/errors.py": "errors.py",
    "jobs/serving/__init__.py": "serving/__init__.py",
    "jobs/serving/program.py": "serving/program.py",
    "jobs/serving/recordio.py": "serving/recordio.py",
    "jobs/serving/values.py": "serving/values.py",
}
_PAYLOADS = "mdlc_constructs.settings.payloads"
_ANSWERS = "answer_formats.py"
_BUILD = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def pack(program: Program) -> bytes:
    """A ``model.tar.gz`` of the program and its code; equal bytes for an equal program and release."""
    files = {FILE: program.to_json().encode(), "code/pyproject.toml": _BUILD}
    files |= {f"code/{place}": _source("jobs", module) for place, module in _CODE.items()}
    # Of the library only this module, whose packages are empty there.
    *packages, payloads = accumulate(_PAYLOADS.split("."), "{}/{}".format)
    files |= {f"code/{package}/__init__.py": b"" for package in (*packages, payloads)}
    files[f"code/{payloads}/{_ANSWERS}"] = _source(_PAYLOADS, _ANSWERS)
    return packed(files)


def _source(package: str, module: str) -> bytes:
    # By the package's loader: on SageMaker the jobs run from a zip file.
    content = pkgutil.get_data(package, module)
    if content is None:
        raise JobError(f"The job code holds no {module} of {package}: deploy the workflow anew.")
    return content
