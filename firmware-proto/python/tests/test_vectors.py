"""The golden vectors that the Swift implementation is held to as well."""

import pytest
from conftest import vectors
from google.protobuf import text_format
from google.protobuf.message import DecodeError

from warden.v1 import event_pb2, link_pb2
from warden_link import KeyPair, frame, session

KINDS = {name: kind for kind, name in frame.KINDS.items()}


@pytest.mark.parametrize("vector", vectors("frames")["frames"], ids=lambda vector: vector["name"])
def test_frames_are_made_and_taken(vector):
    payload, wire = bytes.fromhex(vector["payload"]), bytes.fromhex(vector["wire"])
    assert frame.encode(KINDS[vector["kind"]], payload) == wire
    assert list(frame.Reader().feed(wire)) == [(KINDS[vector["kind"]], payload)]


@pytest.mark.parametrize("vector", vectors("frames")["streams"], ids=lambda vector: vector["name"])
@pytest.mark.parametrize("piece", [1, 7, 100000])
def test_streams_give_their_frames(vector, piece):
    wire = bytes.fromhex(vector["wire"])
    reader = frame.Reader()
    found = [
        payload.hex() for start in range(0, len(wire), piece) for _, payload in reader.feed(wire[start : start + piece])
    ]
    assert found == vector["payloads"]
    assert {name: getattr(reader, name) for name in vector["counters"]} == vector["counters"]


def message_type(name):
    return getattr(link_pb2, name, None) or getattr(event_pb2, name)


@pytest.mark.parametrize("vector", vectors("messages")["messages"], ids=lambda vector: vector["text"][:60] or "empty")
def test_messages_are_made_and_taken(vector):
    kind = message_type(vector["message"])
    message = text_format.Parse(vector["text"], kind())
    assert message.SerializeToString(deterministic=True).hex() == vector["wire"]
    assert kind.FromString(bytes.fromhex(vector["wire"])) == message


def test_the_handshake_is_the_vectors():
    vector = vectors("handshake")
    client = session.NoiseSession(
        KeyPair(bytes.fromhex(vector["client_private"])), bytes.fromhex(vector["board_public"]),
        ephemeral=bytes.fromhex(vector["client_ephemeral_private"]))
    assert client.start() == b"\0" + bytes.fromhex(vector["first_frame"])
    assert client.open(frame.HANDSHAKE, bytes.fromhex(vector["second_message"])) is None
    assert client.welcome.SerializeToString().hex() == vector["welcome"]
    assert client.welcome.board == "lobby"


def test_sealed_messages_are_the_vectors():
    vector = vectors("session")
    keys = {side: bytes.fromhex(vector[f"{side}_key"]) for side in ["client", "board"]}
    sealing = {side: session.SealingKey(key) for side, key in keys.items()}
    opening = {side: session.OpeningKey(key) for side, key in keys.items()}
    for step in vector["steps"]:
        message, wire = bytes.fromhex(step["message"]), bytes.fromhex(step["wire"])
        assert frame.encode(frame.SEALED, sealing[step["from"]].seal(message)) == wire
        [(_, payload)] = frame.Reader().feed(wire)
        assert opening[step["from"]].open(payload) == message
        assert opening[step["from"]].open(payload) is None, "a replay is not taken"


def test_the_key_changes_where_the_vector_says():
    vector = vectors("session")
    opening = session.OpeningKey(bytes.fromhex(vector["client_key"]))
    for step in vector["rekey"]:
        [(_, payload)] = frame.Reader().feed(bytes.fromhex(step["wire"]))
        assert opening.open(payload) == bytes.fromhex(step["message"])
    assert opening.lost == 65535
    handshake = vectors("handshake")
    assert session.rekeyed(bytes.fromhex(handshake["client_key"])).hex() == handshake["client_key_after_rekey"]
