"""Task states for service calls, each with exactly the permissions it needs. Only `chain` imports aws_cdk.

Modules by service: `training`, `tuning`, `processing`, `transform`, `model`, `model_package`, `dynamodb`,
`events`, `s3`, `lambda_`, `endpoint`, `deployment`, `autoscaling`, `runtime`, `callback`, `metrics`,
`alarms`, `execution`; use `integration.integration` for any other call.
"""

from typing import TYPE_CHECKING

from mdlc_constructs.exports import lazily

if TYPE_CHECKING:
    from mdlc_constructs.tasks.alarms import describe_alarms as describe_alarms
    from mdlc_constructs.tasks.autoscaling import deregister_scalable_target as deregister_scalable_target
    from mdlc_constructs.tasks.autoscaling import put_scaling_policy as put_scaling_policy
    from mdlc_constructs.tasks.autoscaling import put_scheduled_action as put_scheduled_action
    from mdlc_constructs.tasks.autoscaling import register_scalable_target as register_scalable_target
    from mdlc_constructs.tasks.callback import wait_for_token as wait_for_token
    from mdlc_constructs.tasks.chain import as_state as as_state
    from mdlc_constructs.tasks.chain import sequence_from_chain as sequence_from_chain
    from mdlc_constructs.tasks.deployment import deployment_config as deployment_config
    from mdlc_constructs.tasks.dynamodb import get_item as get_item
    from mdlc_constructs.tasks.dynamodb import put_item as put_item
    from mdlc_constructs.tasks.dynamodb import transact_write_items as transact_write_items
    from mdlc_constructs.tasks.dynamodb import update_item as update_item
    from mdlc_constructs.tasks.endpoint import EndpointCapture as EndpointCapture
    from mdlc_constructs.tasks.endpoint import Variant as Variant
    from mdlc_constructs.tasks.endpoint import create_endpoint as create_endpoint
    from mdlc_constructs.tasks.endpoint import create_endpoint_config as create_endpoint_config
    from mdlc_constructs.tasks.endpoint import delete_endpoint as delete_endpoint
    from mdlc_constructs.tasks.endpoint import delete_endpoint_config as delete_endpoint_config
    from mdlc_constructs.tasks.endpoint import describe_endpoint as describe_endpoint
    from mdlc_constructs.tasks.endpoint import update_endpoint as update_endpoint
    from mdlc_constructs.tasks.endpoint import update_weights as update_weights
    from mdlc_constructs.tasks.events import Event as Event
    from mdlc_constructs.tasks.events import put_events as put_events
    from mdlc_constructs.tasks.execution import run_execution as run_execution
    from mdlc_constructs.tasks.execution import start_execution as start_execution
    from mdlc_constructs.tasks.lambda_ import invoke as invoke
    from mdlc_constructs.tasks.lambda_ import invoke_for_token as invoke_for_token
    from mdlc_constructs.tasks.metrics import may_put_metrics as may_put_metrics
    from mdlc_constructs.tasks.metrics import put_metric as put_metric
    from mdlc_constructs.tasks.model import Container as Container
    from mdlc_constructs.tasks.model import create_model as create_model
    from mdlc_constructs.tasks.model_package import create_model_package as create_model_package
    from mdlc_constructs.tasks.model_package import describe_model_package as describe_model_package
    from mdlc_constructs.tasks.model_package import list_model_packages as list_model_packages
    from mdlc_constructs.tasks.model_package import update_model_package as update_model_package
    from mdlc_constructs.tasks.network import Vpc as Vpc
    from mdlc_constructs.tasks.processing import ProcessingInput as ProcessingInput
    from mdlc_constructs.tasks.processing import ProcessingOutput as ProcessingOutput
    from mdlc_constructs.tasks.processing import processing_job as processing_job
    from mdlc_constructs.tasks.runtime import invoke_endpoint as invoke_endpoint
    from mdlc_constructs.tasks.s3 import copy_object as copy_object
    from mdlc_constructs.tasks.s3 import get_object as get_object
    from mdlc_constructs.tasks.s3 import list_objects as list_objects
    from mdlc_constructs.tasks.s3 import put_object as put_object
    from mdlc_constructs.tasks.training import Channel as Channel
    from mdlc_constructs.tasks.training import SpotTraining as SpotTraining
    from mdlc_constructs.tasks.training import describe_training_job as describe_training_job
    from mdlc_constructs.tasks.training import training_job as training_job
    from mdlc_constructs.tasks.transform import DataCapture as DataCapture
    from mdlc_constructs.tasks.transform import transform_job as transform_job
    from mdlc_constructs.tasks.tuning import tuning_job as tuning_job

__getattr__, __dir__ = lazily(__name__)
