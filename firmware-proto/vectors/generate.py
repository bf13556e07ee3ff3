#!/usr/bin/env python3
"""Writes the golden vectors beside it: bytes that both implementations have to make and to take.

Made with cobs, crcmod, noiseprotocol and protobuf, and with fixed keys where the protocol has random ones. Run in the
environment of the Python client: `.ci/test-python` says how one is made.

usage: generate.py [FOLDER]
"""

import json
import pathlib
import struct
import sys
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

from cobs import cobs  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from noise.connection import Keypair, NoiseConnection  # noqa: E402

from warden.v1 import board_pb2, event_pb2, link_pb2, role_pb2  # noqa: E402
from warden_link import frame, keys, session  # noqa: E402

CLIENT = keys.KeyPair(bytes([2]) * 32)
BOARD = keys.KeyPair(bytes([1]) * 32)
CLIENT_EPHEMERAL = keys.KeyPair(bytes([9]) * 32)
BOARD_EPHEMERAL = keys.KeyPair(bytes([10]) * 32)


def frames():
    payloads = [
        ("empty", frame.PLAIN, b""),
        ("a zero", frame.PLAIN, b"\0"),
        ("zeros around", frame.PLAIN, bytes([0, 17, 0, 34, 0])),
        ("a notice", frame.NOTICE, bytes([2])),
        ("a turn", frame.TURN, b""),
        ("a full block", frame.SEALED, bytes([0xAA]) * 249),
        ("one more than a full block", frame.SEALED, bytes([0xAA]) * 250),
        ("a full block, then a zero", frame.SEALED, bytes([0xAA]) * 253 + b"\0"),
        ("the longest of zeros", frame.SEALED, bytes(1024)),
        ("the longest without zeros", frame.SEALED, bytes(1 + index % 255 for index in range(1024))),
    ]
    sound = [
        {"name": name, "kind": frame.KINDS[kind], "payload": payload.hex(), "wire": frame.encode(kind, payload).hex()}
        for name, kind, payload in payloads
    ]
    good = frame.encode(frame.PLAIN, b"good")
    damaged = bytearray(good)
    damaged[3] ^= 1
    foreign = bytes([0x20]) + b"later"
    other = cobs.encode(foreign + struct.pack("<I", frame.crc32c(foreign))) + b"\0"
    unknown = bytes([0x1F]) + b"later"
    kind = cobs.encode(unknown + struct.pack("<I", frame.crc32c(unknown))) + b"\0"

    def stream(name, data, payloads, **counters):
        counts = {"sound": len(payloads), "corrupt": 0, "oversized": 0, "foreign": 0, **counters}
        return {"name": name, "wire": data.hex(), "payloads": [payload.hex() for payload in payloads], "counters": counts}

    streams = [
        stream("two frames", good + good, [b"good", b"good"]),
        stream("empty frames between", b"\0\0" + good + b"\0\0\0" + good, [b"good", b"good"]),
        stream("noise before", b"\x07noise" + b"\0" + good, [b"good"], corrupt=1),
        stream("the end of a frame before", good[4:] + good, [b"good"], corrupt=1),
        stream("a damaged frame", bytes(damaged) + good, [b"good"], corrupt=1),
        stream("a lost delimiter: both are gone", good[:-1] + good + good, [b"good"], corrupt=1),
        stream("too long", b"\x02" * 3000 + b"\0" + good, [b"good"], oversized=1),
        stream("another version", other + good, [b"good"], foreign=1),
        stream("a kind of a later version", kind + good, [b"good"], foreign=1),
        stream("too short for a checksum", b"\x04\x10\x01\x02\0" + good, [b"good"], corrupt=1),
        stream("the empty block that a sender leaves out", cobs_with_empty_block() + good, [bytes([0xAA]) * 249, b"good"]),
    ]
    return {"frames": sound, "streams": streams}


def cobs_with_empty_block():
    """A full block at the end, with the code byte behind it that says nothing."""
    encoded = frame.encode(frame.SEALED, bytes([0xAA]) * 249)
    body = cobs.decode(encoded[:-1])
    if len(body) != 254 or 0 in body:
        raise SystemExit("this payload's body is no longer a full block")
    return encoded[:-1] + b"\x01\0"


def messages():
    request, response = link_pb2.Request, link_pb2.Response
    actor = event_pb2.Actor(kind=event_pb2.ACTOR_KIND_LINK, index=3, user=1000)
    samples = [
        request(),
        request(identifier=7, command=link_pb2.Command(kind=link_pb2.COMMAND_KIND_DOOR_UNLOCK, target=2)),
        request(identifier=0xFFFFFFFF, command=link_pb2.Command(kind=14, target=1023, deadline_ns=2**64 - 1)),
        request(identifier=1, status=link_pb2.StatusQuery()),
        request(identifier=2, table=link_pb2.TableQuery(kind=link_pb2.TABLE_KIND_COUNTERS)),
        request(identifier=2, table=link_pb2.TableQuery(kind=99)),
        request(identifier=3, events=link_pb2.EventQuery(from_sequence=1 << 52, limit=65536, newest=True)),
        request(identifier=4, subscribe=link_pb2.Subscription(reader="platform", classes=63, from_oldest=True)),
        request(acknowledge=link_pb2.Acknowledge(subscription=4, sequence=4711)),
        request(credit=link_pb2.Credit(limit=128)),
        request(identifier=5, telemetry=link_pb2.TelemetryRequest(
            points=[link_pb2.TelemetryPoint(point=0, interval_ms=1000, threshold=5)], batch=32, latency_ms=60000)),
        request(identifier=6, clock=link_pb2.ClockSetting(at_monotonic_ns=5, unix_ms=-1, uncertainty_ms=3)),
        request(identifier=8, credentials=link_pb2.CredentialTransfer(chunk=link_pb2.CredentialChunk(
            offset=12, changes=[
                link_pb2.CredentialChange(put=board_pb2.Credential(hash=bytes(range(16)))),
                link_pb2.CredentialChange(remove=bytes(range(16, 32)))]))),
        request(identifier=9, image=link_pb2.ImageTransfer(chunk=link_pb2.ImageChunk(offset=768, data=bytes(768)))),
        request(identifier=9, image=link_pb2.ImageTransfer(action=link_pb2.IMAGE_ACTION_QUERY)),
        request(identifier=9, reader_file=link_pb2.ReaderFileTransfer(
            reader=3, begin=link_pb2.ReaderFileBegin(type=1, size=70000))),
        request(identifier=9, reader_file=link_pb2.ReaderFileTransfer(
            reader=3, chunk=link_pb2.ReaderFileChunk(offset=471, data=bytes(range(200))))),
        response(identifier=9, reader_file=link_pb2.ReaderFileState(
            phase=link_pb2.READER_FILE_PHASE_SENDING, confirmed=471, size=70000, wanted_offset=471, wanted_length=471)),
        response(identifier=7, command=link_pb2.CommandAnswer()),
        response(identifier=7, command=link_pb2.CommandAnswer(result=event_pb2.COMMAND_RESULT_TOO_LATE)),
        response(refusal=link_pb2.Refusal(reason=link_pb2.REFUSAL_REASON_BUSY)),
        response(identifier=4, subscribed=link_pb2.Subscribed(acknowledged_sequence=4711, waiting=12)),
        response(identifier=4, event=event_pb2.Event(
            sequence=(1 << 32) + 5, monotonic_ns=123456789, unix_ms=1_700_000_000_000,
            clock_trust=event_pb2.CLOCK_TRUST_SYNCHRONISED, **{"class": event_pb2.EVENT_CLASS_ACCESS},
            access=event_pb2.AccessDecision(
                door=1, granted=True, reason=0, actor=actor, credential_tag=0x0123456789ABCDEF))),
        response(identifier=4, event=event_pb2.Event(gap=event_pb2.Gap(
            last_sequence=90, **{"class": event_pb2.EVENT_CLASS_TELEMETRY}, count=17))),
        response(identifier=9, telemetry=link_pb2.TelemetryBatch(
            base_ms=61000, interval_ms=1000, values=[20010, 3, -2, 0, 5])),
        response(identifier=9, telemetry=link_pb2.TelemetryBatch(
            point=1, base_ms=61000, interval_ms=1000, values=[-2147483648, 1, 2147483647], steps=[1, 300])),
        response(identifier=3, door=link_pb2.DoorStatus(index=1, name="Haustür", open=False)),
        response(identifier=1, time=link_pb2.BoardTime(monotonic_ns=1, unix_ms=-1, clock_trust=1)),
        link_pb2.Hello(version=1, program="warden_link 1.0"),
        link_pb2.Welcome(version=1, board="lobby", role=role_pb2.ACCESS_ROLE_OPERATOR),
    ]
    refused = [
        ("Request", "a length that lies", "527f08", "truncated", 10),
        ("Request", "a target out of bounds", "52050801108028", "outOfRange", 2),
        ("Request", "a group", "0b0c", "invalidTag", 1),
        ("Request", "bytes where a number belongs", "0a0101", "wrongWireType", 1),
        ("Request", "an identifier beyond 32 bits", "088080808010", "outOfRange", 1),
        ("Request", "a reader's name of 13 bytes", "6a0f120d" + "61" * 13, "tooLong", 2),
        ("Request", "a reader's name that is no text", "6a041202c0af", "invalidText", 2),
        ("TelemetryRequest", "17 points", "0a021064" * 17 + "1001", "tooMany", 1),
        ("TelemetryRequest", "a batch of none", "0a021064", "outOfRange", 2),
        ("Event", "a number of 65 bits", "08ffffffffffffffffff02", "oversizedInteger", 1),
    ]
    return {
        "messages": [
            {"message": type(sample).__name__, "text": text_format.MessageToString(sample, as_one_line=True),
             "wire": sample.SerializeToString(deterministic=True).hex()}
            for sample in samples
        ],
        "refused": [
            {"message": message, "name": name, "wire": wire, "reason": reason, "field": field}
            for message, name, wire, reason, field in refused
        ],
    }


def connections():
    """Both sides of the handshake by noiseprotocol, with fixed ephemeral keys."""
    sides = []
    for own, ephemeral in [(CLIENT, CLIENT_EPHEMERAL), (BOARD, BOARD_EPHEMERAL)]:
        side = NoiseConnection.from_name(b"Noise_IK_25519_ChaChaPoly_SHA256")
        side.set_prologue(session.PROLOGUE)
        side.set_keypair_from_private_bytes(Keypair.STATIC, own.private)
        side.set_keypair_from_private_bytes(Keypair.EPHEMERAL, ephemeral.private)
        if own is CLIENT:
            side.set_as_initiator()
            side.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, BOARD.public)
        else:
            side.set_as_responder()
        sides.append(side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for side in sides:
            side.start_handshake()
    return sides


def handshake_and_session():
    client, board = connections()
    hello = link_pb2.Hello(version=1, program="warden_link 1.0").SerializeToString()
    welcome = link_pb2.Welcome(
        version=1, board="lobby", role=role_pb2.ACCESS_ROLE_OPERATOR,
        time=link_pb2.BoardTime(monotonic_ns=1_000_000_000)).SerializeToString()
    first = bytes(client.write_message(hello))
    board.read_message(first)
    second = bytes(board.write_message(welcome))
    client.read_message(second)
    protocol = client.noise_protocol
    client_key, board_key = protocol.cipher_state_encrypt.k, protocol.cipher_state_decrypt.k
    handshake = {
        "prologue": session.PROLOGUE.decode(),
        "client_private": CLIENT.private.hex(), "client_public": CLIENT.public.hex(),
        "board_private": BOARD.private.hex(), "board_public": BOARD.public.hex(),
        "client_ephemeral_private": CLIENT_EPHEMERAL.private.hex(),
        "board_ephemeral_private": BOARD_EPHEMERAL.private.hex(),
        "hello": hello.hex(), "first_message": first.hex(), "first_frame": frame.encode(frame.HANDSHAKE, first).hex(),
        "welcome": welcome.hex(), "second_message": second.hex(),
        "second_frame": frame.encode(frame.HANDSHAKE, second).hex(),
        "handshake_hash": bytes(client.get_handshake_hash()).hex(),
        "client_key": client_key.hex(), "board_key": board_key.hex(),
        "client_key_after_rekey": session.rekeyed(client_key).hex(),
    }
    request, response = link_pb2.Request, link_pb2.Response
    said = [
        ("client", request(identifier=1, keep_alive=link_pb2.KeepAlive())),
        ("board", response(identifier=1, time=link_pb2.BoardTime(monotonic_ns=1_000_000_000))),
        ("client", request(identifier=7, command=link_pb2.Command(kind=1, target=1))),
        ("board", response(identifier=7, command=link_pb2.CommandAnswer())),
        ("client", request(identifier=8, status=link_pb2.StatusQuery())),
        ("board", response(identifier=8, board=link_pb2.BoardStatus(name="lobby", doors=2))),
    ]
    sealing = {"client": session.SealingKey(client_key), "board": session.SealingKey(board_key)}
    steps = []
    for side, message in said:
        plain = message.SerializeToString()
        counter = sealing[side].counter
        wire = frame.encode(frame.SEALED, sealing[side].seal(plain))
        steps.append({
            "from": side, "counter": counter, "text": text_format.MessageToString(message, as_one_line=True),
            "message": plain.hex(), "wire": wire.hex()})
    # The message that changes the key, and the one before it.
    last = session.SealingKey(client_key, 65535)
    rekey = [
        {"counter": last.counter, "message": said[0][1].SerializeToString().hex(),
         "wire": frame.encode(frame.SEALED, last.seal(said[0][1].SerializeToString())).hex()}
        for _ in range(2)
    ]
    return handshake, {
        "client_key": client_key.hex(), "board_key": board_key.hex(), "steps": steps, "rekey": rekey}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    handshake, steps = handshake_and_session()
    for name, content in [
        ("frames", frames()), ("messages", messages()), ("handshake", handshake), ("session", steps)
    ]:
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
