"""Board images over the link, on `wardend` as a process: brought, tried, confirmed, and given up by itself.

The test is the service manager: it starts the process again when it has ended.
"""

import os
import pathlib
import subprocess
import time

import pytest
from conftest import CLIENTS
from test_wardend import CLIENT_KEYS, bench, kernel  # noqa: F401

from warden.v1 import event_pb2, link_pb2
from warden_link import BoardClosed, CommandFailed, Link, LinkError, frame, transport

PHASE = link_pb2.ImagePhase
FAULT = link_pb2.ImageFault
TRIAL_S = 20


def description(generation=1, more=""):
    """A board like the bench's, but for the number of its lamps, which tells one from another."""
    text = bench.BOARD.format(reader=bench.work / "reader").replace("links: 2", "links: 8")
    lamps = "".join(f"  spare_{n}: {{pin: gpio {8 + n}, active: high, start: inactive}}\n" for n in range(generation))
    return text.replace("outputs:\n", "outputs:\n" + lamps) + CLIENT_KEYS + more


class Site:
    """wardend with a folder for its state, started again as often as a test wants."""

    def __init__(self, *options, trial=TRIAL_S):
        self.reader = bench.Terminal(bench.work / "reader")
        self.key_file = bench.work / "board.key"
        self.key_file.write_text("01" * 32 + "\n")
        self.key_file.chmod(0o600)
        self.state = bench.work / f"state.{time.monotonic_ns()}"
        self.unix_path = bench.work / "link"
        self.image = bench.build_board("first", description(1))
        self.options = ["--socket", self.unix_path, "--state", self.state, "--trial", trial, *options]
        self.environment = None
        self.preload = ()
        self.board = None
        self.start()

    def start(self):
        self.board = bench.Board(
            *self.options, image_file=self.image, environment=self.environment, preload=self.preload)
        self.board.wait_for("ready")

    def link(self, **arguments):
        deadline = time.monotonic() + bench.PATIENCE
        while True:
            try:
                return Link(transport.unix(str(self.unix_path)), timeout=bench.PATIENCE, **arguments)
            except (OSError, LinkError):
                if time.monotonic() > deadline or self.board.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def image_state(self):
        with self.link() as link:
            return link.image()

    def outputs(self):
        with self.link() as link:
            return sum(line.output for line in link.table("lines"))

    def wait_for_state(self, condition, what):
        def look():
            try:
                state = self.image_state()
            except (OSError, LinkError):
                # Restarting, or ended for good.
                if self.board.process.poll() is not None:
                    raise
                return None
            return state if condition(state) else None
        return bench.wait_until(look, what)

    def staged(self, data):
        """Brings an image and gives the state once it has been judged."""
        with self.link() as link:
            link.upload_image(data)
        return self.wait_for_state(lambda state: state.phase not in (PHASE.IMAGE_PHASE_CHECKING,
                                                                     PHASE.IMAGE_PHASE_RECEIVING), "it is judged")

    def apply(self):
        with self.link() as link:
            link.image("APPLY")

    def applied(self):
        self.apply()
        return self.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_TRIAL, "the board runs on trial")

    def kill(self):
        self.board.process.kill()
        self.board.process.wait()
        self.board.world.close()

    def audits(self):
        with self.link() as link:
            return [(event.command.command, event.command.result, event.command.actor.index)
                    for event in link.events() if event.WhichOneof("body") == "command"]

    def close(self):
        if self.board.process.poll() is None:
            self.board.process.kill()
            self.board.process.wait()
        self.reader.close()


@pytest.fixture
def site(kernel):  # noqa: F811
    made = Site()
    yield made
    made.close()


def image(generation):
    return bench.build_board(f"generation{generation}", description(generation)).read_bytes()


def outputs_of(generation):
    return 3 + generation


def test_a_good_image_is_tried_confirmed_and_holds_over_restarts(site):
    second = image(2)
    process = site.board.process.pid
    state = site.staged(second)
    assert (state.phase, state.fault) == (PHASE.IMAGE_PHASE_STAGED, 0), state
    assert site.outputs() == outputs_of(1), "nothing has changed yet"
    state = site.applied()
    assert site.board.process.poll() is None and site.board.process.pid == process, "it is the same process"
    assert site.outputs() == outputs_of(2)
    assert state.checksum == frame.crc32c(second)
    assert 0 < state.trial_ms <= TRIAL_S * 1000
    site.wait_for_state(lambda state: state.healthy, "it is healthy for long enough")
    with site.link() as link:
        link.image("CONFIRM")
    state = site.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_NONE, "it holds")
    kinds = [audit[:2] for audit in site.audits()]
    assert (link_pb2.COMMAND_KIND_IMAGE_CONFIRM, event_pb2.COMMAND_RESULT_DONE) in kinds
    site.kill()
    site.start()
    assert site.outputs() == outputs_of(2), "and is there after a power cut"
    state = site.image_state()
    assert (state.phase, state.has_previous) == (PHASE.IMAGE_PHASE_NONE, True)
    with site.link() as link:
        link.image("ROLL_BACK")
    site.wait_for_state(lambda state: state.checksum == frame.crc32c(site.image.read_bytes()), "the one before is back")
    assert site.outputs() == outputs_of(1)


def test_an_image_that_nobody_confirms_is_given_up(kernel):  # noqa: F811
    site = Site(trial=10)
    try:
        site.staged(image(2))
        site.applied()
        state = site.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_NONE, "the trial is over")
        assert state.fault == FAULT.IMAGE_FAULT_NOT_CONFIRMED
        assert site.outputs() == outputs_of(1)
    finally:
        site.close()


def test_an_image_with_devices_that_are_not_there_is_given_up_long_before_the_end(site):
    text = description(2).replace("contact: {pin: gpio 0,", "contact: {pin: other 0,").replace(
        "chips: {gpio: {match: bench, lines: 16}}",
        "chips: {gpio: {match: bench, lines: 16}, other: {match: nowhere, lines: 8}}")
    state = site.staged(bench.build_board("missing", text).read_bytes())
    assert state.phase == PHASE.IMAGE_PHASE_STAGED, state
    begin = time.monotonic()
    assert not site.applied().healthy
    with site.link() as link, pytest.raises(CommandFailed) as failure:
        link.image("CONFIRM")
    assert failure.value.result == event_pb2.COMMAND_RESULT_BUSY
    state = site.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_NONE, "it goes back")
    assert time.monotonic() - begin < TRIAL_S, "in a fifth of the trial"
    assert state.fault == FAULT.IMAGE_FAULT_NOT_HEALTHY
    assert site.outputs() == outputs_of(1)
    assert (link_pb2.COMMAND_KIND_IMAGE_ROLL_BACK, event_pb2.COMMAND_RESULT_DONE) in [
        audit[:2] for audit in site.audits()]


def test_an_image_that_ends_the_process_is_given_up_after_three_starts(site):
    site.staged(image(2))
    site.applied()
    starts = 1
    while True:
        site.kill()
        site.start()
        if site.outputs() == outputs_of(1):
            break
        starts += 1
        assert starts <= 3
    assert starts == 3
    assert "did not last" in site.board.log
    state = site.image_state()
    assert (state.phase, state.fault) == (PHASE.IMAGE_PHASE_NONE, FAULT.IMAGE_FAULT_CRASHED)
    audits = site.audits()
    assert (link_pb2.COMMAND_KIND_IMAGE_ROLL_BACK, event_pb2.COMMAND_RESULT_DONE) in [a[:2] for a in audits]
    # Who applied it is named, also by the start that gave it up: a user of the board's own system has no key.
    assert {a[2] for a in audits} == {0xFFFFFFFF}


def damaged(data):
    changed = bytearray(data)
    changed[len(data) // 2] ^= 1
    return bytes(changed)


def other_format(_):
    """A header of image format 2."""
    message = bytes.fromhex("0a04080212 00".replace(" ", ""))
    message = b"\x0a\x02\x08\x02"
    return b"WARDENB1" + len(message).to_bytes(4, "little") + frame.crc32c(message).to_bytes(4, "little") + message


@pytest.mark.parametrize("make, fault", [
    (damaged, FAULT.IMAGE_FAULT_DAMAGED),
    (lambda data: b"#!/bin/sh\n" + data[10:], FAULT.IMAGE_FAULT_DAMAGED),
    (lambda data: data[:-1], FAULT.IMAGE_FAULT_DAMAGED),
    (other_format, FAULT.IMAGE_FAULT_VERSION),
    (lambda _: bench.build_board("elsewhere", description(2).replace("board: gate", "board: cellar")).read_bytes(),
     FAULT.IMAGE_FAULT_OTHER_BOARD),
    (lambda _: bench.build_board("large", description(2).replace(
        "events: 256, credentials: 16", "events: 65536, credentials: 1000000")).read_bytes(),
     FAULT.IMAGE_FAULT_OVER_BUDGET),
], ids=["damaged", "no image", "cut short", "other format", "other board", "over budget"])
def test_what_must_not_run_is_refused_with_its_reason_and_nothing_changes(site, make, fault):
    data = make(image(2))
    try:
        state = site.staged(data)
    except CommandFailed as failure:
        assert failure.result == event_pb2.COMMAND_RESULT_REFUSED
        state = site.image_state()
    assert (state.phase, state.fault) == (PHASE.IMAGE_PHASE_NONE, fault), state
    assert state.detail
    with site.link() as link, pytest.raises(CommandFailed):
        link.image("APPLY")
    bench.wait_until(lambda: not list(site.state.glob("image.?")), "nothing of it is left")
    site.kill()
    site.start()
    assert site.outputs() == outputs_of(1)


def test_an_image_hashed_with_another_key_is_refused(site, tmp_path):
    key = tmp_path / "other.hashkey"
    key.write_text("ab" * 32 + "\n")
    source, result = tmp_path / "other.yaml", tmp_path / "other.board"
    source.write_text(description(2))
    subprocess.run([bench.WARDENCTL, "board", "build", source, "--hash-key", key, "-o", result], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    state = site.staged(result.read_bytes())
    assert (state.phase, state.fault) == (PHASE.IMAGE_PHASE_NONE, FAULT.IMAGE_FAULT_WRONG_KEY)


def test_an_image_that_is_too_large_is_refused_before_a_byte_of_it_is_sent(site):
    with site.link() as link:
        begin = link_pb2.ImageBegin(size=(48 << 20) + 1, checksum=1)
        answer = link.request(image=link_pb2.ImageTransfer(begin=begin))
    assert (answer.result, answer.fault) == (event_pb2.COMMAND_RESULT_REFUSED, FAULT.IMAGE_FAULT_OVER_BUDGET)
    assert not list(site.state.iterdir())


@pytest.mark.parametrize("is_cut", [False, True], ids=["the connection is cut", "the power is cut"])
def test_an_upload_that_is_interrupted_goes_on_where_it_was(site, is_cut):
    data = image(2)
    half = len(data) // 2 // 768 * 768
    with site.link() as link:
        begin = link_pb2.ImageBegin(size=len(data), checksum=frame.crc32c(data))
        link.request(image=link_pb2.ImageTransfer(begin=begin))
        for offset in range(0, half, 768):
            chunk = link_pb2.ImageChunk(offset=offset, data=data[offset:offset + 768])
            link.request(image=link_pb2.ImageTransfer(chunk=chunk))
    bench.wait_until(lambda: any(p.stat().st_size == half for p in site.state.glob("image.?")), "it is on the disk")
    if is_cut:
        site.kill()
        site.start()
    assert site.image_state().received == half
    shown = []
    with site.link() as link:
        link.upload_image(data, lambda done, total: shown.append(done))
    assert shown[0] == half + 768 or shown[0] == len(data)
    site.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_STAGED, "it is whole and good")
    with site.link() as link:
        assert link.image("DROP").phase == PHASE.IMAGE_PHASE_NONE


def test_only_administrators_bring_images(kernel):  # noqa: F811
    site = Site("--link-key", bench.work / "board.key", "--listen", "127.0.0.1:0")
    try:
        port = site.board.log.split("Warden Link on 127.0.0.1:")[1].split("\n")[0]
        key = bytes.fromhex(site.board.log.split("board key ")[1][:64])
        with Link(transport.tcp(f"127.0.0.1:{port}"), CLIENTS["operator"], key, timeout=bench.PATIENCE) as link:
            with pytest.raises(CommandFailed) as failure:
                link.image()
            assert failure.value.result == event_pb2.COMMAND_RESULT_NOT_PERMITTED
        with Link(transport.tcp(f"127.0.0.1:{port}"), CLIENTS["administrator"], key, timeout=bench.PATIENCE) as link:
            assert link.image().phase == PHASE.IMAGE_PHASE_NONE
    finally:
        site.close()


def test_an_image_file_that_the_integrator_changes_on_the_board_is_the_newest_wish(site):
    site.staged(image(2))
    site.applied()
    site.wait_for_state(lambda state: state.healthy, "it is healthy")
    with site.link() as link:
        link.image("CONFIRM")
    site.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_NONE, "it holds")
    site.kill()
    site.image = bench.build_board("third", description(3))
    site.start()
    assert "names another image than before" in site.board.log
    assert site.outputs() == outputs_of(3)


def test_a_damaged_image_or_record_on_the_disk_never_keeps_the_board_from_starting(site):
    site.staged(image(2))
    site.applied()
    site.wait_for_state(lambda state: state.healthy, "it is healthy")
    with site.link() as link:
        link.image("CONFIRM")
    site.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_NONE, "it holds")
    site.kill()
    for path in site.state.glob("image.?"):
        path.write_bytes(damaged(path.read_bytes()))
    site.start()
    assert "cannot be run" in site.board.log
    assert site.outputs() == outputs_of(1)
    site.kill()
    (site.state / "images.record").write_bytes(os.urandom(64))
    site.start()
    assert "damaged" in site.board.log
    assert site.outputs() == outputs_of(1)


@pytest.fixture(scope="module")
def power_cut(kernel):  # noqa: F811
    compiler = pathlib.Path(bench.shutil.which("swift")).resolve().parent / "clang"
    library = bench.work / "power_cut.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", bench.ROOT / "Tests/PowerCut/power_cut.c", "-o", library],
                   check=True)
    return library


def updated(site, data):
    """Brings, applies and confirms an image; gives whether its confirmation was reported."""
    try:
        site.staged(data)
        site.applied()
        site.wait_for_state(lambda state: state.healthy, "it is healthy")
        with site.link() as link:
            link.image("CONFIRM")
        state = site.wait_for_state(lambda state: state.phase == PHASE.IMAGE_PHASE_NONE, "it holds")
        return state.fault == 0
    except (OSError, LinkError):
        site.board.process.wait(timeout=bench.PATIENCE)
        return False


def test_a_power_cut_at_any_step_of_an_update_leaves_a_board_that_starts(kernel, power_cut):  # noqa: F811
    second = image(2)
    site = Site(trial=10)
    running = []
    try:
        step = 0
        while True:
            step += 1
            site.close()
            bench.shutil.rmtree(site.state)
            site.reader = bench.Terminal(bench.work / "reader")
            site.preload = (power_cut,)
            site.environment = {"POWER_CUT_FOLDER": str(site.state), "POWER_CUT_AT": str(step)}
            site.start()
            was_confirmed = updated(site, second)
            is_cut = site.board.process.poll() is not None
            if is_cut:
                assert site.board.process.wait() == -9
                site.board.world.close()
                site.preload, site.environment = (), None
                site.start()
            state, outputs = site.image_state(), site.outputs()
            assert outputs in (outputs_of(1), outputs_of(2)), f"step {step}"
            assert outputs == outputs_of(2) or not was_confirmed, f"step {step}"
            assert (outputs == outputs_of(2)) == (state.checksum == frame.crc32c(second)), f"step {step}"
            assert "damaged" not in site.board.log
            running.append((state.phase, outputs))
            if not is_cut:
                break
        # It was cut before, during and after the decisive moment, and once not at all.
        assert step > 15
        assert running[0] == (PHASE.IMAGE_PHASE_NONE, outputs_of(1))
        assert (PHASE.IMAGE_PHASE_TRIAL, outputs_of(2)) in running
        assert running[-1] == (PHASE.IMAGE_PHASE_NONE, outputs_of(2))
    finally:
        site.close()
