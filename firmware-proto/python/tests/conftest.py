"""The peer that the client is tested against: the board's side in Swift, started anew for each test that asks for it.

WARDEN_LINK_PEER names the program; `.ci/test-python` builds it.
"""

import json
import os
import pathlib
import subprocess

import pytest

from warden_link import KeyPair, Link, transport

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "vectors"
CLIENTS = {
    "operator": KeyPair(bytes([2]) * 32),
    "observer": KeyPair(bytes([3]) * 32),
    "administrator": KeyPair(bytes([4]) * 32),
    "stranger": KeyPair(bytes([5]) * 32),
}
EXPIRED = KeyPair(bytes([6]) * 32)


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def peer_program():
    path = os.environ.get("WARDEN_LINK_PEER")
    if not path:
        pytest.skip("WARDEN_LINK_PEER does not name the peer; run .ci/test-python")
    return path


class Peer:
    def __init__(self, *options):
        clients = [f"--client={keys.public.hex()}:{role}" for role, keys in CLIENTS.items() if role != "stranger"]
        arguments = [part for client in clients for part in client.split("=", 1)]
        arguments += ["--client", f"{EXPIRED.public.hex()}:operator:1"]
        self._process = subprocess.Popen(
            [peer_program(), "serve", *arguments, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self._process.stdout.readline())
        self.board_key = bytes.fromhex(self.ready["board_key"])

    def close(self):
        self._process.stdin.close()
        assert self._process.wait(10) == 0, "the peer ends in order"
        self._process.stdout.close()

    def tcp(self, role="operator", host="127.0.0.1", **arguments):
        opened = transport.tcp(f"[{host}]:{self.ready['tcp']}")
        return Link(opened, CLIENTS[role], self.board_key, **arguments)

    def unix(self, **arguments):
        return Link(transport.unix(self.ready["unix"]), **arguments)

    def serial(self, role="operator", rs485=False, **arguments):
        return Link(
            transport.serial(self.ready["serial"], rs485=rs485), CLIENTS[role], self.board_key, **arguments)


@pytest.fixture
def start_peer(tmp_path):
    """Starts a peer: over TCP and a UNIX socket, and what else the test asks for."""
    started = []

    def start(*options):
        peer = Peer("--tcp", "0", "--unix", str(tmp_path / f"link{len(started)}"), *options)
        started.append(peer)
        return peer

    yield start
    for peer in started:
        peer.close()


@pytest.fixture
def peer(start_peer):
    return start_peer()
