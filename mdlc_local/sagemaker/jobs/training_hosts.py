"""The hosts of a training job: one process each, with its own /opt/ml and its shard of the channels.

Source: "How Amazon SageMaker Provides Training Information" in the AWS documentation.
"""

import dataclasses
import json
import random
import zlib
from pathlib import Path
from typing import Any

from mdlc_local.sagemaker.containers import built_in
from mdlc_local.sagemaker.job import Job
from mdlc_local.sagemaker.records import Record
from mdlc_local.sagemaker.storage import Source

_FOLDERS = ("input/config", "input/data", "model", "output/data", "code")
_GROUP = "homogeneousCluster"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Host:
    """One host.

    Attributes:
        number: 0 for ``algo-1``.
        name: its name, such as ``algo-1``.
        names: the names of all hosts of the job.
        job: the job with this host's folder.
    """

    number: int
    name: str
    names: tuple[str, ...]
    job: Job

    def prepare(self) -> dict[str, str]:
        """Write the configuration and download the channels; returns the container's variables."""
        record, base = self.job.record, self.job.base
        for folder in _FOLDERS:
            (base / folder).mkdir(parents=True, exist_ok=True)
        channels: dict[str, Any] = {}
        variables = {
            "TRAINING_JOB_NAME": self.job.name,
            "TRAINING_JOB_ARN": record["TrainingJobArn"],
            "SM_MODEL_DIR": "/opt/ml/model",
            "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
            "SM_HPS": json.dumps(record.get("HyperParameters", {})),
            "SM_CURRENT_HOST": self.name,
            "SM_HOSTS": json.dumps(self.names),
        }
        for channel in record.get("InputDataConfig", []):
            name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
            folder = base / "input" / "data" / name
            self.job.storage.fetch_all(self._shard(channel), folder)
            channels[name] = {
                "TrainingInputMode": input_mode(channel, record),
                "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
            }
            variables[f"SM_CHANNEL_{name.upper()}"] = f"/opt/ml/input/data/{name}"
        variables["SM_CHANNELS"] = json.dumps(sorted(channels))
        written = {
            "hyperparameters": record.get("HyperParameters", {}),
            "inputdataconfig": channels,
            "resourceconfig": self._resources(),
            **({"checkpointconfig": record["CheckpointConfig"]} if "CheckpointConfig" in record else {}),
        }
        for name, content in written.items():
            (base / "input" / "config" / f"{name}.json").write_text(json.dumps(content))
        return {**variables, **record.get("Environment", {})}

    def _shard(self, channel: dict[str, Any]) -> list[Source]:
        """The channel's objects that this host gets: all, or every n-th when it is ShardedByS3Key."""
        source = channel["DataSource"]["S3DataSource"]
        if built_in.is_of_jumpstart(source["S3Uri"]):
            return []
        objects = self.job.storage.sources(source["S3Uri"], source["S3DataType"])
        if "ShuffleConfig" in channel:
            random.Random(channel["ShuffleConfig"]["Seed"]).shuffle(objects)
        if source.get("S3DataDistributionType") == "ShardedByS3Key":
            return objects[self.number :: len(self.names)]
        return objects

    def _resources(self) -> dict[str, Any]:
        kind = self.job.record["ResourceConfig"].get("InstanceType")
        hosts = list(self.names)
        return {
            "current_host": self.name,
            "hosts": hosts,
            "network_interface_name": "lo",
            "current_instance_type": kind,
            "current_group_name": _GROUP,
            "instance_groups": [
                {"instance_group_name": _GROUP, "instance_type": kind, "hosts": hosts},
            ],
        }


def hosts_of(job: Job) -> list[Host]:
    """The job's hosts; several have a folder each below the job's folder."""
    count = int(job.record["ResourceConfig"].get("InstanceCount", 1))
    names = tuple(f"algo-{number}" for number in range(1, count + 1))
    return [
        Host(
            number=number,
            name=name,
            names=names,
            job=job if count == 1 else dataclasses.replace(job, folder=job.folder / name),
        )
        for number, name in enumerate(names)
    ]


def input_mode(channel: dict[str, Any], record: Record) -> str:
    """The input mode of a channel: its own, else the job's."""
    return str(channel.get("InputMode", record["AlgorithmSpecification"]["TrainingInputMode"]))


def write_hosts_file(job: Job, hosts: list[Host]) -> Path | None:
    """The file that names the hosts in every container; None for one host.

    Each host has its own loopback address, of a network that depends on the job, so that hosts may listen on
    the same port, also those of jobs that run at the same time.
    """
    if len(hosts) == 1:
        return None
    digest = zlib.crc32(job.name.encode())
    network = f"127.{digest % 200 + 10}.{digest // 200 % 250 + 1}"
    path = job.folder / "hosts"
    own = [f"{network}.{host.number + 1} {host.name}" for host in hosts]
    path.write_text("\n".join(["127.0.0.1 localhost", *own]) + "\n")
    return path
