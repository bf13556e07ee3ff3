"""The client against the real programs: a board in `wardensim`, which plays its scenario and stays, and `wardend`.

WARDEN_PROGRAMS names the folder that they were built into; `.ci/test-python` says it.
"""

import os
import pathlib
import re
import signal
import subprocess

import pytest
from conftest import CLIENTS

from warden.v1 import event_pb2, role_pb2
from warden_link import BoardClosed, CommandFailed, Link, transport

ROOT = pathlib.Path(__file__).resolve().parents[3]
BOARD_PRIVATE = "01" * 32


def program(name):
    folder = os.environ.get("WARDEN_PROGRAMS")
    if not folder or not (pathlib.Path(folder) / name).exists():
        pytest.skip(f"WARDEN_PROGRAMS does not lead to {name}; run .ci/test-python")
    return str(pathlib.Path(folder) / name)


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """The lobby, with this test's clients listed."""
    folder = tmp_path_factory.mktemp("board")
    clients = "".join(
        f"  {role}_client: {{public_key: '{keys.public.hex()}', role: {role}}}\n"
        for role, keys in CLIENTS.items() if role != "stranger")
    source = folder / "lobby.yaml"
    text = (ROOT / "boards" / "lobby.yaml").read_text()
    assert "\nports:\n" in text
    text = text.replace("\nports:\n", "\nports:\n  platform: {device: /dev/ttyS7, baud: 115200, use: link}\n")
    source.write_text(text + "\nclients:\n" + clients)
    image = folder / "lobby.board"
    subprocess.run(
        [program("wardenctl"), "board", "build", source, "--hash-key", ROOT / "boards" / "demo.hashkey", "-o", image],
        check=True, stdout=subprocess.DEVNULL)
    return image


@pytest.fixture(scope="module")
def simulated(board):
    """A simulated board after its evening, which goes on in real time: ports, its key, its socket, its serial line."""
    key, socket, line = board.parent / "board.key", board.parent / "link", board.parent / "line"
    key.write_text(BOARD_PRIVATE + "\n")
    key.chmod(0o600)
    process = subprocess.Popen(
        [program("wardensim"), str(board), str(ROOT / "simulators" / "scenarios" / "evening.yaml"), "--hash-key",
         str(ROOT / "boards" / "demo.hashkey"), "--tcp", "0", "--link-key", str(key), "--socket", str(socket), "--stay",
         "--serial-link-pty", str(line), "--quiet"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    told = ""
    for said in process.stdout:
        told += said
        # While the evening is played at full speed hours pass between two answers, so that sessions end before they begin.
        if "the scenario is over" in said:
            break
    port = re.search(r"127\.0\.0\.1:(\d+), board key ([0-9a-f]{64})", told)
    assert port, told
    yield {"tcp": port.group(1), "key": bytes.fromhex(port.group(2)), "unix": str(socket), "line": str(line)}
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def connect(simulated, role, **arguments):
    return Link(transport.tcp(f"127.0.0.1:{simulated['tcp']}"), CLIENTS[role], simulated["key"], timeout=60, **arguments)


def test_a_simulated_board_welcomes_its_clients_with_their_roles(simulated):
    for role in ["observer", "operator", "administrator"]:
        with connect(simulated, role) as link:
            assert link.welcome.board == "lobby"
            assert link.welcome.role == role_pb2.AccessRole.Value(f"ACCESS_ROLE_{role.upper()}")


def test_a_simulated_board_turns_a_stranger_away(simulated):
    with pytest.raises(BoardClosed) as failure:
        connect(simulated, "stranger")
    assert failure.value.reason == 4


def is_smoke(event):
    return event.WhichOneof("body") == "alarm" and event.alarm.to == event_pb2.ALARM_STATE_ALARM


def test_a_simulated_board_remembers_the_evening(simulated):
    with connect(simulated, "observer") as link:
        assert any(is_smoke(event) for event in link.events()), "the evening has its smoke"


def test_a_simulated_board_shows_its_tables(simulated):
    with connect(simulated, "observer") as link:
        assert [door.name for door in link.table("doors")] == ["entrance"]
        assert "lobby_smoke" in [detector.name for detector in link.table("detectors")]
        counters = {counter.name: counter.value for counter in link.table("counters")}
        assert counters["handshakes"] >= 1 and counters["frames corrupt"] == 0


def test_a_simulated_boards_commands_need_their_role_and_leave_an_audit(simulated):
    with connect(simulated, "observer") as link, pytest.raises(CommandFailed) as failure:
        link.command("DOOR_UNLOCK", 0)
    assert failure.value.result == event_pb2.COMMAND_RESULT_NOT_PERMITTED
    with connect(simulated, "operator") as link:
        last = link.status().last_sequence
        link.command("DOOR_UNLOCK", 0, within_s=60)
        bodies = [event.WhichOneof("body") for event in link.events(from_sequence=last + 1)]
        assert "command" in bodies


def test_a_simulated_board_keeps_a_readers_place(simulated):
    def first(count):
        got = []
        with connect(simulated, "operator") as link:
            for event in link.subscribe(reader="python", from_oldest=True):
                got.append(event.sequence)
                if len(got) == count:
                    link.acknowledge(got[-1])
                    link.board_time()
                    return got

    before, after = first(5), first(5)
    assert before[-1] < after[0] and len(set(before + after)) == 10


def test_a_simulated_board_speaks_plainly_over_its_own_socket(simulated):
    with Link(transport.unix(simulated["unix"]), timeout=60) as link:
        assert link.status().name == "lobby"


def test_a_simulated_board_answers_on_its_serial_line(simulated):
    with Link(transport.serial(simulated["line"]), CLIENTS["operator"], simulated["key"], timeout=60) as link:
        assert link.welcome.board == "lobby"
        assert [door.name for door in link.table("doors")] == ["entrance"]
        link.command("DOOR_UNLOCK", 0, within_s=60)


def test_a_simulated_board_refuses_a_key_that_others_may_read(board, tmp_path):
    key = tmp_path / "board.key"
    key.write_text(BOARD_PRIVATE + "\n")
    key.chmod(0o640)
    result = subprocess.run(
        [program("wardensim"), str(board), str(ROOT / "simulators" / "scenarios" / "evening.yaml"), "--hash-key",
         str(ROOT / "boards" / "demo.hashkey"), "--tcp", "0", "--link-key", str(key)], capture_output=True, text=True,
        timeout=60)
    assert result.returncode == 77 and "others may read this private key" in result.stderr


def test_wardend_answers_over_its_own_socket(board, tmp_path):
    socket = tmp_path / "link"
    process = subprocess.Popen(
        [program("wardend"), "--image", str(board), "--hash-key", str(ROOT / "boards" / "demo.hashkey"), "--socket",
         str(socket)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(300):
            if socket.exists() or process.poll() is not None:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        assert process.poll() is None, process.stderr.read()
        with Link(transport.unix(str(socket)), timeout=60) as link:
            assert link.status().name == "lobby"
            assert [door.name for door in link.table("doors")] == ["entrance"]
    finally:
        process.terminate()
        process.communicate(timeout=30)
