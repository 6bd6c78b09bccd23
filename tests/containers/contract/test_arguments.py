"""Hyperparameters that ``train`` does not take: one sentence each, in both languages, without a container."""

import json
import subprocess

import pytest

from mdlc_constructs.resources import bundles
from mdlc_container import arguments
from mdlc_container.errors import ContainerError

CASES = (
    ({"needed": "1", "round": "3"}, "hyperparameter 'round' is no"),
    ({"needed": "1", "ridge": "NaN"}, "hyperparameter ridge='NaN' is no"),
    ({"needed": "1", "ridge": "wide"}, "hyperparameter ridge='wide' is no"),
    ({"needed": "1", "verbose": "perhaps"}, "hyperparameter verbose='perhaps' is no"),
    ({"ridge": "1"}, "train() needs the hyperparameter 'needed': give it, or a default"),
)

IN_R = """
for (part in c("errors", "arguments")) source(paste0(part, ".R"))
train <- function(rows, label, needed, ridge = 0.1, verbose = FALSE, stopping) 1
for (line in readLines("stdin")) {
  texts <- jsonlite::fromJSON(line, simplifyVector = FALSE)
  cat(tryCatch({
    hyperparameters(train, texts, 2L)
    "accepted"
  }, container_error = conditionMessage), "\\n", sep = "")
}
"""


@pytest.mark.parametrize(("texts", "reason"), CASES)
def test_one_that_does_not_fit_is_named(texts: dict[str, str], reason: str) -> None:
    def train(
        rows: object,
        label: object,
        *,
        needed: str,
        ridge: float = 0.1,
        verbose: bool = False,
        stopping: object,
    ) -> None: ...

    with pytest.raises(ContainerError) as refused:
        arguments.hyperparameters(train, texts)
    assert str(refused.value).startswith(reason)


def test_so_it_is_in_r() -> None:
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", IN_R],
        cwd=bundles.source("containers") / "r" / "mdlc_container",
        input="".join(f"{json.dumps(texts)}\n" for texts, _ in CASES),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for line, (_, reason) in zip(done.stdout.splitlines(), CASES, strict=True):
        assert line.startswith(reason)
