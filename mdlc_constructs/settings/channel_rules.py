"""The rules that the objects of channels must satisfy before a model is trained on them."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import is_number
from mdlc_constructs.settings.payloads.channels import ChannelRulesSection
from mdlc_constructs.settings.refusal import refusal


@dataclass(frozen=True, kw_only=True)
class ChannelRules:
    """Rules for channels. An example is an image, a line of text, or a line of an augmented manifest.

    Empty objects, and manifests that name missing objects, are always refused.

    Args:
        minimum_examples: the minimum number of readable examples of each channel with examples.
        minimum_per_class: the minimum number of examples of each class in the channel ``train``.
        maximum_unreadable_share: the largest share (0 to 1) of a channel's examples that may be unreadable,
            such as a broken image or a line without a label.
        maximum_duplicate_share: the largest share (0 to 1) of a channel's examples whose content is that of
            an earlier one.
        maximum_shared_share: the largest share (0 to 1) of the examples of ``validation``, or of the holdout,
            whose content is also in ``train``: the model would be judged on what it has learned by heart.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    minimum_examples: int = 1
    minimum_per_class: int = 2
    maximum_unreadable_share: float = 0.0
    maximum_duplicate_share: float = 0.0
    maximum_shared_share: float = 0.0

    def __post_init__(self) -> None:
        for argument in ("minimum_examples", "minimum_per_class"):
            number = getattr(self, argument)
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise refusal(argument, number, "give a whole number of at least 1.")
        for argument in ("maximum_unreadable_share", "maximum_duplicate_share", "maximum_shared_share"):
            share = getattr(self, argument)
            if not is_number(share) or not 0 <= share <= 1:
                raise refusal(argument, share, "give a share from 0 to 1.")

    def to_plan(self) -> ChannelRulesSection:
        """The rules as a job's plan has them."""
        return ChannelRulesSection(**vars(self))
