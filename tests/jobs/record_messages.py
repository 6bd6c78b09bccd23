"""AWS's `record.proto` for the package protobuf, to read what the jobs write with an independent program.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html
"""

import struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "aialgs.data"


def _tensor(file: Any, name: str, kind: int) -> None:
    message = file.message_type.add(name=name)
    for number, (member, type_) in enumerate(
        (("values", kind), ("keys", Field.TYPE_UINT64), ("shape", Field.TYPE_UINT64)), start=1
    ):
        field = message.field.add(name=member, number=number, type=type_, label=Field.LABEL_REPEATED)
        field.options.packed = True


def _record_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="record.proto", package=_PACKAGE, syntax="proto2")
    _tensor(file, "Float32Tensor", Field.TYPE_FLOAT)
    _tensor(file, "Float64Tensor", Field.TYPE_DOUBLE)
    _tensor(file, "Int32Tensor", Field.TYPE_INT32)
    content = file.message_type.add(name="Bytes")
    content.field.add(name="value", number=1, type=Field.TYPE_BYTES, label=Field.LABEL_REPEATED)
    content.field.add(name="content_type", number=2, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="value")
    for name, number, type_name in (
        ("float32_tensor", 2, "Float32Tensor"),
        ("float64_tensor", 3, "Float64Tensor"),
        ("int32_tensor", 7, "Int32Tensor"),
        ("bytes", 9, "Bytes"),
    ):
        value.field.add(
            name=name,
            number=number,
            type=Field.TYPE_MESSAGE,
            type_name=f".{_PACKAGE}.{type_name}",
            label=Field.LABEL_OPTIONAL,
            oneof_index=0,
        )
    record = file.message_type.add(name="Record")
    for number, (member, entry) in enumerate(
        (("features", "FeaturesEntry"), ("label", "LabelEntry")), start=1
    ):
        nested = record.nested_type.add(name=entry)
        nested.options.map_entry = True
        nested.field.add(name="key", number=1, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
        nested.field.add(
            name="value",
            number=2,
            type=Field.TYPE_MESSAGE,
            type_name=f".{_PACKAGE}.Value",
            label=Field.LABEL_OPTIONAL,
        )
        record.field.add(
            name=member,
            number=number,
            type=Field.TYPE_MESSAGE,
            type_name=f".{_PACKAGE}.Record.{entry}",
            label=Field.LABEL_REPEATED,
        )
    for number, member in enumerate(("uid", "metadata", "configuration"), start=3):
        record.field.add(name=member, number=number, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Record"))


RECORD: Any = _record_class()


def read_records(content: bytes) -> list[tuple[list[float], list[float]]]:
    """The features and the label of each record of a file's content."""
    found, start = [], 0
    while start < len(content):
        magic, size = struct.unpack_from("<II", content, start)
        assert magic == 0xCED7230A
        record = RECORD.FromString(content[start + 8 : start + 8 + size])
        label = list(record.label["values"].float32_tensor.values) if "values" in record.label else []
        found.append((list(record.features["values"].float32_tensor.values), label))
        start += 8 + -(-size // 4) * 4
    assert start == len(content)
    return found
