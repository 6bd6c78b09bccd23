import gzip
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from jobs.serving.archive import pack
from jobs.serving.program import Program
from tests.jobs.serving.test_serve import PROGRAM

RUN = """
import json, os, sys
sys.path.insert(0, "code")
import serve
model = serve.model_fn(".")
data = serve.input_fn(sys.stdin.buffer.read(), sys.argv[1])
body, kind = serve.output_fn(serve.predict_fn(data, model), "")
print(json.dumps([body, kind, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(pack(PROGRAM)), mode="r:gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def test_the_same_program_gives_the_same_bytes() -> None:
    assert pack(PROGRAM) == pack(Program.from_document(json.loads(PROGRAM.to_json())))
    assert pack(PROGRAM)[4:8] == bytes(4), "the time in the header"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(pack(PROGRAM)))) as archive:
        entries = archive.getmembers()
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.mode) for entry in entries} == {
        (0, 0, 0, "", 0o644)
    }


def test_the_program_lies_at_the_top(unpacked: Path) -> None:
    assert Program.read(unpacked) == PROGRAM
    assert (unpacked / "code" / "serve.py").is_file()


@pytest.mark.parametrize(
    ("step", "kind", "sent", "answered"),
    [
        ("prepare", "application/jsonlines", '{"n": 1, "c": "a"}', ["1.0,1.0", "text/csv"]),
        ("stamp", "text/csv", "0.5\n", ['{"score": 0.5, "version": 3}\n', "application/jsonlines"]),
        (
            "stamp",
            "application/json",
            '{"scores": [{"score": 0.5}]}',
            ['{"score": 0.5, "version": 3}\n', "application/jsonlines"],
        ),
    ],
)
def test_the_code_needs_only_the_standard_library(
    unpacked: Path, step: str, kind: str, sent: str, answered: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN, kind],
        cwd=unpacked,
        env={"MDLC_SERVING_STEP": step, "MDLC_MODEL_VERSION": "3"},
        input=sent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *found, modules = json.loads(done.stdout)
    assert found == answered
    assert set(modules) - set(sys.stdlib_module_names) <= {
        "jobs",
        "mdlc_constructs",
        "serve",
        "__main__",
        "__mp_main__",
    }


def test_it_is_packed_from_within_a_zip_file_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "jobs.zip", "w") as bundle:
        library = Path("mdlc_constructs/settings/payloads")
        for path in (*sorted(Path("jobs").rglob("*.py")), *sorted(library.glob("*.py"))):
            bundle.write(path)
        for package in ("mdlc_constructs", "mdlc_constructs/settings"):
            bundle.writestr(f"{package}/__init__.py", "")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from jobs.serving.archive import pack; "
        "from jobs.serving.program import Program; import json; "
        "sys.stdout.buffer.write(pack(Program.from_document(json.load(sys.stdin))))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path / "jobs.zip")],
        input=PROGRAM.to_json().encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout == pack(PROGRAM)
