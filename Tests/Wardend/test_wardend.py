"""wardend as a process: the program on the fake kernel, a reader and a console on pseudo-terminals, its socket.

Run by `make test`; by hand:  python3 -m unittest Tests/Wardend/test_wardend.py
WARDEND names another build of the program, such as .build/embedded-x86_64/bin/wardend.
"""

import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import tty
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WARDEND = pathlib.Path(os.environ.get("WARDEND", ROOT / ".build/debug/wardend")).resolve()
WARDENCTL = ROOT / ".build/debug/wardenctl"
WARDENSIM = ROOT / ".build/debug/wardensim"
KEY = ROOT / "boards/demo.hashkey"
PEERS_PYTHON = pathlib.Path(os.environ.get("WARDEN_PYTHON", ROOT / ".venv/bin/python3"))
PATIENCE = 20.0

BOARD = """
board: gate
groups: [residents]
chips: {{gpio: {{match: bench, lines: 16}}}}
capacities: {{events: 256, credentials: 16, links: 2, consoles: 1}}
inputs:
  contact: {{pin: gpio 0, active: high, debounce: 0 s}}
  button: {{pin: gpio 1, active: low, debounce: 0 s}}
outputs:
  lock: {{pin: gpio 2, active: high, start: active, exit: inactive}}
  lamp: {{pin: gpio 3, active: low, start: inactive, exit: keep}}
  valve: {{pin: gpio 4, active: high, start: inactive, exit: active}}
ports: {{reader_port: {{device: {reader}, baud: 9600}}}}
buses: {{sensors: {{device: /dev/i2c-1, timeout: 100 ms}}}}
sensors: {{climate: {{chip: bme280, bus: sensors, address: 0x76, interval: 1 s}}}}
points: {{temperature: {{measures: climate.temperature, range: -20 °C to 60 °C}}}}
doors:
  gate: {{lock_kind: maglock, lock: lock, contact: contact, exit_button: button, unlock: 300 ms, extended_unlock: 1 s,
         held_open_warning: 20 s, held_open_alarm: 40 s, groups: [residents], egress: false, relock: after-time}}
readers: {{reader: {{protocol: serial-tag, port: reader_port, door: gate, hold_off: 0 s}}}}
credentials: [{{tag: "0500207B32", groups: [residents]}}]
"""
# Frames of an ID-20LA with CR LF before the end: the card above, and one that nobody knows.
KNOWN_CARD = bytes.fromhex("02 30353030323037423332 3643 0D0A 03")
UNKNOWN_CARD = bytes.fromhex("02 30313134414533424243 3343 0D0A 03")



def climate_registers():
    """A BME280's: identity; the calibration and the raw values of the worked example in the BMP280 data sheet, section
    3.12 (25.08 °C, 1006.5 hPa); a calibration of humidity as devices have it; and the CRC-8 (0x1D, from 0xFF, inverted)
    that Bosch's own driver checks it with."""
    calibration = struct.pack("<HhhHhhhhhhhh", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
    registers = {0xD0: 0x60, 0xA1: 75, 0xE1: 0x6A, 0xE2: 0x01, 0xE3: 0, 0xE4: 0x14, 0xE5: 0x25, 0xE6: 0x03, 0xE7: 30}
    registers |= {0x88 + place: value for place, value in enumerate(calibration)}
    raw = (415148 << 4).to_bytes(3, "big") + (519888 << 4).to_bytes(3, "big") + (28000).to_bytes(2, "big")
    registers |= {0xF7 + place: value for place, value in enumerate(raw)}
    checksum = 0xFF
    for place in (*range(0x88, 0xA2), *range(0xE1, 0xE8)):
        checksum ^= registers.get(place, 0)
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x1D if checksum & 0x80 else 0)) & 0xFF
    return registers | {0xE8: ~checksum & 0xFF}


CLIMATE_REGISTERS = climate_registers()
# Lines by number, as in the board above.
CONTACT, BUTTON, LOCK, LAMP, VALVE = range(5)


def setUpModule():
    global work, fake_kernel, allocation_counter, image
    work = pathlib.Path(tempfile.mkdtemp(prefix="wardend-test-"))
    compiler = pathlib.Path(shutil.which("swift")).resolve().parent / "clang"
    common = [compiler, "-O1", "-shared", "-fPIC", "-Wno-nullability-completeness"]
    fake_kernel = work / "fake_kernel.so"
    subprocess.run([*common, f"-I{ROOT}/Tests/FakeKernel/include", ROOT / "Tests/FakeKernel/fake_kernel.c",
                    ROOT / "Tests/FakeKernel/preload.c", "-o", fake_kernel], check=True)
    allocation_counter = work / "allocation_counter.so"
    subprocess.run([*common, ROOT / "Tests/AllocationCounter/allocation_counter.c", "-o", allocation_counter], check=True)
    image = build_board("gate", BOARD.format(reader=work / "reader"))


def tearDownModule():
    shutil.rmtree(work)


def build_board(name, text, *options):
    source, result = work / f"{name}.yaml", work / f"{name}.board"
    source.write_text(text)
    subprocess.run([WARDENCTL, "board", "build", source, "--hash-key", KEY, *options, "-o", result], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return result


def wait_until(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"this did not happen: {what}")


class Terminal:
    """A pseudo-terminal; the test holds the outside."""

    def __init__(self, link):
        self.outside, self.inside = pty.openpty()
        tty.setraw(self.inside)
        os.set_blocking(self.outside, False)
        self.link = pathlib.Path(link)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self.inside))
        self.text = b""

    def write(self, data):
        os.write(self.outside, data)

    def read(self):
        try:
            self.text += os.read(self.outside, 65536)
        except BlockingIOError:
            pass
        return self.text

    def close(self):
        self.link.unlink(missing_ok=True)
        os.close(self.outside)
        os.close(self.inside)


class Board:
    """A running wardend with its world."""

    def __init__(self, *options, image_file=None, key=KEY, devices="gpio:bench:16 i2c:1", environment=None, preload=(),
                 before=None):
        self.log_path = work / "wardend.log"
        self.control_path = work / "control"
        self.control_path.unlink(missing_ok=True)
        self.report_path = work / "report"
        self.report_path.unlink(missing_ok=True)
        variables = os.environ | {
            "LD_PRELOAD": ":".join(str(library) for library in (fake_kernel, *preload)),
            "FAKE_KERNEL": devices, "FAKE_KERNEL_CONTROL": str(self.control_path),
            "FAKE_KERNEL_REPORT": str(self.report_path),
            # Nobody presses the button.
            "FAKE_KERNEL_HIGH": str(BUTTON),
        } | (environment or {})
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [WARDEND, "--image", image_file or image, "--hash-key", key, *map(str, options)],
                env=variables, stderr=log, preexec_fn=before)
        self.world = socket.socket(socket.AF_UNIX)
        wait_until(self.connect, "the fake kernel listens")

    def connect(self):
        try:
            self.world.connect(str(self.control_path))
            return True
        except OSError:
            return False

    @property
    def log(self):
        return self.log_path.read_text()

    def wait_for(self, text):
        wait_until(lambda: text in self.log or self.process.poll() is not None, f"'{text}' in the log")
        if text not in self.log:
            raise AssertionError(f"wardend ended without '{text}':\n{self.log}")

    def tell(self, command):
        self.world.sendall(command.encode() + b"\n")
        return self.world.recv(128).decode().strip()

    def line(self, offset):
        """Level, whether claimed, whether an output, how often driven, how often that changed the level."""
        return [int(part) for part in self.tell(f"line 0 {offset}").split()]

    def level(self, offset):
        return self.line(offset)[0]

    def levels_left(self):
        """The level of each line when the process had ended."""
        return [int(level) for level in self.report_path.read_text()]

    def end(self, with_signal=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        code = self.process.wait(timeout=PATIENCE)
        self.world.close()
        return code


class OnTheBench(unittest.TestCase):
    """A board with a reader at its door."""

    def setUp(self):
        self.reader = Terminal(work / "reader")
        self.addCleanup(self.reader.close)

    def start(self, *options, **more):
        board = Board(*options, **more)
        self.addCleanup(lambda: board.process.poll() is None and board.process.kill())
        board.wait_for("ready")
        return board


class Running(OnTheBench):
    def test_outputs_have_their_safe_state_from_the_request_that_claims_them_on(self):
        board = self.start()
        for line, changes in ((LOCK, 1), (LAMP, 1), (VALVE, 0)):
            level, is_claimed, is_output, _, changed = board.line(line)
            # Lines are low before: a lock that holds and a lamp that is off at high are high with the first request, and
            # a glitch would be two changes more.
            self.assertEqual((level, is_claimed, is_output, changed), (changes, 1, 1, changes))
        self.assertEqual(board.line(CONTACT)[1:3], [1, 0], "inputs are claimed as inputs")
        self.assertEqual(board.end(), 0)

    def test_a_signal_to_end_leaves_each_output_as_the_board_file_says(self):
        for with_signal in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(with_signal):
                board = self.start()
                self.assertEqual(board.end(with_signal), 0)
                self.assertIn("ended in order", board.log)
                left = board.levels_left()
                self.assertEqual(left[LOCK], 0, "exit: inactive, so that nobody is locked in")
                self.assertEqual(left[LAMP], 1, "exit: keep; it was off, which is high here")
                self.assertEqual(left[VALVE], 1, "exit: active")

    def test_a_known_card_releases_the_lock_for_its_time_and_an_unknown_one_does_not(self):
        board = self.start()
        self.reader.write(UNKNOWN_CARD)
        self.reader.write(UNKNOWN_CARD)
        time.sleep(0.3)
        self.assertEqual(board.level(LOCK), 1)
        self.reader.write(KNOWN_CARD)
        wait_until(lambda: board.level(LOCK) == 0, "the lock is released")
        wait_until(lambda: board.level(LOCK) == 1, "the lock is held again")
        self.assertEqual(board.end(), 0)

    def test_the_exit_button_releases_the_lock(self):
        board = self.start()
        board.tell(f"input 0 {BUTTON} 1")
        time.sleep(0.1)
        self.assertEqual(board.level(LOCK), 1)
        board.tell(f"input 0 {BUTTON} 0")
        wait_until(lambda: board.level(LOCK) == 0, "the lock is released")
        self.assertEqual(board.end(), 0)

    def test_garbage_and_floods_from_the_reader_open_nothing_and_a_card_still_does(self):
        board = self.start()
        for chunk in (os.urandom(700), KNOWN_CARD[:-1], b"\x02" * 300, KNOWN_CARD[3:], b"\xff" * 1000):
            self.reader.write(chunk)
            time.sleep(0.05)
        time.sleep(0.2)
        self.assertEqual(board.level(LOCK), 1)
        wait_until(lambda: (self.reader.write(KNOWN_CARD), time.sleep(0.2), board.level(LOCK) == 0)[2],
                   "a card is read after the garbage")
        self.assertEqual(board.end(), 0)

    def test_a_port_that_is_missing_at_start_is_named_and_used_once_it_is_there(self):
        self.reader.link.unlink()
        board = self.start()
        self.assertIn("port 'reader_port'", board.log)
        self.assertIn("No such file or directory", board.log)
        self.reader.link.symlink_to(os.ttyname(self.reader.inside))
        wait_until(lambda: (self.reader.write(KNOWN_CARD), time.sleep(0.2), board.level(LOCK) == 0)[2],
                   "the card is read once the port is there")
        self.assertEqual(board.end(), 0)

    def test_a_chip_that_is_missing_is_named_and_the_lock_gets_its_state_when_it_is_back(self):
        board = self.start()
        board.tell("remove 0")
        time.sleep(1.5)
        board.tell("restore 0")
        wait_until(lambda: board.line(LOCK)[:3] == [1, 1, 1], "the lock is claimed again in its state")
        self.assertEqual(board.end(), 0)
        missing = Board(devices="i2c:1")
        missing.wait_for("ready")
        self.assertIn("line 'lock' cannot be claimed: No such device", missing.log)
        self.assertEqual(missing.end(), 0)

    def test_a_sensor_that_is_missing_is_a_trouble_until_it_is_there(self):
        console = Terminal(work / "console")
        self.addCleanup(console.close)
        board = self.start("--console", work / "console")

        def asked(command, answer):
            def ask():
                console.text = b""
                console.write(command + b"\r")
                time.sleep(0.3)
                return re.search(answer, console.read())
            return ask

        wait_until(asked(b"status", rb"troubles +[1-9]"), "the missing sensor is a trouble")
        self.reader.write(KNOWN_CARD)
        wait_until(lambda: board.level(LOCK) == 0, "the rest runs on")
        wait_until(asked(b"events", rb"(?s)climate.*trouble|trouble.*climate"), "the journal names the sensor")
        self.assertEqual(board.tell("device 1 0x76"), "ok")
        for place, value in CLIMATE_REGISTERS.items():
            self.assertEqual(board.tell(f"register 1 0x76 {place} {value}"), "ok")
        wait_until(asked(b"status", rb"troubles +0"), "the trouble is gone once the sensor is there")
        self.assertEqual(board.end(), 0)

    def test_a_console_on_a_terminal_answers(self):
        console = Terminal(work / "console")
        self.addCleanup(console.close)
        board = self.start("--console", work / "console")
        time.sleep(0.2)
        console.write(b"\r")
        time.sleep(0.2)
        console.write(b"help\r")
        wait_until(lambda: b"doors" in console.read(), "help is printed")
        self.assertEqual(board.end(), 0)

    def test_a_reboot_from_the_console_ends_in_order_with_75_and_each_output_as_at_an_end(self):
        console = Terminal(work / "console")
        self.addCleanup(console.close)
        text = BOARD.format(reader=work / "reader").replace("board: gate", "board: gate\nconsole_role: technician")
        board = self.start("--console", work / "console", image_file=build_board("technician", text))
        wait_until(lambda: b"'help'" in console.read(), "the console greets")
        console.write(b"reboot\r")
        wait_until(lambda: b"Sure?" in console.read(), "it asks first")
        console.write(b"n")
        wait_until(lambda: b"cancelled" in console.read(), "no is no")
        console.write(b"reboot --plain --yes\r")
        self.assertEqual(board.process.wait(timeout=PATIENCE), 75)
        self.assertIn("ended in order", board.log)
        self.assertEqual(board.levels_left()[LOCK], 0, "exit: inactive, so that nobody is locked in")
        self.assertIn(b"exit 0 done", console.read())

    def test_the_service_manager_hears_of_readiness_life_and_end(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = work / "notify"
        path.unlink(missing_ok=True)
        manager.bind(str(path))
        manager.settimeout(PATIENCE)
        board = self.start(environment={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "300000"})
        heard = [manager.recv(64)]
        while heard.count(b"WATCHDOG=1") < 3:
            heard.append(manager.recv(64))
        self.assertEqual(heard[:2], [b"READY=1", b"WATCHDOG=1"])
        told = [text for text in heard if text.startswith(b"STATUS=")]
        self.assertRegex(told[0], rb"^STATUS=alarms 0, troubles \d+$")
        self.assertTrue(all(one != next for one, next in zip(told, told[1:])), "it is said when it has changed")
        self.assertEqual(board.end(), 0)
        while (last := manager.recv(64)) == b"WATCHDOG=1" or last.startswith(b"STATUS="):
            pass
        self.assertEqual(last, b"STOPPING=1")

    @unittest.skipUnless("WARDEND" in os.environ, "counted in the Embedded build, by .ci/check-allocations")
    def test_a_board_at_work_allocates_nothing(self):
        # Normal Swift's runtime describes each generic type to itself when it is first used; Embedded Swift has no such.
        count = work / "allocations"
        console = Terminal(work / "console")
        self.addCleanup(console.close)
        board = self.start(
            "--console", work / "console", "--socket", work / "socket", preload=[allocation_counter],
            environment={"NOTIFY_SOCKET": str(work / "nobody"), "ALLOCATION_COUNTER": str(count)})
        for number in range(6):
            self.reader.write(KNOWN_CARD if number % 2 else UNKNOWN_CARD)
            board.tell(f"input 0 {CONTACT} {(number + 1) % 2}")
            board.tell(f"input 0 {BUTTON} {number % 2}")
            console.write(b"help\rstatus\rdoors\rsensors\revents\rconfig\rrecorder\rpoints\rtest report\r")
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(work / "socket"))
            client.sendall(b"\x01\x02\x03garbage")
            time.sleep(0.3)
            client.close()
        console.read()
        self.assertEqual(board.end(), 0)
        before, after, *sizes = count.read_text().split()
        self.assertGreater(int(before), 0, "the program's calls for memory are seen at all")
        self.assertEqual((after, sizes), ("0", []))


class Bus:
    """A serial line between two programs: a pseudo-terminal for each, and what one says the other hears."""

    def __init__(self, name):
        self.ends = [Terminal(work / f"{name}-{end}") for end in ("board", "reader")]
        self.is_open = True
        self.thread = threading.Thread(target=self.carry)
        self.thread.start()

    def carry(self):
        outside = [end.outside for end in self.ends]
        while self.is_open:
            for ready in select.select(outside, [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    os.write(outside[1 - outside.index(ready)], os.read(ready, 4096))

    def close(self):
        self.is_open = False
        self.thread.join()
        for end in self.ends:
            end.close()


class Peripheral:
    """libosdp as the reader at the end of a bus; see Tests/ReaderPeers/osdp_peripherals.py."""

    def __init__(self, device):
        self.process = subprocess.Popen(
            [PEERS_PYTHON, ROOT / "Tests/ReaderPeers/osdp_peripherals.py", device], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.said = []
        threading.Thread(target=lambda: self.said.extend(map(json.loads, self.process.stdout)), daemon=True).start()

    def tell(self, **order):
        self.process.stdin.write(json.dumps({"address": 0} | order) + "\n")
        self.process.stdin.flush()

    def wait_for(self, condition, what):
        wait_until(lambda: any(condition(message) for message in list(self.said)), what)

    def close(self):
        self.process.kill()
        self.process.communicate()


@unittest.skipUnless(PEERS_PYTHON.exists() or os.environ.get("WARDEN_PEERS") == "required", "run `make peers`")
class Processor(unittest.TestCase):
    """Memory and processor before others: as far as it is asked for and allowed."""

    def locked_kilobytes(self, board):
        status = pathlib.Path(f"/proc/{board.process.pid}/status").read_text()
        return int(re.search(r"^VmLck:\s+(\d+) kB", status, re.MULTILINE).group(1))

    def test_neither_is_taken_unasked(self):
        board = Board()
        board.wait_for("wardend: ready")
        self.assertEqual(self.locked_kilobytes(board), 0)
        self.assertEqual(os.sched_getscheduler(board.process.pid) & 0xFF, os.SCHED_OTHER)
        self.assertEqual(board.end(), 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs a user that may have a real-time priority")
    def test_the_loop_alone_has_the_priority_and_the_memory_stays(self):
        board = Board("--lock-memory", "--real-time", "20")
        board.wait_for("wardend: ready")
        self.assertGreater(self.locked_kilobytes(board), 0)
        tasks = [int(path.name) for path in pathlib.Path(f"/proc/{board.process.pid}/task").iterdir()]
        for task in tasks:
            expected = os.SCHED_FIFO if task == board.process.pid else os.SCHED_OTHER
            self.assertEqual(os.sched_getscheduler(task) & 0xFF, expected, f"task {task} of {len(tasks)}")
        self.assertEqual(os.sched_getparam(board.process.pid).sched_priority, 20)
        self.assertEqual(board.end(), 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs capabilities to give up")
    def test_where_neither_is_allowed_it_says_so_and_runs(self):
        # include/uapi/linux/prctl.h, capability.h
        drop_from_bounding_set, ipc_lock, sys_nice = 24, 14, 23
        libc = ctypes.CDLL(None)

        def without_rights():
            for limit in (resource.RLIMIT_MEMLOCK, resource.RLIMIT_RTPRIO):
                resource.setrlimit(limit, (0, 0))
            for capability in (ipc_lock, sys_nice):
                libc.prctl(drop_from_bounding_set, capability, 0, 0, 0)

        board = Board("--lock-memory", "--real-time", "20", before=without_rights)
        board.wait_for("wardend: ready")
        self.assertIn("memory cannot be locked: ", board.log)
        self.assertIn("there is no real-time priority: Operation not permitted; it goes on without", board.log)
        self.assertEqual(board.end(), 0)


class BusReader(unittest.TestCase):
    """A board whose door has its contact, its lock's tamper switch and its exit button at the OSDP reader, by libosdp."""

    BOARD = """
board: gatehouse
groups: [residents]
chips: {{gpio: {{match: bench, lines: 16}}}}
capacities: {{events: 256, credentials: 16, links: 2, consoles: 1}}
inputs:
  contact: {{reader: gate_reader, reader_input: 1, active: high}}
  lock_tamper: {{reader: gate_reader, reader_input: 0, active: high}}
  pull_cord: {{reader: gate_reader, reader_input: 3, active: high}}
outputs:
  lock: {{pin: gpio 2, active: high, start: active, exit: inactive}}
ports: {{bus: {{device: {bus}, baud: 115200}}}}
doors:
  gate: {{lock_kind: maglock, lock: lock, contact: contact, tamper: lock_tamper, unlock: 300 ms, extended_unlock: 1 s,
         groups: [residents], egress: false}}
readers: {{gate_reader: {{protocol: osdp, port: bus, address: 0, security: key, key: gate, door: gate}}}}
detectors: {{help: {{kind: call-point, input: pull_cord}}}}
"""
    SECRET = "00112233445566778899aabbccddeeff"

    def setUp(self):
        self.bus = Bus("bus")
        self.addCleanup(self.bus.close)
        keys = work / "gatehouse.readerkeys"
        keys.write_text(f"gate: {self.SECRET}\n")
        text = self.BOARD.format(bus=self.bus.ends[0].link)
        self.image = build_board("gatehouse", text, "--reader-keys", keys)
        self.socket = work / "gatehouse.socket"
        self.board = Board("--socket", self.socket, image_file=self.image)
        self.addCleanup(lambda: self.board.process.poll() is None and self.board.process.kill())
        self.board.wait_for("ready")
        self.reader = Peripheral(self.bus.ends[1].link)
        self.addCleanup(self.reader.close)
        self.reader.tell(do="add", scbk=self.SECRET, secure=True)
        self.reader.wait_for(lambda message: message.get("secure"), "the secure channel stands")

    def ask(self, *words):
        return subprocess.run([WARDENCTL, *words, "--socket", self.socket], capture_output=True, text=True)

    def wait_for_event(self, words):
        wait_until(lambda: words in self.ask("events").stdout, f"the event '{words}'")

    def test_contacts_at_the_reader_are_contacts_of_the_board(self):
        self.reader.tell(do="inputs", data="00000000")
        self.wait_for_event("alarm help normal")
        self.reader.tell(do="inputs", data="00010000")
        self.wait_for_event("door gate forced")
        self.reader.tell(do="inputs", data="01000000")
        self.wait_for_event("door gate tamper")
        self.reader.tell(do="inputs", data="00000001")
        self.wait_for_event("alarm help")
        self.reader.close()
        self.wait_for_event("door gate contact-fault")
        self.wait_for_event("trouble line contact")
        self.assertEqual(self.board.end(), 0)

    def test_a_file_goes_to_the_reader_whole_and_both_ends_of_it_are_recorded(self):
        content = os.urandom(5_000)
        file = work / "firmware.bin"
        file.write_bytes(content)
        sent = self.ask("reader", "gate_reader", "send", file, "--json")
        self.assertEqual((sent.returncode, sent.stderr), (0, ""))
        self.assertEqual(json.loads(sent.stdout)["result"], "done")
        self.reader.wait_for(lambda message: message.get("file") == content.hex(), "the reader has the file")
        user = os.getuid()
        self.wait_for_event(f"command reader-file-send gate_reader started by user {user}")
        self.wait_for_event(f"command reader-file-send gate_reader done by user {user}")
        self.assertEqual(self.board.end(), 0)

    def test_a_file_for_a_reader_that_is_lost_meanwhile_is_not_taken_for_sent(self):
        file = work / "firmware.bin"
        file.write_bytes(bytes(2_000_000))
        sending = subprocess.Popen(
            [WARDENCTL, "reader", "gate_reader", "send", file, "--socket", self.socket], stdout=subprocess.PIPE, text=True)
        self.wait_for_event("command reader-file-send gate_reader started")
        second = self.ask("reader", "gate_reader", "send", file)
        self.assertEqual(second.returncode, 69)
        self.assertIn("a file is being sent to the reader", second.stderr)
        self.reader.close()
        said, _ = sending.communicate(timeout=PATIENCE)
        self.assertEqual((sending.returncode, said), (1, "reader gate_reader send: the reader was lost\n"))
        self.wait_for_event("command reader-file-send gate_reader refused")
        self.assertEqual(self.board.end(), 0)


class Refusing(unittest.TestCase):
    """Each thing that cannot be is said with its cause, and ends with the exit code that --help documents."""

    def run_wardend(self, *options):
        result = subprocess.run([WARDEND, *map(str, options)], capture_output=True, text=True, timeout=PATIENCE)
        return result.returncode, result.stdout, result.stderr

    def damaged(self, change):
        path = work / "damaged.board"
        data = bytearray(image.read_bytes())
        path.write_bytes(change(data))
        return path

    def test_help_version_and_check_end_with_0(self):
        code, out, _ = self.run_wardend("--help")
        self.assertEqual(code, 0)
        for option in ("--image", "--hash-key", "--socket", "--link-key", "--listen", "--console", "--watchdog", "--lock-memory", "--real-time", "--check", "exit codes"):
            self.assertIn(option, out)
        code, out, _ = self.run_wardend("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^wardend \d+\.\d+\.\d+\n$")
        code, out, _ = self.run_wardend("--image", image, "--hash-key", KEY, "--check")
        self.assertEqual(code, 0)
        self.assertIn("board 'gate'", out)

    def test_wrong_command_lines_end_with_64(self):
        for options, said in (
            ((), "--image FILE is needed"), (("--image", image), "--hash-key FILE is needed"),
            (("--image",), "needs a value"), (("--image", ""), "needs a value of 1 to 127 bytes"),
            (("--nonsense",), "is no option of wardend"), (("--image", "x" * 128), "needs a value of 1 to 127 bytes"),
            (("--image", image, "--hash-key", KEY, "--console", "/dev/a", "--console", "/dev/b"), "more consoles"),
        ):
            with self.subTest(options):
                code, _, errors = self.run_wardend(*options)
                self.assertEqual(code, 64)
                self.assertIn(said, errors)

    def test_images_that_are_damaged_end_with_65_and_say_what_is_wrong(self):
        def flipped(data):
            data[len(data) // 2] ^= 0x40
            return data

        for name, change, said in (
            ("a flipped bit", flipped, "checksum"), ("cut off", lambda data: data[:-7], "should have"),
            ("something after it", lambda data: data + b"more", "should have"),
            ("empty", lambda data: b"", "has only 0 bytes"),
            ("another file", lambda data: b"board: lobby\n" * 9, "is not a board image"),
        ):
            with self.subTest(name):
                code, _, errors = self.run_wardend("--image", self.damaged(change), "--hash-key", KEY)
                self.assertEqual(code, 65)
                self.assertIn(said, errors)
                self.assertIn("no output is claimed", errors)

    def test_files_that_cannot_be_read_end_with_66(self):
        for options in (("--image", work / "nothing", "--hash-key", KEY), ("--image", image, "--hash-key", work / "nothing"),
                        ("--image", work, "--hash-key", KEY)):
            with self.subTest(options):
                code, _, errors = self.run_wardend(*options)
                self.assertEqual(code, 66)
                self.assertRegex(errors, "No such file or directory|Is a directory")

    def test_a_key_file_that_is_none_ends_with_65(self):
        for text in ("", "zz" * 32, "00" * 31, "00" * 33, "0" * 63):
            with self.subTest(text):
                path = work / "key"
                path.write_text(text)
                code, _, errors = self.run_wardend("--image", image, "--hash-key", path)
                self.assertEqual(code, 65)
                self.assertIn("is not a hash key", errors)

    def test_another_boards_key_holds_every_output_in_its_safe_state_and_ends_with_78(self):
        key = work / "other.hashkey"
        key.write_text("11" * 32 + "\n")
        self.assertEqual(self.run_wardend("--image", image, "--hash-key", key, "--check")[0], 78)
        board = Board(key=key)
        board.wait_for("held in its safe state")
        self.assertEqual(board.line(LOCK)[:3], [1, 1, 1])
        board.tell(f"input 0 {BUTTON} 1")
        self.assertEqual(board.level(LOCK), 1)
        self.assertEqual(board.end(), 78)
        self.assertIn("is not the key", board.log)

    def test_the_boards_own_key_must_be_one_that_nobody_else_may_read(self):
        key = work / "board.key"
        for text, mode, said, code in (
            ("01" * 32, 0o644, "others may read this private key", 77),
            ("01" * 32, 0o640, "others may read this private key", 77),
            ("01" * 31, 0o600, "is not a private key", 65), ("", 0o600, "is not a private key", 65),
        ):
            with self.subTest(said, mode=oct(mode)):
                key.write_text(text + "\n")
                key.chmod(mode)
                for more in ((), ("--check",)):
                    result = self.run_wardend("--image", image, "--hash-key", KEY, "--link-key", key, *more)
                    self.assertEqual(result[0], code)
                    self.assertIn(said, result[2])
                    self.assertNotIn("0101", result[2], "a key is never shown")
        self.assertEqual(self.run_wardend("--image", image, "--hash-key", KEY, "--link-key", work / "nothing")[0], 66)

    def test_an_image_that_others_may_change_lets_nobody_in_by_key(self):
        key, open_image = work / "board.key", work / "open.board"
        key.write_text("01" * 32 + "\n")
        key.chmod(0o600)
        shutil.copy(image, open_image)
        for mode, code in ((0o644, 0), (0o664, 77), (0o666, 77)):
            open_image.chmod(mode)
            result = self.run_wardend("--image", open_image, "--hash-key", KEY, "--link-key", key, "--check")
            self.assertEqual(result[0], code)
        self.assertIn("others may change it", result[2])

    def test_addresses_to_listen_on_that_are_none_end_with_64(self):
        key = work / "board.key"
        key.write_text("01" * 32 + "\n")
        key.chmod(0o600)
        for address in ("[::1", "127.0.0.1:", "127.0.0.1:65536", "[::1]:x", ":1", "[]:7"):
            with self.subTest(address):
                code, _, errors = self.run_wardend(
                    "--image", image, "--hash-key", KEY, "--link-key", key, "--listen", address)
                self.assertEqual(code, 64)
                self.assertIn("is no address to listen on", errors)
        code, _, errors = self.run_wardend("--image", image, "--hash-key", KEY, "--listen", "127.0.0.1")
        self.assertEqual(code, 64)
        self.assertIn("--listen needs --link-key", errors)

    def test_a_socket_in_use_ends_with_69_and_one_that_cannot_be_made_with_73(self):
        path = work / "busy"
        other = socket.socket(socket.AF_UNIX)
        other.bind(str(path))
        other.listen(1)
        code, _, errors = self.run_wardend("--image", image, "--hash-key", KEY, "--socket", path)
        self.assertEqual(code, 69)
        self.assertIn("another process listens there", errors)
        other.close()
        for bad in (work / "no" / "folder", KEY):
            code, _, errors = self.run_wardend("--image", image, "--hash-key", KEY, "--socket", bad)
            self.assertEqual(code, 73)
            self.assertIn("cannot be listened on", errors)
        self.assertTrue(KEY.exists(), "a file in the way is left alone")

    def test_a_watchdog_that_is_none_ends_with_69(self):
        code, _, errors = self.run_wardend("--image", image, "--hash-key", KEY, "--watchdog", work / "none")
        self.assertEqual(code, 69)
        self.assertIn("cannot be used as a watchdog", errors)


class FullDisk(unittest.TestCase):
    """What cannot be written is said with its cause, and ends with 73; /dev/full is a disk without room."""

    def check(self, *command):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([str(part) for part in command], stdout=full, stderr=subprocess.PIPE, text=True,
                                    timeout=PATIENCE)
        self.assertEqual(result.returncode, 73, result.stderr)
        self.assertIn("No space left on device", result.stderr)

    def test_answers_of_wardend_that_cannot_be_written(self):
        self.check(WARDEND, "--help")
        self.check(WARDEND, "--version")
        self.check(WARDEND, "--image", image, "--hash-key", KEY, "--check")


# A block's kind stands at byte 24, a record block's class at 62; see Sources/EventJournal/Block.swift.
BLOCK = 4096
RECORDS = b"WJ0r"
ALARM, ACCESS = 0, 1


class Journal(unittest.TestCase):
    """A journal that wardend wrote, and what wardenctl says of it once somebody has been at it."""

    CARDS = 300

    @classmethod
    def setUpClass(cls):
        cls.file = work / "journal"
        cls.file.unlink(missing_ok=True)
        cards = [bytes((5, 0, 0x20, number >> 8, number & 0xFF)) for number in range(cls.CARDS)]
        listed = ", ".join(f'{{tag: "{card.hex().upper()}", groups: [residents]}}' for card in cards)
        text = BOARD.format(reader=work / "reader").replace("credentials: 16", f"credentials: {cls.CARDS}")
        text = text[:text.index("credentials: [")] + f"credentials: [{listed}]\n"
        reader = Terminal(work / "reader")
        board = Board("--journal", cls.file, "--journal-size", "4M", image_file=build_board("journal", text))
        board.wait_for("ready")
        # Enough for several blocks of decisions; and alarms, for the door is broken open.
        for number, card in enumerate(cards):
            reader.write(serial_frame(card))
            if number % 60 == 59:
                time.sleep(1.5)
                board.tell(f"input 0 {CONTACT} 1")
                time.sleep(0.1)
                board.tell(f"input 0 {CONTACT} 0")
            time.sleep(0.005)
        time.sleep(0.5)
        code = board.end()
        reader.close()
        assert code == 0, board.log
        cls.written = cls.file.read_bytes()

    def verify(self, data, *options):
        copy = work / "journal.copy"
        copy.write_bytes(data)
        result = subprocess.run([WARDENCTL, "journal", "verify", copy, "--hash-key", KEY, *options],
                                capture_output=True, text=True, timeout=PATIENCE)
        return result.returncode, result.stdout, result.stderr

    def problems(self, data):
        code, out, errors = self.verify(data, "--json")
        self.assertIn(code, (0, 1), errors)
        found = json.loads(out)
        self.assertEqual(found["sound"], code == 0)
        return {problem["problem"] for problem in found["problems"]}

    def blocks(self, event_class):
        """Where each of this class's blocks lies, oldest first: in its own place, then in the spare places at the end of
        its segment that hold versions of it from when it was the open one."""
        places = {}
        for offset in range(0, len(self.written), BLOCK):
            block = self.written[offset:offset + BLOCK]
            if block[24:28] == RECORDS and block[62] == event_class:
                places.setdefault(struct.unpack_from("<QH", block, 48), []).append(offset)
        return [places[key] for key in sorted(places)]

    def wiped(self, blocks):
        data = bytearray(self.written)
        for place in (place for block in blocks for place in block):
            data[place:place + BLOCK] = bytes(BLOCK)
        return data

    def test_what_nobody_touched_is_sound(self):
        code, out, _ = self.verify(self.written)
        self.assertEqual(code, 0, out)
        self.assertRegex(out, r"sound: \d{3,} events in \d+ blocks, numbers 1 to \d+")
        self.assertGreater(len(self.blocks(ACCESS)), 3, "several blocks, so that one may be taken out of the middle")
        self.assertGreater(len(self.blocks(ALARM)), 0)

    def test_a_changed_byte_is_noticed_wherever_it_is(self):
        for place in (block[0] for block in (*self.blocks(ACCESS)[:3], self.blocks(ALARM)[0])):
            for within in (10, 40, 100, 130):
                with self.subTest(place=place, within=within):
                    data = bytearray(self.written)
                    data[place + within] ^= 0x01
                    self.assertIn("damaged", self.problems(data))

    def test_a_changed_byte_behind_a_right_checksum_is_a_forgery(self):
        place = self.blocks(ACCESS)[1][0]
        data = bytearray(self.written)
        # Bits that no record uses: between the records and their list. Only the keyed hash covers what is there alone.
        end, count = struct.unpack_from("<HH", data, place + 58)[::-1]
        free = (end + BLOCK - 2 * count) // 2
        self.assertEqual(data[place + free], 0)
        data[place + free] ^= 0x80
        struct.pack_into("<I", data, place, crc32c(data[place + 4:place + BLOCK]))
        self.assertEqual(self.problems(data), {"forged"})

    def test_removed_events_are_noticed_wherever_they_were(self):
        self.assertTrue(self.problems(self.wiped(self.blocks(ACCESS)[1:2])) & {"chain-broken", "damaged"})
        self.assertIn("newest-missing", self.problems(self.wiped(self.blocks(ACCESS)[-4:])))
        self.assertIn("oldest-missing", self.problems(self.wiped(self.blocks(ALARM))))

    def test_swapped_blocks_are_noticed(self):
        for name, first, second in (
            ("two blocks of one class", self.blocks(ACCESS)[0][0], self.blocks(ACCESS)[1][0]),
            ("a block of decisions and one of alarms", self.blocks(ACCESS)[0][0], self.blocks(ALARM)[0][0]),
        ):
            with self.subTest(name):
                data = bytearray(self.written)
                data[first:first + BLOCK], data[second:second + BLOCK] = (
                    self.written[second:second + BLOCK], self.written[first:first + BLOCK])
                self.assertTrue(self.problems(data))

    def test_segments_that_changed_places_are_read_in_the_order_in_which_they_were_written(self):
        # 16 blocks each on a medium under 16 MiB. Their order is in the blocks, not in their places.
        data = bytearray(self.written)
        first, second = self.blocks(ACCESS)[0][0], self.blocks(ALARM)[0][0]
        size = 16 * BLOCK
        data[first:first + size], data[second:second + size] = (
            self.written[second:second + size], self.written[first:first + size])
        before, after = (json.loads(self.verify(each, "--json")[1]) for each in (self.written, data))
        self.assertEqual([after[key] for key in ("sound", "events", "last")],
                         [before[key] for key in ("sound", "events", "last")])

    def test_another_key_and_another_file_are_said(self):
        other = work / "other.hashkey"
        other.write_text("11" * 32 + "\n")
        result = subprocess.run([WARDENCTL, "journal", "verify", self.file, "--hash-key", other],
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 78)
        self.assertIn("is not the key that this journal was written with", result.stderr)
        code, _, errors = self.verify(bytes(5 << 20))
        self.assertEqual(code, 65)
        self.assertIn("is no journal", errors)

    def test_a_restart_goes_on_with_the_same_journal(self):
        again = work / "journal.again"
        again.write_bytes(self.written)
        before = json.loads(self.verify(self.written, "--json")[1])
        reader = Terminal(work / "reader")
        self.addCleanup(reader.close)
        board = Board("--journal", again)
        board.wait_for("ready")
        reader.write(KNOWN_CARD)
        wait_until(lambda: board.level(LOCK) == 0, "the lock is released")
        board.end(signal.SIGKILL)
        board = Board("--journal", again)
        board.wait_for("ready")
        time.sleep(0.3)
        self.assertEqual(board.end(), 0)
        code, out, _ = self.verify(again.read_bytes(), "--json")
        after = json.loads(out)
        self.assertEqual(code, 0, out)
        self.assertGreater(after["events"], before["events"])
        self.assertGreater(after["last"], before["last"])


def serial_frame(card):
    """A card as an ID-20LA sends it: STX, the identifier and the XOR of its bytes in hexadecimal, CR LF, ETX."""
    checksum = 0
    for byte in card:
        checksum ^= byte
    return b"\x02" + (card + bytes((checksum,))).hex().upper().encode() + b"\r\n\x03"


def crc32c(data):
    """Castagnoli's CRC, reflected, as in RFC 3720 appendix B.4."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@contextlib.contextmanager
def small_file_system(size):
    """A file system of its own with so little room; skips where nobody may mount one."""
    folder = work / "small"
    folder.mkdir(exist_ok=True)
    result = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True)
    if result.returncode != 0:
        raise unittest.SkipTest(f"no file system can be mounted here: {result.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


class JournalTroubles(OnTheBench):
    """What the journal's file may be like: the board runs on from memory, says what is wrong, and catches up."""

    def open_board(self, journal, *options):
        self.console = Terminal(work / "console")
        self.addCleanup(self.console.close)
        return self.start("--journal", journal, "--console", work / "console", *options)

    def asked(self, command, answer):
        def ask():
            self.console.text = b""
            self.console.write(command + b"\r")
            time.sleep(0.3)
            return re.search(answer, self.console.read())
        return ask

    def check_door(self, board):
        self.reader.write(KNOWN_CARD)
        wait_until(lambda: board.level(LOCK) == 0, "a card opens the door")
        wait_until(lambda: board.level(LOCK) == 1, "and the lock is held again")

    def sound_events(self, file):
        result = subprocess.run([WARDENCTL, "journal", "verify", file, "--hash-key", KEY, "--json"],
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return json.loads(result.stdout)["events"]

    def test_a_disk_without_room_is_a_trouble_until_there_is_room(self):
        with small_file_system("6m") as folder:
            ballast = folder / "ballast"
            ballast.write_bytes(bytes(4 << 20))
            board = self.open_board(folder / "journal", "--journal-size", "5M")
            wait_until(self.asked(b"events", rb"journal.*no room|journal.*full"), "the journal says that there is no room")
            self.check_door(board)
            ballast.unlink()
            wait_until(self.asked(b"events", rb"(?s)restored.*journal|journal.*restored"), "it catches up once there is")
            self.assertEqual(board.end(), 0)
            self.assertGreater(self.sound_events(folder / "journal"), 3, "what happened meanwhile is there too")

    def test_a_file_system_that_takes_no_writes_is_a_trouble(self):
        with small_file_system("6m") as folder:
            board = self.open_board(folder / "journal", "--journal-size", "5M")
            self.check_door(board)
            self.assertEqual(board.end(), 0)
            events = self.sound_events(folder / "journal")
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            board = self.open_board(folder / "journal")
            wait_until(self.asked(b"events", rb"journal.*read-only|journal.*no writes"), "the journal says that it is read-only")
            self.check_door(board)
            self.assertEqual(board.end(), 0)
            self.assertEqual(self.sound_events(folder / "journal"), events)

    def test_a_file_that_is_too_small_or_none_is_left_alone_and_said(self):
        small = work / "small.journal"
        small.write_bytes(b"something else\n" * 1000)
        folder = work / "journal.folder"
        folder.mkdir(exist_ok=True)
        for file in (folder, pathlib.Path("/dev/full"), work / "nowhere" / "journal"):
            with self.subTest(file):
                board = self.open_board(file)
                wait_until(self.asked(b"events", rb"journal"), "the journal is a trouble")
                self.check_door(board)
                self.assertEqual(board.end(), 0)
        before = small.read_bytes()
        board = self.open_board(small, "--journal-size", "4M")
        wait_until(self.asked(b"events", rb"journal"), "what is no journal is a trouble")
        self.check_door(board)
        self.assertEqual(board.end(), 0)
        self.assertEqual(small.read_bytes()[:len(before)], before, "nothing of it is overwritten")

    def test_a_journal_that_was_cut_short_is_not_taken_for_whole(self):
        file = work / "cut.journal"
        file.unlink(missing_ok=True)
        board = self.open_board(file, "--journal-size", "4M")
        self.check_door(board)
        self.assertEqual(board.end(), 0)
        events = self.sound_events(file)
        os.truncate(file, file.stat().st_size // 2)
        board = self.open_board(file)
        self.check_door(board)
        self.assertEqual(board.end(), 0)
        result = subprocess.run([WARDENCTL, "journal", "verify", file, "--hash-key", KEY, "--json"],
                                capture_output=True, text=True, timeout=PATIENCE)
        found = json.loads(result.stdout)
        self.assertEqual(result.returncode, 1, "what was cut off is missed")
        self.assertGreater(found["events"], events, "what was left is there, and went on")
        self.assertEqual({problem["area"] for problem in found["problems"]}, {"state"}, "the second copy of the state")

    def test_sizes_that_are_none_end_with_64(self):
        for size in ("3M", "0", "much", "4T", "-1", "4Mx"):
            with self.subTest(size):
                result = subprocess.run(
                    [WARDEND, "--image", image, "--hash-key", KEY, "--journal", work / "never", "--journal-size", size],
                    capture_output=True, text=True, timeout=PATIENCE)
                self.assertEqual(result.returncode, 64)
                self.assertIn("is no size of a journal", result.stderr)
        self.assertFalse((work / "never").exists())


class SystemUpdates(OnTheBench):
    """Bundles for the system below, which this test plays: it takes what is handed over and says how far it is."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=work))
        self.state, self.status = self.folder / "state", self.folder / "status"
        self.bundle = self.folder / "warden-bench_0.2.0.raucb"
        self.bundle.write_bytes(os.urandom(300_000))
        self.socket = self.folder / "socket"

    def run_board(self, *more):
        return self.start("--socket", self.socket, "--state", self.state, *more)

    def client(self, *words, **more):
        return subprocess.Popen(
            [WARDENCTL, "update", "--socket", self.socket, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, **more)

    def tell(self, client, words):
        """Waits for the bundle as the system below does, and says `words` of it one after the other."""
        handed = self.state / "update.raucb"
        wait_until(lambda: handed.exists() or client.poll() is not None, "the bundle is handed over", 120)
        if client.poll() is not None:
            self.fail(f"the client ended: {client.communicate()}")
        content = handed.read_bytes()
        handed.unlink()
        for word in words:
            new = self.status.with_suffix(".new")
            new.write_text(f"{hashlib.sha256(content).hexdigest()} {word}\n")
            new.rename(self.status)
            time.sleep(1.5)
        return content

    def end(self, client):
        output, errors = client.communicate(timeout=120)
        return client.returncode, output, errors

    def test_a_bundle_is_handed_over_whole_while_doors_are_served(self):
        board = self.run_board("--update-status", self.status)
        board.tell(f"input 0 {CONTACT} 0")
        # What was said of an earlier one is not this one's.
        self.status.write_text("0" * 64 + " rsomething else\n")
        client = self.client(self.bundle)
        board.tell(f"input 0 {BUTTON} 0")
        wait_until(lambda: board.level(LOCK) == 0, "the door is released")
        board.tell(f"input 0 {BUTTON} 1")
        content = self.tell(client, ["wlooked at and written, 40 %", "d"])
        self.assertEqual(content, self.bundle.read_bytes())
        code, output, errors = self.end(client)
        self.assertEqual((code, output), (0, "update: written; the board starts it as soon as there is no alarm\n"), errors)
        self.assertIn("looked at and written, 40 %", errors)
        self.assertFalse((self.state / "update.part").exists())
        events = subprocess.run(
            [WARDENCTL, "events", "--socket", self.socket], capture_output=True, text=True, timeout=120).stdout
        self.assertRegex(events, "command system-update started by user")
        self.assertRegex(events, "command system-update done by user")

    def test_the_reason_of_a_refusal_comes_back(self):
        self.run_board("--update-status", self.status)
        client = self.client(self.bundle)
        self.tell(client, ["rthe update has version 0.1.0, and 0.2.0 runs: only newer ones are taken"])
        code, output, errors = self.end(client)
        self.assertEqual((code, output), (1, ""))
        self.assertIn("the update is refused: the update has version 0.1.0, and 0.2.0 runs", errors)

    @staticmethod
    def has(path):
        """Bytes of a file that may go away meanwhile."""
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def interrupted(self):
        """Part of a transfer, whose client and board were killed in the middle."""
        self.bundle.write_bytes(os.urandom(6_000_000))
        board = self.run_board("--update-status", self.status)
        client = self.client(self.bundle)
        part = self.state / "update.part"
        wait_until(lambda: self.has(part) > 100_000 or client.poll() is not None, "something has come", 120)
        client.kill()
        client.communicate()
        board.end(signal.SIGKILL)
        if not part.exists() or part.stat().st_size == 6_000_000:
            # A quick machine was done before it was killed: what one in the middle would have left.
            (self.state / "update.raucb").unlink(missing_ok=True)
            content = self.bundle.read_bytes()
            part.write_bytes(content[:2_000_000])
            (self.state / "update.record").write_bytes(
                b"WUPD" + struct.pack("<I", len(content)) + hashlib.sha256(content).digest())
        return part

    def test_one_that_was_interrupted_goes_on_where_it_was(self):
        self.interrupted()
        self.run_board("--update-status", self.status)
        client = self.client(self.bundle)
        content = self.tell(client, ["d"])
        self.assertEqual(self.end(client)[0], 0)
        self.assertEqual(content, self.bundle.read_bytes())

    def test_what_is_not_what_was_announced_is_handed_to_nobody_and_forgotten(self):
        part = self.interrupted()
        with open(part, "r+b") as file:
            file.write(bytes([self.bundle.read_bytes()[0] ^ 1]))
        self.run_board("--update-status", self.status)
        code, _, errors = self.end(self.client(self.bundle))
        self.assertEqual(code, 1)
        self.assertIn("its SHA-256 is not the one that was announced", errors)
        self.assertFalse((self.state / "update.raucb").exists())
        self.assertFalse(part.exists())
        again = self.client(self.bundle)
        self.assertEqual(self.tell(again, ["d"]), self.bundle.read_bytes())
        self.assertEqual(self.end(again)[0], 0)

    def test_another_bundle_takes_the_place_of_one_that_was_interrupted_and_it_can_be_dropped(self):
        part = self.interrupted()
        self.run_board("--update-status", self.status)
        other = self.folder / "other.raucb"
        other.write_bytes(b"another bundle")
        client = self.client(other)
        self.assertEqual(self.tell(client, ["d"]), b"another bundle")
        self.assertEqual(self.end(client)[0], 0)
        self.assertFalse(part.exists())
        self.assertEqual(self.end(self.client("--status"))[:2], (0, "update: written; the board starts it as soon as there is no alarm\n"))
        self.assertEqual(self.end(self.client("--drop"))[0], 0)

    def test_a_board_whose_system_takes_none_says_so(self):
        self.run_board()
        code, _, errors = self.end(self.client(self.bundle))
        self.assertEqual(code, 69)
        self.assertIn("takes no updates of its system over a link", errors)


class Recorder(OnTheBench):
    """The flight recorder: what a board was told, out of its journal's file, decides the same again."""

    def run_tool(self, *command):
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE)

    def recorded(self, end=signal.SIGTERM):
        journal = work / "recorded.journal"
        journal.unlink(missing_ok=True)
        board = self.start("--journal", journal, "--journal-size", "16M")
        board.tell("device 1 0x76")
        for place, value in CLIMATE_REGISTERS.items():
            board.tell(f"register 1 0x76 {place} {value}")
        self.reader.write(UNKNOWN_CARD)
        time.sleep(0.2)
        self.reader.write(KNOWN_CARD)
        wait_until(lambda: board.level(LOCK) == 0, "the lock is released")
        wait_until(lambda: board.level(LOCK) == 1, "the lock is held again")
        board.tell(f"input 0 {CONTACT} 1")
        time.sleep(0.3)
        board.tell(f"input 0 {CONTACT} 0")
        # A decision is on the disk within a second.
        time.sleep(1.5)
        board.end(end)
        return journal

    def write_over_start(self, journal):
        """As the ring does once it has come round."""
        data = bytearray(journal.read_bytes())
        first = data.index(b"WFR1") - 4
        data[first:first + 4096] = bytes(4096)
        journal.write_bytes(data)

    def pulled(self, journal):
        recording = work / "gate.recording"
        result = self.run_tool(WARDENCTL, "recorder", "pull", journal, "--image", image, "-o", recording)
        self.assertEqual(result.returncode, 0, result.stderr)
        return recording

    def test_a_recording_decides_the_same_again_after_an_orderly_end_and_after_a_kill(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(end):
                recording = self.pulled(self.recorded(end))
                result = self.run_tool(WARDENSIM, "replay", recording)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                self.assertIn("every one as it was recorded", result.stdout)
                for said in ("access gate granted", "access gate denied unknown-credential", "line lock off",
                             "line lock on", "door gate opened"):
                    self.assertIn(said, result.stdout)

    def test_no_card_is_in_a_recording(self):
        data = self.pulled(self.recorded()).read_bytes()
        for card in (b"0500207B32", b"0114AE3BBC"):
            self.assertNotIn(card, data)
            self.assertNotIn(bytes.fromhex(card.decode()), data)

    def test_a_recording_of_another_image_or_a_damaged_one_is_found_out(self):
        journal = self.recorded()
        other = build_board("lost", BOARD.format(reader=work / "reader").replace(
            'groups: [residents]}]', 'groups: [residents], status: lost}]'))
        recording = work / "other.recording"
        self.run_tool(WARDENCTL, "recorder", "pull", journal, "--image", other, "-o", recording)
        result = self.run_tool(WARDENSIM, "replay", recording, "--quiet")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, "DIFFERS, at [0-9.]+ s")
        sound = self.pulled(journal).read_bytes()
        for name, data in (("empty", b""), ("cut short", sound[:-5]), ("text", b"no recording\n" * 100)):
            with self.subTest(name):
                recording.write_bytes(data)
                result = self.run_tool(WARDENSIM, "replay", recording)
                self.assertEqual(result.returncode, 65)
                self.assertIn("is no recording", result.stderr)
        damaged = bytearray(sound)
        damaged[-2000] ^= 1
        recording.write_bytes(damaged)
        result = self.run_tool(WARDENSIM, "replay", recording, "--quiet")
        self.assertEqual(result.returncode, 65)
        self.assertIn("is damaged", result.stderr)

    def test_a_run_whose_start_is_written_over_is_named_and_not_pulled(self):
        journal = work / "recorded.journal"
        journal.unlink(missing_ok=True)
        board = self.start("--journal", journal, "--journal-size", "16M")
        # Enough for more than one page.
        for step in range(600):
            board.tell(f"input 0 {CONTACT} {1 - step % 2}")
            time.sleep(0.01)
        time.sleep(1.5)
        self.assertEqual(board.end(), 0)
        self.write_over_start(journal)
        result = self.run_tool(WARDENCTL, "recorder", "list", journal)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"run 0: \d+ pages, .*; does not replay, no key frame is in it")
        recording = work / "headless.recording"
        result = self.run_tool(WARDENCTL, "recorder", "pull", journal, "--image", image, "-o", recording)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("it does not replay", result.stderr)
        result = self.run_tool(WARDENSIM, "replay", recording)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("NOT PLAYED: neither the board's start nor a key frame is in this recording", result.stdout)

    def test_a_run_whose_start_is_written_over_replays_from_its_key_frame(self):
        journal = work / "recorded.journal"
        journal.unlink(missing_ok=True)
        console = Terminal(work / "console")
        self.addCleanup(console.close)
        text = BOARD.format(reader=work / "reader").replace("board: gate", "board: gate\nconsole_role: technician")
        technical = build_board("technical", text)
        board = self.start(
            "--journal", journal, "--journal-size", "16M", "--console", work / "console", image_file=technical)
        board.tell(f"input 0 {CONTACT} 1")
        self.reader.write(UNKNOWN_CARD)
        time.sleep(0.3)
        wait_until(lambda: b"'help'" in console.read(), "the console greets")
        console.write(b"recorder mark 7 --plain\r")
        wait_until(lambda: b"exit 0" in console.read(), "the mark is made")
        board.tell(f"input 0 {CONTACT} 0")
        self.reader.write(KNOWN_CARD)
        wait_until(lambda: board.level(LOCK) == 0, "the lock is released")
        wait_until(lambda: board.level(LOCK) == 1, "the lock is held again")
        time.sleep(1.5)
        self.assertEqual(board.end(), 0)
        self.write_over_start(journal)
        result = self.run_tool(WARDENCTL, "recorder", "list", journal, "--json")
        self.assertTrue(json.loads(result.stdout)["recordings"][-1]["replays"], result.stdout)
        recording = work / "marked.recording"
        result = self.run_tool(WARDENCTL, "recorder", "pull", journal, "--image", technical, "-o", recording)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = self.run_tool(WARDENSIM, "replay", recording)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("granted", result.stdout)
        self.assertIn("every one as it was recorded", result.stdout)

    def test_what_there_is_to_pull_is_listed_and_the_ring_goes_on_over_restarts(self):
        journal = self.recorded()
        board = self.start("--journal", journal)
        time.sleep(1.5)
        self.assertEqual(board.end(), 0)
        result = self.run_tool(WARDENCTL, "recorder", "list", journal, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([found["run"] for found in json.loads(result.stdout)["recordings"]], [0, 1])
        for run in (0, 1):
            recording = work / f"run{run}.recording"
            result = self.run_tool(
                WARDENCTL, "recorder", "pull", journal, "--image", image, "--run", run, "-o", recording)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.run_tool(WARDENSIM, "replay", recording, "--quiet").returncode, 0)
        result = self.run_tool(WARDENCTL, "recorder", "pull", journal, "--image", image, "--run", 9, "-o", work / "none")
        self.assertEqual(result.returncode, 1)
        self.assertIn("nothing of that is recorded", result.stderr)
        small = work / "recorded.small"
        small.unlink(missing_ok=True)
        board = self.start("--journal", small, "--journal-size", "4M")
        time.sleep(0.3)
        self.assertEqual(board.end(), 0)
        result = self.run_tool(WARDENCTL, "recorder", "list", small)
        self.assertEqual(result.returncode, 65)
        self.assertIn("no room for a flight recorder", result.stderr)


if __name__ == "__main__":
    unittest.main()
