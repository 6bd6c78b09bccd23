"""The instances that an algorithm trains on."""

import re
from collections.abc import Mapping

from mdlc_constructs.settings.algorithms.table import AlgorithmFacts
from mdlc_constructs.settings.compute import Compute
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token

_GPU = re.compile(r"ml\.(p\d|g\d|gr\d)[a-z0-9-]*\.\w+")
"""Instance types with NVIDIA GPUs: the families P, G and GR."""


def has_gpu(instance_type: str) -> bool:
    """Whether an instance type has NVIDIA GPUs; False for one that is known only at deployment."""
    return _GPU.fullmatch(instance_type) is not None


def check_instances(facts: AlgorithmFacts, texts: Mapping[str, str], compute: Compute) -> None:
    """Refuse instances that an algorithm does not train on with these hyperparameters.

    A type that is known only at deployment is not refused. Source: "Parameters for Built-in Algorithms" in
    AWS's guide, and each algorithm's page.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if not has_token(compute.instance_type):
        gpu = has_gpu(compute.instance_type)
        if gpu and "gpu" not in facts.processors:
            raise refusal(
                "instance_type",
                compute.instance_type,
                f"{facts.title} trains on CPUs only; give a type without GPU, such as 'ml.m5.xlarge'.",
            )
        if not gpu and "cpu" not in facts.processors:
            raise refusal(
                "instance_type",
                compute.instance_type,
                f"{facts.title} trains on GPUs only; give a type such as 'ml.g4dn.xlarge'.",
            )
        for other, among in facts.cpu_only_when.items():
            if gpu and texts.get(other) in among:
                raise refusal(
                    "instance_type",
                    compute.instance_type,
                    f"{facts.title} trains on CPUs only with {other}={texts[other]!r}; give a type without "
                    "GPU, such as 'ml.c5.xlarge'.",
                )
    if compute.instance_count == 1:
        return
    if not facts.parallel:
        raise refusal(
            "instance_count",
            compute.instance_count,
            f"{facts.title} trains on one instance only; give 1 and a larger instance_type.",
        )
    for other, among in facts.parallel_when.items():
        if texts.get(other) not in among:
            values = " or ".join(f"{other}={value!r}" for value in among)
            raise refusal(
                "instance_count",
                compute.instance_count,
                f"{facts.title} trains on several instances with {values} only; give that, or 1.",
            )
