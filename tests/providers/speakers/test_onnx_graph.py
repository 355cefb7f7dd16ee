import pytest

from aura_nb.providers.speakers.onnx_graph import cut


def field(number, payload):
    assert len(payload) < 128
    return bytes([number << 3 | 2, len(payload)]) + payload


def node(inputs, output):
    return field(1, b"".join(field(1, name) for name in inputs) + field(2, output))


def weight(name):
    return field(5, bytes([2 << 3, 1]) + field(8, name))


MODEL = bytes([1 << 3, 9]) + field(
    7,
    node([b"x", b"w"], b"a")
    + node([b"a"], b"b")
    + node([b"b", b"v"], b"c")
    + weight(b"w")
    + weight(b"v")
    + field(11, field(1, b"x"))
    + field(12, field(1, b"c")),
)  # fmt: skip


def test_only_what_the_tensor_needs_is_kept():
    output = field(1, b"b") + field(2, field(1, bytes([1 << 3, 1])))
    assert cut(MODEL, "b") == bytes([1 << 3, 9]) + field(
        7,
        node([b"x", b"w"], b"a")
        + node([b"a"], b"b")
        + weight(b"w")
        + field(11, field(1, b"x"))
        + field(12, output),
    )  # fmt: skip


def test_a_tensor_nobody_computes_is_an_error():
    with pytest.raises(ValueError, match="'z'"):
        cut(MODEL, "z")
