"""What the training workflow says about its records: the variables MDLC_RECORDS_1, MDLC_RECORDS_2, and so on.

SageMaker takes 512 characters a variable, so the JSON text is divided.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_container.errors import ContainerError

VARIABLE = "MDLC_RECORDS_"


@dataclass(frozen=True, kw_only=True)
class Records:
    """The columns of the training records, which have no header.

    Attributes:
        columns: the names of the features, in order.
        label: the name of the label, which is the first column; None without one.
        weighted: whether the second column is the row's weight.
        task: the dataset's task.
        classes: the names of the classes; labels are their numbers from 0.
    """

    columns: tuple[str, ...] = field(default=())
    label: str | None = "label"
    weighted: bool = False
    task: str = ""
    classes: tuple[str, ...] = ()


def read(variables: Mapping[str, str] = os.environ) -> Records:
    """The records of this training.

    Raises:
        ContainerError: when the variables are not there or no JSON.
    """
    parts, number = [], 1
    while (part := variables.get(f"{VARIABLE}{number}")) is not None:
        parts.append(part)
        number += 1
    if not parts:
        raise ContainerError(
            f"{VARIABLE}1 is not set, so the columns have no names: the training workflow sets it; where you "
            f'train by hand, set it to {{"columns": ["age", "spent"], "label": "left"}}'
        )
    try:
        document = json.loads("".join(parts))
        return Records(
            columns=tuple(document["columns"]),
            label=document.get("label"),
            weighted=bool(document.get("weighted", False)),
            task=str(document.get("task", "")),
            classes=tuple(document.get("classes", ())),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ContainerError(f"{VARIABLE}1 and the following are no JSON with columns: {error!r}") from error
