"""Who approves a model package that passed the gate."""

from dataclasses import dataclass

from mdlc_constructs.settings.refusal import unknown

_MODES = ("automatic", "manual")


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who approves: create one with `Approval.automatic` (the gate) or `Approval.manual` (a person)."""

    mode: str

    def __post_init__(self) -> None:
        if self.mode not in _MODES:
            raise unknown("mode", self.mode, _MODES, what="mode of approval")

    @classmethod
    def automatic(cls) -> "Approval":
        """A package that passes the gate is approved at once."""
        return cls(mode="automatic")

    @classmethod
    def manual(cls) -> "Approval":
        """A package that passes the gate stays pending until its status is changed in the model registry."""
        return cls(mode="manual")

    @property
    def is_automatic(self) -> bool:
        """Whether a package that passes the gate is approved without a person."""
        return self.mode == "automatic"
