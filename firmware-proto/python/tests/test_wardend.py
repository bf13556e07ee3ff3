"""The client against `wardend` as a process: over IPv4, IPv6, its socket and serial lines, on the fake kernel of
Tests/Wardend, where one sees what its lock does.

WARDEN_PROGRAMS names the folder that the programs were built into; `.ci/test-python` says it.
"""

import contextlib
import importlib.util
import os
import pathlib
import pty
import re
import select
import socket
import tempfile
import threading
import time
import tty

import pytest
from conftest import CLIENTS, EXPIRED

from warden.v1 import event_pb2
from warden_link import BoardClosed, CommandFailed, Link, LinkError, frame, transport

ROOT = pathlib.Path(__file__).resolve().parents[3]


def load_bench():
    folder = os.environ.get("WARDEN_PROGRAMS")
    if not folder or not (pathlib.Path(folder) / "wardend").exists():
        pytest.skip("WARDEN_PROGRAMS does not lead to wardend; run .ci/test-python", allow_module_level=True)
    os.environ.setdefault("WARDEND", str(pathlib.Path(folder) / "wardend"))
    specification = importlib.util.spec_from_file_location("wardend_bench", ROOT / "Tests/Wardend/test_wardend.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


bench = load_bench()
CLIENT_KEYS = "clients:\n" + "".join(
    f"  {role}_client: {{public_key: '{keys.public.hex()}', role: {role}}}\n"
    for role, keys in CLIENTS.items() if role != "stranger"
) + f"  old_client: {{public_key: '{EXPIRED.public.hex()}', role: operator, expires: 2001-01-01}}\n"


class Cable:
    """A serial cable: two pseudo-terminals, and what one hears the other says."""

    def __init__(self, board_end):
        self._ends = [pty.openpty(), pty.openpty()]
        for _, inside in self._ends:
            tty.setraw(inside)
        board_end.unlink(missing_ok=True)
        board_end.symlink_to(os.ttyname(self._ends[0][1]))
        self.client_end = os.ttyname(self._ends[1][1])
        self._over = False
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self):
        one, other = self._ends[0][0], self._ends[1][0]
        while not self._over:
            for outside in select.select([one, other], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    os.write(other if outside == one else one, os.read(outside, 4096))

    def close(self):
        self._over = True
        self._thread.join()
        for outside, inside in self._ends:
            os.close(outside)
            os.close(inside)


class Site:
    """wardend with a lock, a reader, and every transport."""

    def __init__(self, *options, has_key=True):
        self.cables = {name: Cable(bench.work / name) for name in ("line", "pair")}
        self.reader = bench.Terminal(bench.work / "reader")
        key = bench.work / "board.key"
        key.write_text("01" * 32 + "\n")
        key.chmod(0o600)
        text = bench.BOARD.format(reader=bench.work / "reader").replace("links: 2", "links: 8")
        text = text.replace("ports: {", f"ports: {{line: {{device: {bench.work}/line, baud: 115200, use: link}}, "
                            f"pair: {{device: {bench.work}/pair, baud: 115200, use: link-in-turns}}, ")
        image = bench.build_board("site", text + CLIENT_KEYS)
        self.unix_path = bench.work / "link"
        listening = ["--link-key", key, "--listen", "127.0.0.1:0", "--listen", "[::1]:0"] if has_key else []
        self.board = bench.Board("--socket", self.unix_path, *listening, *options, image_file=image)
        self.board.wait_for("ready")
        log = self.board.log
        self.ports = dict(re.findall(r"Warden Link on \[?([0-9.:]+?)\]?:(\d+)\n", log))
        key_text = re.search(r"board key ([0-9a-f]{64})", log)
        self.key = bytes.fromhex(key_text.group(1)) if key_text else bytes(32)

    def transport(self, name):
        match name:
            case "IPv4": return transport.tcp(f"127.0.0.1:{self.ports['127.0.0.1']}")
            case "IPv6": return transport.tcp(f"[::1]:{self.ports['::1']}")
            case "UNIX": return transport.unix(str(self.unix_path))
            case "serial line": return transport.serial(self.cables["line"].client_end)
            case "RS-485 in turns": return transport.serial(self.cables["pair"].client_end, rs485=True)

    def link(self, name, role="operator", **arguments):
        keys = EXPIRED if role == "expired" else CLIENTS[role]
        return Link(self.transport(name), keys, self.key, timeout=bench.PATIENCE, **arguments)

    def level(self):
        return self.board.level(bench.LOCK)

    def counter(self, name):
        with self.link("UNIX") as link:
            return {counter.name: counter.value for counter in link.table("counters")}[name]

    def close(self):
        assert self.board.end() == 0, self.board.log
        self.reader.close()
        for cable in self.cables.values():
            cable.close()


@pytest.fixture(scope="module", autouse=True)
def kernel():
    bench.setUpModule()
    yield
    bench.tearDownModule()


@pytest.fixture(scope="module")
def site(kernel):
    made = Site()
    yield made
    made.close()


TRANSPORTS = ["IPv4", "IPv6", "UNIX", "serial line", "RS-485 in turns"]
BY_KEY = [name for name in TRANSPORTS if name != "UNIX"]


@pytest.mark.parametrize("name", TRANSPORTS)
def test_an_unlock_releases_the_lock_and_the_audit_names_who_asked(site, name):
    with site.link(name) as link:
        assert link.status().name == "gate"
        bench.wait_until(lambda: site.level() == 1, "the lock holds")
        last = link.status().last_sequence
        link.command("DOOR_UNLOCK", 0)
        bench.wait_until(lambda: site.level() == 0, "the lock is released")
        audits = [event.command for event in link.events(from_sequence=last + 1)
                  if event.WhichOneof("body") == "command"]
        assert [audit.result for audit in audits] == [event_pb2.COMMAND_RESULT_DONE]
        # Users of the board's own system have no key; everybody else is named by the place of theirs.
        assert audits[0].actor.index == (0xFFFFFFFF if name == "UNIX" else 0)
        bench.wait_until(lambda: site.level() == 1, "the lock holds again")


@pytest.mark.parametrize("name", BY_KEY)
def test_an_observer_sees_and_actuates_nothing(site, name):
    with site.link(name, "observer") as link:
        assert [door.name for door in link.table("doors")] == ["gate"]
        with pytest.raises(CommandFailed) as failure:
            link.command("DOOR_UNLOCK", 0)
        assert failure.value.result == event_pb2.COMMAND_RESULT_NOT_PERMITTED
    assert site.level() == 1


@pytest.mark.parametrize("name", ["IPv4", "IPv6"])
@pytest.mark.parametrize("role, counter", [
    ("stranger", "handshakes of unknown clients"), ("expired", "handshakes of expired clients")])
def test_whoever_is_not_let_in_is_told_nothing_but_that(site, name, role, counter):
    before = site.counter(counter)
    with pytest.raises(BoardClosed) as failure:
        site.link(name, role)
    assert failure.value.reason == 4
    assert site.counter(counter) == before + 1


def test_a_client_that_means_another_board_is_not_let_in(site):
    before = site.counter("handshakes not authentic")
    with pytest.raises(BoardClosed) as failure:
        Link(site.transport("IPv4"), CLIENTS["operator"], CLIENTS["stranger"].public)
    assert failure.value.reason == 4
    assert site.counter("handshakes not authentic") == before + 1


def test_plain_messages_over_a_network_open_nothing(site):
    unlock = bytes.fromhex("0e 10 0807520408011002 674a0ae9 00")
    with socket.create_connection(("127.0.0.1", int(site.ports["127.0.0.1"])), bench.PATIENCE) as connection:
        connection.sendall(unlock)
        assert connection.recv(64) == frame.encode(frame.NOTICE, bytes([7]))
        assert connection.recv(64) == b"", "and the connection is closed"
    assert site.level() == 1


def test_eight_sessions_at_once_are_all_served_and_a_ninth_is_turned_away(site):
    with contextlib.ExitStack() as open_links:
        links = [open_links.enter_context(site.link("IPv4" if number % 2 else "IPv6")) for number in range(8)]
        assert [link.status().name for link in links] == ["gate"] * 8
        with pytest.raises(BoardClosed) as failure:
            site.link("IPv4")
        assert failure.value.reason == 2
        assert [link.status().name for link in links] == ["gate"] * 8


def test_a_line_that_is_pulled_out_is_used_again_when_it_is_back(site):
    with site.link("serial line") as link:
        assert link.status().name == "gate"
    site.cables["line"].close()
    site.cables["line"] = Cable(bench.work / "line")

    def answers():
        with contextlib.suppress(LinkError), Link(
                site.transport("serial line"), CLIENTS["operator"], site.key, timeout=2) as link:
            return link.status().name == "gate"

    bench.wait_until(answers, "the board speaks on the line again")


def test_noise_on_the_line_costs_what_it_damages_and_no_more(site):
    with site.link("serial line") as link:
        link.status()
        os.write(site.cables["line"]._ends[0][0], os.urandom(5_000) + b"\0")
        assert link.status().name == "gate"
    assert site.counter("frames corrupt") > 0


@pytest.mark.parametrize("name", ["IPv4", "serial line"])
def test_without_a_key_of_its_own_the_board_lets_nobody_in_but_over_its_socket(site, name, monkeypatch):
    folder = tempfile.TemporaryDirectory(prefix="wardend-bare-")
    monkeypatch.setattr(bench, "work", pathlib.Path(folder.name))
    bare = Site(has_key=False)
    try:
        assert "there is no --link-key: nobody is let in there" in bare.board.log
        assert bare.ports == {}
        with bare.link("UNIX") as link:
            assert link.status().name == "gate"
        if name == "serial line":
            with pytest.raises(LinkError):
                Link(bare.transport(name), CLIENTS["operator"], site.key, timeout=1)
    finally:
        bare.close()
        folder.cleanup()


def test_the_log_level_decides_what_of_the_boards_events_its_log_has(site):
    bench.wait_until(lambda: "trouble" in site.board.log, "the missing sensor is in the log from the start")
    assert "access gate" not in site.board.log
    with site.link("IPv4", "administrator") as link:
        link.set_log_level("NOTICE")
    site.reader.write(bench.KNOWN_CARD)
    bench.wait_until(lambda: "wardend: access gate granted" in site.board.log, "the decision is in the log")
    assert "wardend: command log-level-set done" in site.board.log


def test_credentials_that_come_over_the_link_open_and_those_that_are_gone_do_not(site):
    with site.link("IPv6", "administrator") as link:
        before = link.credentials()
        assert (before.version, before.count) == (0, 1)
        link.change_credentials([], version=7)
        assert (link.credentials().version, link.credentials().count) == (7, 0)
    with site.link("UNIX") as link:
        last = link.status().last_sequence
    bench.wait_until(lambda: site.level() == 1, "the lock holds")
    # The same card within a second of the last time is the same presentation.
    site.reader.write(bench.UNKNOWN_CARD)
    time.sleep(1.5)
    site.reader.write(bench.KNOWN_CARD)

    def refused():
        with site.link("UNIX") as link:
            return any(event.WhichOneof("body") == "access" and not event.access.granted
                       for event in link.events(from_sequence=last + 1))

    bench.wait_until(refused, "the card that was taken away is refused")
    assert site.level() == 1


def test_the_flight_recorder_is_read_in_two_goes_as_in_one(site):
    with site.link("IPv4", "administrator") as link:
        first = b"".join(chunk.data for chunk in link.recorder(0, 600))
    with site.link("serial line", "administrator") as link:
        rest = b"".join(chunk.data for chunk in link.recorder(600, 600))
        whole = b"".join(chunk.data for chunk in link.recorder(0, 1200))
    assert len(first) == 600 and first + rest == whole
    position = 0
    while position < len(whole) and position + whole[position] <= len(whole):
        assert 12 <= whole[position] <= 49 and 1 <= whole[position + 1] <= 7
        position += whole[position]
