"""Fills in what a template leaves to its deployment: the partition, the account and the region."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN_ACCOUNT, UNKNOWN_REGION = "unknown-account", "unknown-region"
"""How a cloud assembly's manifest says that a stack names no account, or no region."""

_SCHEME = "aws://"
_VARIABLE = re.compile(r"\$\{(AWS::[A-Za-z]+)\}")
_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
"""Partitions by the beginning of their regions' names; all other regions are of `aws`."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An account and a region, as the CDK calls the two together."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the region, such as ``aws``."""
        named = (name for start, name in _PARTITIONS.items() if self.region.startswith(f"{start}-"))
        return next(named, "aws")

    @property
    def values(self) -> dict[str, str]:
        """CloudFormation's pseudo parameters."""
        return {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com",
        }

    def text(self, text: str) -> str:
        """A text with its ``${AWS::...}`` filled in."""
        return _VARIABLE.sub(lambda match: self.values.get(match[1], match[0]), text)

    def template(self, template: Mapping[str, Any]) -> Any:
        """A template with texts for the functions that need only pseudo parameters and mappings."""
        return self._filled(template, template.get("Mappings", {}))

    def _filled(self, value: Any, mappings: Mapping[str, Any]) -> Any:
        if isinstance(value, list):
            return [self._filled(each, mappings) for each in value]
        if not isinstance(value, dict):
            return value
        filled = {name: self._filled(each, mappings) for name, each in value.items()}
        if len(filled) != 1:
            return filled
        [(function, argument)] = filled.items()
        if function == "Ref" and isinstance(argument, str):
            return self.values.get(argument, filled)
        if function == "Fn::Sub" and isinstance(argument, str):
            text = self.text(argument)
            return {function: text} if "${" in text else text
        if function == "Fn::FindInMap" and _are_texts(argument) and len(argument) == 3:
            name, first, second = argument
            return mappings.get(name, {}).get(first, {}).get(second, filled)
        if function == "Fn::Join" and len(argument) == 2 and _are_texts(argument[1]):
            return str(argument[0]).join(argument[1])
        return filled


def environment_of(named: str, target: Environment) -> Environment:
    """The environment that a stack is synthesized for; the target's account or region where it names none.

    Args:
        named: the manifest's text, such as ``aws://123456789012/eu-west-1``; empty for none.
        target: where the app is to be deployed.
    """
    account, _, region = named.removeprefix(_SCHEME).partition("/")
    return Environment(
        account=target.account if account in ("", UNKNOWN_ACCOUNT) else account,
        region=target.region if region in ("", UNKNOWN_REGION) else region,
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
