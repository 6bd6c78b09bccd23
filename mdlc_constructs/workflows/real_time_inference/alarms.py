"""The CloudWatch alarms that SageMaker watches while a new version bakes."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mdlc_constructs.settings.rollback_alarms import AlarmSpec

_PERCENTILE = "p"


def alarm_name(spec: AlarmSpec, endpoint_name: str) -> str:
    """An alarm's name. It is fixed, because roles of a home in another stack refer to it."""
    return f"{endpoint_name}-rollback-{spec.key}"


def rollback_alarm(
    scope: Construct, spec: AlarmSpec, *, endpoint_name: str, variant: str
) -> cloudwatch.CfnAlarm:
    """An alarm that SageMaker watches while a new version bakes."""
    own = (("EndpointName", endpoint_name), ("VariantName", variant)) if spec.of_endpoint else ()
    percentile = spec.statistic.startswith(_PERCENTILE)
    return cloudwatch.CfnAlarm(
        scope,
        f"{spec.key}Alarm",
        alarm_name=alarm_name(spec, endpoint_name),
        alarm_description=(
            f"While a new version of the endpoint {endpoint_name} bakes, this rolls it back: {spec.metric} "
            f"{'above' if spec.comparison.startswith('Greater') else 'below'} {spec.threshold:g} {spec.unit}."
        ),
        namespace=spec.namespace,
        metric_name=spec.metric,
        dimensions=[{"name": name, "value": value} for name, value in (*own, *spec.dimensions)],
        statistic=None if percentile else spec.statistic,
        extended_statistic=spec.statistic if percentile else None,
        period=spec.period_seconds,
        evaluation_periods=spec.evaluation_periods,
        threshold=spec.threshold,
        comparison_operator=spec.comparison,
        treat_missing_data=spec.missing,
    )
