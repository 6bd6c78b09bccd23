"""The table of predictions for look-ups: the team's own, or a new one encrypted with the home's key."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings.delivery import EXPIRES, Delivery, LookUpTable


@dataclass(frozen=True, kw_only=True)
class LookUp:
    """A table and the bindings of its placeholders."""

    table: dynamodb.ITable
    bindings: Mapping[str, str]

    @property
    def has_key(self) -> bool:
        """Whether a customer-managed key encrypts the table."""
        return "LookUpKeyArn" in self.bindings


def check_table(delivery: Delivery | None, table: dynamodb.ITable | None) -> None:
    """Reject a table without a `LookUpTable`, or with another partition key.

    Raises:
        ValueError: names the argument, its value and the remedy.
    """
    if table is None:
        return
    if not isinstance(delivery, LookUpTable):
        raise ValueError(
            f"look_up_table is {table.node.path!r} and delivery is {delivery!r}, which writes to no table: "
            f"give delivery=LookUpTable(), or leave look_up_table out."
        )
    if isinstance(table, dynamodb.Table):
        schema = table.schema_v2()
        keys = [(key.name, key.type) for key in (*schema.partition_keys, *schema.sort_keys)]
        if keys != [(delivery.key, dynamodb.AttributeType.STRING)]:
            raise ValueError(
                f"look_up_table is {table.node.path!r} with the key {', '.join(name for name, _ in keys)}: "
                f"give a table with the text {delivery.key!r} as its partition key and no sort key."
            )


def look_up(
    scope: Construct, home: ModelHome, delivery: LookUpTable, existing: dynamodb.ITable | None
) -> LookUp:
    """The existing table, or a new one with encryption, point-in-time recovery and on-demand billing."""
    if existing is not None:
        key = existing.encryption_key
        bindings = {"LookUpTable": existing.table_name, "LookUpTableArn": existing.table_arn}
        return LookUp(table=existing, bindings={**bindings, **({"LookUpKeyArn": key.key_arn} if key else {})})
    # Time to live is always enabled, so that a later keep_for does not change the table.
    resource = home.table(scope, "LookUp", delivery.key, expires=EXPIRES)
    table = dynamodb.Table.from_table_attributes(
        scope, "LookUpTable", table_arn=resource.attr_arn, encryption_key=home.key
    )
    return LookUp(
        table=table,
        bindings={
            "LookUpTable": resource.ref,
            "LookUpTableArn": resource.attr_arn,
            "LookUpKeyArn": home.key_arn,
        },
    )
