"""The Wireshark dissector, run by tshark over captures of vectors and of a session with the board's side in Swift."""

import os
import pathlib
import select
import shutil
import socket
import subprocess
import threading

import capture
import pytest
from conftest import CLIENTS, vectors

from warden.v1 import event_pb2, link_pb2
from warden_link import Link, frame, transport

PROTO = pathlib.Path(__file__).resolve().parents[2]
FIELDS = ["warden.kind", "warden.crc.good", "warden.sealed.state", "warden.counter", "warden.notice",
          "warden.handshake.ephemeral", "protobuf.message.name", "protobuf.field.name", "_ws.col.Info"]


@pytest.fixture(scope="session")
def tshark():
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("TSHARK IS MISSING: the dissector is not tested; install Debian's tshark (.ci/setup python)")
    return program


@pytest.fixture
def dissect(tshark, tmp_path):
    """Lists, for each packet that has frames, the values of `FIELDS`."""

    def dissect(said, keylog=None, segment=1400, options=()):
        path = tmp_path / "capture.pcap"
        capture.write(path, said, segment)
        environment = {name: value for name, value in os.environ.items() if name != "WARDEN_KEYLOG"}
        if keylog:
            environment["WARDEN_KEYLOG"] = str(keylog)
        done = subprocess.run(
            [tshark, "-r", path, "-X", f"lua_script:{PROTO}/wireshark/warden_link.lua",
             "-o", f'uat:protobuf_search_paths:"{PROTO}","TRUE"', "-o", 'uat:protobuf_search_paths:"/usr/include","FALSE"',
             "-2", "-Y", "warden", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,",
             *(part for field in FIELDS for part in ("-e", field)), *options],
            capture_output=True, text=True, env=environment, timeout=120)
        assert done.returncode == 0, done.stderr
        assert "Lua Error" not in done.stdout + done.stderr, done.stdout + done.stderr
        return [dict(zip(FIELDS, line.split("\t"))) for line in done.stdout.splitlines()]

    return dissect


def plain(message):
    return frame.encode(frame.PLAIN, message.SerializeToString())


def test_plain_messages_are_shown_by_field_name(dissect):
    request = link_pb2.Request(identifier=7, command=link_pb2.Command(
        kind=link_pb2.COMMAND_KIND_DOOR_UNLOCK, target=2, deadline_ns=5))
    answer = link_pb2.Response(identifier=7, command=link_pb2.CommandAnswer(result=event_pb2.COMMAND_RESULT_TOO_LATE))
    packets = dissect([(True, plain(request)), (False, plain(answer))])
    assert [packet["protobuf.message.name"].split(",")[0] for packet in packets] == [
        "warden.v1.Request", "warden.v1.Response"]
    assert set("identifier,command,kind,target,deadline_ns".split(",")) <= set(packets[0]["protobuf.field.name"].split(","))
    assert "result" in packets[1]["protobuf.field.name"].split(",")


def test_every_frame_of_the_vectors_is_one(dissect):
    said = [(True, bytes.fromhex(vector["wire"])) for vector in vectors("frames")["frames"]]
    packets = dissect(said)
    assert len(packets) == len(said)
    assert {packet["warden.crc.good"] for packet in packets} == {"1"}
    kinds = {name: str(kind) for kind, name in frame.KINDS.items()}
    assert [packet["warden.kind"] for packet in packets] == [kinds[vector["kind"]] for vector in vectors("frames")["frames"]]


def test_damage_is_marked_and_the_frame_behind_it_is_shown(dissect):
    good = plain(link_pb2.Request(identifier=1, status=link_pb2.StatusQuery()))
    damaged = bytes([good[0], good[1], good[2] ^ 0x40]) + good[3:]
    garbage = b"\xff\x01\x02\0"
    [packet] = dissect([(True, damaged + garbage + good)])
    assert packet["warden.crc.good"] == "0,1"
    assert packet["_ws.col.Info"] == "checksum wrong; no frame; request"


def test_frames_that_lie_in_several_segments_are_put_together(dissect):
    message = link_pb2.Request(identifier=9, image=link_pb2.ImageTransfer(chunk=link_pb2.ImageChunk(data=bytes(700))))
    for segment in [1, 100, 1400]:
        packets = dissect([(True, plain(message))], segment=segment)
        assert [packet["warden.crc.good"] for packet in packets if packet["warden.kind"]] == ["1"]


def test_notices_say_why(dissect):
    [packet] = dissect([(False, frame.encode(frame.NOTICE, b"\x02"))])
    assert packet["warden.notice"] == "2"
    assert packet["_ws.col.Info"] == "notice: every session is taken"


@pytest.fixture
def session(peer, tmp_path, monkeypatch):
    """What was said in a session with a peer, and the log of its keys."""
    monkeypatch.setenv("WARDEN_KEYLOG", str(tmp_path / "keys.log"))
    recorder = capture.Recorder(transport.tcp(f"127.0.0.1:{peer.ready['tcp']}"))
    with Link(recorder, CLIENTS["operator"], peer.board_key) as link:
        link.status()
        link.command("DOOR_UNLOCK", 1)
        link.table("doors")
    return recorder.said, tmp_path / "keys.log"


def test_a_session_shows_its_handshake_and_hides_its_messages(dissect, session):
    said, _ = session
    packets = dissect(said)
    assert [packet["warden.kind"] for packet in packets[:2]] == ["1", "1"]
    assert len(packets[0]["warden.handshake.ephemeral"].replace(":", "")) == 64
    assert all(set(packet["warden.crc.good"].split(",")) == {"1"} for packet in packets)
    states = {state for packet in packets[2:] for state in packet["warden.sealed.state"].split(",")}
    assert states == {"0"}, "there is no key"
    assert not any(packet["protobuf.field.name"] for packet in packets)


def test_with_the_key_log_the_sealed_messages_are_shown_by_field_name(dissect, session):
    said, keylog = session
    packets = dissect(said, keylog)
    states = {state for packet in packets[2:] for state in packet["warden.sealed.state"].split(",")}
    assert states == {"1"}, "each opens"
    names = [set(packet["protobuf.field.name"].split(",")) for packet in packets[2:]]
    assert any({"command", "kind", "target", "deadline_ns"} <= found for found in names)
    assert any({"door", "name", "state"} <= found for found in names)


def test_the_keys_of_another_session_open_nothing(dissect, session, tmp_path):
    said, keylog = session
    words = keylog.read_text().split()
    keylog.write_text(" ".join([words[0], words[1], "11" * 32, "22" * 32]) + "\n")
    packets = dissect(said, keylog)
    states = {state for packet in packets[2:] for state in packet["warden.sealed.state"].split(",")}
    assert states == {"2"}, "the tag tells"
    assert not any(packet["protobuf.field.name"] for packet in packets)


def test_the_vectors_change_of_key_is_followed(dissect, tmp_path):
    handshake, session = vectors("handshake"), vectors("session")
    first = bytes.fromhex(handshake["first_message"])
    keylog = tmp_path / "keys.log"
    keylog.write_text(f"WARDEN_SESSION {first[:32].hex()} {session['client_key']} {session['board_key']}\n")
    said = [(True, bytes.fromhex(handshake["first_frame"])), (False, bytes.fromhex(handshake["second_frame"]))]
    said += [(step["from"] == "client", bytes.fromhex(step["wire"])) for step in session["steps"]]
    said += [(True, bytes.fromhex(step["wire"])) for step in session["rekey"]]
    packets = dissect(said, keylog)
    assert [packet["warden.sealed.state"] for packet in packets[2:]] == ["1"] * 8
    assert [packet["warden.counter"] for packet in packets[-2:]] == ["65535", "65536"]


class Tap:
    """A way to a peer that keeps what goes by: pairs of "from the client" and bytes."""

    def __init__(self, port):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.said = []
        self._peer = socket.create_connection(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def _carry(self):
        client, _ = self._listener.accept()
        ways = {client: (True, self._peer), self._peer: (False, client)}
        while True:
            for side in select.select(list(ways), [], [])[0]:
                from_client, other = ways[side]
                data = side.recv(65536)
                if not data:
                    client.close()
                    self._peer.close()
                    return
                self.said.append((from_client, data))
                other.sendall(data)

    def end(self):
        self._thread.join()
        self._listener.close()
        return self.said


def run_wardenctl(peer, port, folder, keylog):
    wardenctl = pathlib.Path(os.environ.get("WARDEN_PROGRAMS", "")) / "wardenctl"
    if not wardenctl.is_file():
        pytest.skip("WARDEN_PROGRAMS does not lead to wardenctl; run .ci/test-python")
    key = folder / "client.key"
    key.write_text((bytes([2]) * 32).hex() + "\n")
    key.chmod(0o600)
    return subprocess.run(
        [wardenctl, "doors", "--tcp", f"127.0.0.1:{port}", "--key", key, "--board-key", peer.board_key.hex()],
        env=os.environ | {"WARDEN_KEYLOG": str(keylog)}, capture_output=True, text=True, timeout=60)


def test_the_key_log_of_wardenctl_opens_its_session(dissect, peer, tmp_path):
    tap = Tap(peer.ready["tcp"])
    keylog = tmp_path / "keys.log"
    result = run_wardenctl(peer, tap.port, tmp_path, keylog)
    said = tap.end()
    assert result.returncode == 0, result.stderr
    assert keylog.stat().st_mode & 0o777 == 0o600
    packets = dissect(said, keylog)
    states = {state for packet in packets[2:] for state in packet["warden.sealed.state"].split(",")}
    assert states == {"1"}, "each opens"


def test_wardenctl_writes_no_keys_where_others_may_read_them(peer, tmp_path):
    keylog = tmp_path / "keys.log"
    keylog.touch(0o644)
    result = run_wardenctl(peer, peer.ready["tcp"], tmp_path, keylog)
    assert result.returncode == 73 and "others may read it" in result.stderr
    assert keylog.read_text() == ""
