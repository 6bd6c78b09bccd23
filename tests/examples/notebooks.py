"""Executes the notebook of the examples, as Jupyter does."""

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from examples.flight_delay import demo
from mdlc_cli.aws.target import Target

NOTEBOOK = Path(demo.__file__).with_name("notebook.ipynb")


def cells() -> list[dict[str, Any]]:
    """The code cells as they are stored."""
    notebook = _notebook()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(chosen: Target, folder: Path) -> tuple[int, str]:
    """How many pictures the notebook draws of the account's only model, and all texts that it prints."""
    notebook = _notebook()
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **chosen.exports()})
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    data = [output.get("data", {"text/plain": output.get("text", "")}) for output in outputs]
    return sum("image/png" in each for each in data), "\n".join(each["text/plain"] for each in data)


def _notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # it has no annotations
