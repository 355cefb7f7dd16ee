"""Cut out of an ONNX model the part that computes one tensor.

ONNX files are protocol buffers; reading their wire format takes a few lines, where the `onnx`
package would be one more compiled dependency. Field numbers are those of `onnx.proto3`
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

from __future__ import annotations

from collections.abc import Iterator

MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT = 1, 5, 11, 12
NODE_INPUT, NODE_OUTPUT, NODE_OPERATION = 1, 2, 4
TENSOR_NAME = 8
VALUE_NAME, VALUE_TYPE, TYPE_TENSOR, TENSOR_ELEMENT, FLOAT = 1, 2, 1, 1, 1


def cut(model: bytes, tensor: str) -> bytes:
    """`model` reduced to the nodes and weights that the float tensor `tensor` needs, its only output.

    Raises `ValueError` when no node computes it.
    """
    rest = b"".join(raw for number, _, raw in _fields(memoryview(model)) if number != MODEL_GRAPH)
    graph = next(value for number, value, _ in _fields(memoryview(model)) if number == MODEL_GRAPH)
    parts = list(_fields(graph))
    needed = {tensor.encode()}
    nodes: list[memoryview] = []
    # Nodes stand in topological order: going backwards, all who need a result come before its maker.
    for number, node, raw in reversed(parts):
        if number == GRAPH_NODE and needed.intersection(_strings(node, NODE_OUTPUT)):
            needed.update(_strings(node, NODE_INPUT))
            nodes.append(raw)
    if not nodes:
        raise ValueError(f"no node of the model computes {tensor!r}")
    weights = [
        raw
        for number, value, raw in parts
        if number == GRAPH_INITIALIZER and needed.intersection(_strings(value, TENSOR_NAME))
    ]
    inputs = [raw for number, _, raw in parts if number == GRAPH_INPUT]
    kind = _field(TYPE_TENSOR, bytes([TENSOR_ELEMENT << 3, FLOAT]))
    output = _field(GRAPH_OUTPUT, _field(VALUE_NAME, tensor.encode()) + _field(VALUE_TYPE, kind))
    return rest + _field(MODEL_GRAPH, b"".join([*reversed(nodes), *weights, *inputs, output]))


def computed_by(model: bytes, operation: str) -> list[str]:
    """The tensors that nodes of `operation` ("Ceil") compute, in the model's order."""
    graph = next(value for number, value, _ in _fields(memoryview(model)) if number == MODEL_GRAPH)
    return [
        output.decode()
        for number, node, _ in _fields(graph)
        if number == GRAPH_NODE and _strings(node, NODE_OPERATION) == [operation.encode()]
        for output in _strings(node, NODE_OUTPUT)
    ]


def _strings(message: memoryview, wanted: int) -> list[bytes]:
    return [bytes(value) for number, value, _ in _fields(message) if number == wanted]


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Each field's number, its payload (empty for numbers), and all its bytes."""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                _, at = _varint(message, at)
                value = message[at:at]
            case 2:
                size, at = _varint(message, at)
                value = message[at : at + size]
                at += size
            case wire:
                at += {1: 8, 5: 4}[wire]
                value = message[at:at]
        yield key >> 3, value, message[start:at]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _field(number: int, payload: bytes) -> bytes:
    size = len(payload)
    head = bytearray([number << 3 | 2])
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(head) + bytes([size]) + payload
