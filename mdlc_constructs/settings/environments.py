"""Where a delivery pipeline deploys to, and what must hold there before a commit goes on."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.refusal import refusal

MAX_WATCH_MINUTES = 24 * 60
_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,39}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_MACHINE = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ALARM = re.compile(r"[^\x00-\x1f]{1,255}")


@dataclass(frozen=True, kw_only=True)
class SmokeTest:
    """An execution of a state machine that must succeed after a deployment: a training or a batch.

    Args:
        machine: the name of the state machine in the environment's account, such as ``churn-training``.
        input: its input, as JSON values.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    machine: str
    input: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _MACHINE.fullmatch(self.machine):
            raise refusal(
                "machine", self.machine, "give the name of a state machine, such as 'churn-training'."
            )
        try:
            json.dumps(dict(self.input))
        except (TypeError, ValueError) as error:
            raise refusal("input", self.input, f"give values of JSON ({error}).") from error


@dataclass(frozen=True, kw_only=True)
class AlarmWatch:
    """Alarms that must stay out of ALARM for a while after a deployment; else the stack goes back.

    Args:
        alarms: names of CloudWatch alarms in the environment's account.
        minutes: how long they are watched.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    alarms: tuple[str, ...]
    minutes: int = 15

    def __post_init__(self) -> None:
        if not isinstance(self.alarms, tuple) or not self.alarms:
            raise refusal("alarms", self.alarms, "give a tuple of alarm names.")
        for name in self.alarms:
            if not isinstance(name, str) or not _ALARM.fullmatch(name):
                raise refusal("alarms", name, "give names of alarms, not ARNs or constructs.")
        if len(self.alarms) > 5:
            raise refusal(
                "alarms",
                len(self.alarms),
                "a condition of CodePipeline has at most five rules; use a composite alarm.",
            )
        check_whole("minutes", self.minutes, 1, MAX_WATCH_MINUTES, unit="minutes")


Check: TypeAlias = SmokeTest | AlarmWatch


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An account and region that a commit is deployed to, with the stacks that are deployed there.

    Args:
        name: the environment's name, capitalized: it names the stages, such as ``Beta``.
        account: the account's twelve digits.
        region: the region.
        stacks: names of the app's stacks that are deployed there, in this order.
        approval: whether a person must approve each commit before it is deployed there.
        checks: what must hold after the deployment; else the stage fails and its stacks go back.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: str
    account: str
    region: str
    stacks: tuple[str, ...]
    approval: bool = False
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise refusal(
                "name", self.name, "begin with a capital letter and use letters and digits, such as 'Beta'."
            )
        if self.name in ("Source", "Images", "Build", "Publish", "UpdatePipeline"):
            raise refusal("name", self.name, "that is a stage of every pipeline; give another name.")
        if not isinstance(self.account, str) or not _ACCOUNT.fullmatch(self.account):
            raise refusal("account", self.account, "give the account's twelve digits as text.")
        if not isinstance(self.region, str) or not _REGION.fullmatch(self.region):
            raise refusal("region", self.region, "give a region, such as 'eu-central-1'.")
        if not isinstance(self.stacks, tuple) or not self.stacks:
            raise refusal("stacks", self.stacks, "give a tuple with the names of the stacks.")
        for stack in self.stacks:
            if not isinstance(stack, str) or not _STACK.fullmatch(stack):
                raise refusal("stacks", stack, "give the name of a stack of the app.")
        for check in self.checks:
            if not isinstance(check, SmokeTest | AlarmWatch):
                raise refusal("checks", check, "give SmokeTest(...) or AlarmWatch(...).")
        if len(self.watches) > 1:
            raise refusal("checks", len(self.watches), "give one AlarmWatch with all alarms.")

    @property
    def smoke_tests(self) -> tuple[SmokeTest, ...]:
        """The executions that must succeed."""
        return tuple(check for check in self.checks if isinstance(check, SmokeTest))

    @property
    def watches(self) -> tuple[AlarmWatch, ...]:
        """The watch of alarms, if there is one."""
        return tuple(check for check in self.checks if isinstance(check, AlarmWatch))
