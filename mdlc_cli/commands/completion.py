"""Names for the completion of a shell, from what is on this machine: no AWS is asked, so that it is fast."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mdlc_cli import places
from mdlc_cli.executions import advice


def workflows(incomplete: str) -> list[str]:
    """The library's workflows."""
    return [name for name in advice.WORKFLOWS if name.startswith(incomplete)]


def stacks(incomplete: str) -> list[str]:
    """The stacks of the app, as it was synthesized last."""
    return sorted({name for name, _ in _templates(places.project_root()) if name.startswith(incomplete)})


def models(incomplete: str) -> list[str]:
    """The models of the app, by the names of its state machines."""
    machines = (
        resource.get("Properties", {}).get("StateMachineName")
        for _, template in _templates(places.project_root())
        for resource in template.get("Resources", {}).values()
        if resource.get("Type") == "AWS::StepFunctions::StateMachine"
    )
    named = [name for name in machines if isinstance(name, str)]
    known = {name.removesuffix(f"-{workflow}") for name in named if (workflow := advice.workflow_of(name))}
    return sorted(name for name in known if name.startswith(incomplete))


def _templates(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and templates of the stacks in the folders where the CDK CLI and mdlc leave them."""
    for folder in (root / "cdk.out", root / places.STATE_FOLDER / "assembly"):
        for path in sorted(folder.glob("*.template.json")):
            try:
                template = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(template, dict):
                yield path.name.removesuffix(".template.json"), template
