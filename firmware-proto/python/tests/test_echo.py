"""Random messages through the Swift codec and back, and bytes that are none."""

import subprocess

import pytest
from conftest import peer_program, vectors
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warden.v1 import board_pb2, event_pb2, link_pb2, options_pb2, role_pb2, scenario_pb2

FILES = [board_pb2, event_pb2, link_pb2, role_pb2, scenario_pb2]
MESSAGES = sorted(
    (kind for file in FILES for kind in file.DESCRIPTOR.message_types_by_name.values()
     if not kind.GetOptions().Extensions[options_pb2.walked]),
    key=lambda kind: kind.name)


class Echo:
    def __init__(self, *options):
        self._process = subprocess.Popen(
            [peer_program(), "echo", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, name, data):
        self._process.stdin.write(f"{name} {data.hex()}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self):
        self._process.stdin.close()
        assert self._process.wait(10) == 0
        self._process.stdout.close()


@pytest.fixture(scope="module")
def echo():
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture(scope="module")
def echo_through_both():
    echo = Echo("--through-both")
    yield echo
    echo.close()


RANGES = {
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1), FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1), FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
}


def values(field):
    options = field.GetOptions().Extensions
    if field.message_type is not None:
        return messages(field.message_type)
    if field.cpp_type in RANGES:
        low, high = RANGES[field.cpp_type]
        has = field.GetOptions().HasExtension
        if has(options_pb2.minimum):
            low = max(low, options[options_pb2.minimum])
        if has(options_pb2.maximum):
            high = min(high, options[options_pb2.maximum])
        return st.integers(low, high)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return st.one_of(st.sampled_from([value.number for value in field.enum_type.values]), st.integers(-(2**31), 2**31 - 1))
    limit = options[options_pb2.max_bytes]
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=limit)
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=limit // 4)


@st.composite
def messages(draw, kind):
    """A random message within its bounds."""
    message = kind._concrete_class()
    for field in kind.fields:
        options = field.GetOptions().Extensions
        oneof = field.containing_oneof
        if oneof is not None and len(oneof.fields) > 1:
            continue
        if repeated(field):
            limit = min(4, options[options_pb2.max_count])
            for value in draw(st.lists(values(field), max_size=limit)):
                if field.message_type is not None:
                    getattr(message, field.name).add().CopyFrom(value)
                else:
                    getattr(message, field.name).append(value)
            continue
        # What has a minimum above 0 must not be left out.
        required = field.GetOptions().HasExtension(options_pb2.minimum) and options[options_pb2.minimum] > 0
        if (required and oneof is None) or draw(st.booleans()):
            put(message, field, draw(values(field)))
    for oneof in kind.oneofs:
        if len(oneof.fields) > 1 and draw(st.booleans()):
            field = draw(st.sampled_from(list(oneof.fields)))
            put(message, field, draw(values(field)))
    return message


def repeated(field):
    try:
        return field.is_repeated
    except AttributeError:
        return field.label == FieldDescriptor.LABEL_REPEATED


def put(message, field, value):
    if field.message_type is not None:
        getattr(message, field.name).CopyFrom(value)
        getattr(message, field.name).SetInParent()
    else:
        setattr(message, field.name, value)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.name)
def test_random_messages_come_back_with_nothing_lost_through_swift_protobuf_too(echo, echo_through_both, kind):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(messages(kind))
    def check(message):
        wire = message.SerializeToString(deterministic=True)
        assert echo(kind.name, wire) == wire.hex()
        assert echo_through_both(kind.name, wire) == wire.hex()
        assert kind._concrete_class.FromString(bytes.fromhex(echo(kind.name, wire))) == message

    check()


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.name)
def test_random_bytes_are_refused_or_mean_the_same(echo, kind):
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=60))
    def check(data):
        answer = echo(kind.name, data)
        if answer.startswith("error "):
            return
        message = kind._concrete_class.FromString(data)
        message.DiscardUnknownFields()
        assert message.SerializeToString(deterministic=True).hex() == answer

    check()


@pytest.mark.parametrize("vector", vectors("messages")["refused"], ids=lambda vector: vector["name"])
def test_what_the_vectors_say_is_refused_is_refused(echo, vector):
    assert echo(vector["message"], bytes.fromhex(vector["wire"])) == f"error {vector['reason']} {vector['field']}"


@pytest.mark.parametrize("vector", vectors("messages")["messages"], ids=lambda vector: vector["text"][:60] or "empty")
def test_what_the_vectors_say_is_a_message_is_one(echo, vector):
    assert echo(vector["message"], bytes.fromhex(vector["wire"])) == vector["wire"]
