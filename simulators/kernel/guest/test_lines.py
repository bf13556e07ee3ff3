"""What lines do before, during and after wardend, on a kernel's own GPIO: start, orderly end, kill, stall, watchdog.

Run inside the simulated machine by simulators/kernel/test.
"""

import pathlib
import signal
import subprocess
import time
import unittest

from devices import PATIENCE, RESULTS, Board, Chip, DeadAdapter, SerialPort, Trace, build_board, wait_until

BOARD = """
board: bench
groups: [residents]
chips: {gpio: {match: bench, lines: 16}}
capacities: {events: 256, credentials: 16, links: 2, consoles: 1}
inputs:
  contact: {pin: gpio 0, active: high, debounce: 0 s}
  button: {pin: gpio 1, active: low, debounce: 0 s}
outputs:
  maglock: {pin: gpio 2, active: high, start: active, exit: inactive}
  strike: {pin: gpio 3, active: low, start: inactive, exit: inactive}
  lamp: {pin: gpio 4, active: low, start: inactive, exit: keep}
  valve: {pin: gpio 5, active: high, start: inactive, exit: active}
  pump: {pin: gpio 6, active: high, start: active, exit: keep}
ports: {reader_port: {device: /dev/ttyACM0, baud: 9600}}
buses: {sensors: {device: /dev/i2c-0, timeout: 100 ms}}
sensors: {climate: {chip: bmp280, bus: sensors, address: 0x76, interval: 1 s}}
points: {temperature: {measures: climate.temperature, range: -20 °C to 60 °C}}
doors:
  gate: {lock_kind: maglock, lock: maglock, contact: contact, exit_button: button, unlock: 300 ms, extended_unlock: 1 s,
         groups: [residents], egress: false, relock: after-time}
  side: {lock_kind: strike-fail-secure, lock: strike, unlock: 300 ms, extended_unlock: 1 s, groups: [residents],
         egress: false, relock: after-time}
readers: {reader: {protocol: serial-tag, port: reader_port, door: gate, hold_off: 0 s}}
credentials: [{tag: "0500207B32", groups: [residents]}]
"""
KNOWN_CARD = bytes.fromhex("02 30353030323037423332 3643 0D0A 03")
CONTACT, BUTTON, MAGLOCK, STRIKE, LAMP, VALVE, PUMP = range(7)

# Line: how the resistor outside pulls it, its level in the claiming request and its level after an orderly end, all
# physical. The resistor says what happens where no program drives the line: each is the safe state of what hangs there.
OUTPUTS = {
    #          outside  start  end
    MAGLOCK: ( 0,       1,     0),
    STRIKE:  ( 1,       1,     1),
    LAMP:    ( 1,       1,     1),
    VALVE:   ( 0,       0,     1),
    PUMP:    ( 0,       1,     1),
}


class OnTheKernel(unittest.TestCase):
    def setUp(self):
        self.chip.pull(CONTACT, False)
        self.chip.pull(BUTTON, True)
        for line, (outside, _, _) in OUTPUTS.items():
            self.chip.pull(line, bool(outside))
        self.trace.clear()

    @classmethod
    def setUpClass(cls):
        if not hasattr(OnTheKernel, "chip"):
            OnTheKernel.chip = Chip("bench", 16)
            OnTheKernel.trace = Trace(cls.chip)
            OnTheKernel.image = build_board("bench", BOARD)

    def start(self, *options):
        board = Board(self.image, *options)
        self.addCleanup(lambda: board.process.poll() is None and board.process.kill())
        board.wait_for("ready")
        return board

    def levels(self):
        return {line: self.chip.level(line) for line in OUTPUTS}

    def expected(self, place):
        return {line: states[place] for line, states in OUTPUTS.items()}


class Lines(OnTheKernel):
    def test_before_the_program_the_resistors_outside_decide(self):
        self.assertEqual(self.levels(), self.expected(0))

    def test_each_output_is_in_its_state_from_the_claiming_request_on_without_a_glitch(self):
        board = self.start()
        for line, (_, start, _) in OUTPUTS.items():
            with self.subTest(line):
                # One write, that of the request: the kernel notes every one.
                self.assertEqual(self.trace.levels(line), [start])
        self.assertEqual(self.levels(), self.expected(1))
        self.assertEqual(board.end(), 0)

    def test_a_signal_to_end_leaves_each_output_as_the_board_file_says(self):
        for with_signal in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(with_signal):
                self.trace.clear()
                board = self.start()
                self.assertEqual(board.end(with_signal), 0)
                left = {line: self.trace.levels(line)[-1] for line in OUTPUTS}
                self.assertEqual(left, self.expected(2))
                # gpio-sim gives a released line back to its resistor; other chips leave it as it was.
                self.assertEqual(self.levels(), self.expected(0))

    def test_killed_it_drives_nothing_more_and_the_resistors_decide(self):
        board = self.start()
        self.trace.clear()
        self.assertEqual(board.end(signal.SIGKILL), -signal.SIGKILL)
        self.assertEqual({line: self.trace.levels(line) for line in OUTPUTS}, {line: [] for line in OUTPUTS})
        self.assertEqual(self.levels(), self.expected(0))

    def test_killed_while_a_door_is_released_it_starts_again_locked(self):
        board = self.start()
        self.chip.pull(BUTTON, False)
        wait_until(lambda: self.chip.level(MAGLOCK) == 0, "the button releases the lock")
        board.end(signal.SIGKILL)
        self.chip.pull(BUTTON, True)
        self.trace.clear()
        again = self.start()
        self.assertEqual(self.trace.levels(MAGLOCK), [1])
        self.assertEqual(again.end(), 0)

    def test_stalled_it_holds_every_line_and_goes_on_where_it_was(self):
        board = self.start()
        board.process.send_signal(signal.SIGSTOP)
        self.trace.clear()
        self.chip.pull(BUTTON, False)
        time.sleep(2)
        self.assertEqual({line: self.trace.levels(line) for line in OUTPUTS}, {line: [] for line in OUTPUTS})
        self.assertEqual(self.levels(), self.expected(1))
        board.process.send_signal(signal.SIGCONT)
        wait_until(lambda: self.chip.level(MAGLOCK) == 0, "the press that came meanwhile releases the lock")
        self.assertEqual(board.end(), 0)

    def test_a_line_that_somebody_else_holds_is_named_and_the_rest_works(self):
        other = build_board("other", BOARD.replace("board: bench", "board: other"))
        first = self.start()
        second = subprocess.Popen(
            [first.process.args[0], "--image", other, "--hash-key", first.process.args[4]], stderr=subprocess.PIPE,
            text=True)
        time.sleep(1)
        second.send_signal(signal.SIGTERM)
        _, said = second.communicate(timeout=PATIENCE)
        self.assertIn("line 'maglock' cannot be claimed: Device or resource busy", said)
        self.assertEqual(self.levels(), self.expected(1))
        self.assertEqual(first.end(), 0)


class DeadBus(OnTheKernel):
    def test_calls_that_never_return_are_reported_and_replaced_and_take_neither_doors_nor_watchdog_nor_the_end(self):
        adapter = DeadAdapter("i2c-0")
        self.addCleanup(adapter.close)
        board = self.start("--watchdog", "/dev/watchdog0")
        wait_until(lambda: "trouble sensor climate" in board.log, "the sensor that was asked is in trouble")
        # Long enough for every spare thread to be used up, and for a watchdog that is not fed to reset the machine.
        for _ in range(6):
            time.sleep(20)
            self.chip.pull(BUTTON, False)
            wait_until(lambda: self.chip.level(MAGLOCK) == 0, "the button releases the lock meanwhile")
            self.chip.pull(BUTTON, True)
            wait_until(lambda: self.chip.level(MAGLOCK) == 1, "and it locks again")
        threads = [path.read_text().strip() for path in pathlib.Path(f"/proc/{board.process.pid}/task").glob("*/comm")]
        self.assertEqual(threads.count("i2c"), 3, "the bus's thread and its two spare ones, all of them stuck")
        self.assertEqual(board.end(), 0)


class Serial(OnTheKernel):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not hasattr(Serial, "port"):
            Serial.port = SerialPort()

    def opens(self):
        self.port.write(KNOWN_CARD)
        time.sleep(0.2)
        return self.chip.level(MAGLOCK) == 0

    def test_a_reader_that_is_unplugged_and_returns_reads_again_while_the_button_works_throughout(self):
        board = self.start()
        wait_until(self.opens, "a card opens")
        wait_until(lambda: self.chip.level(MAGLOCK) == 1, "and it locks again")
        self.port.unplug()
        wait_until(lambda: "trouble port reader_port gone" in board.log, "the port is in trouble")
        self.chip.pull(BUTTON, False)
        wait_until(lambda: self.chip.level(MAGLOCK) == 0, "the button works meanwhile")
        self.chip.pull(BUTTON, True)
        self.port.plug_in()
        wait_until(lambda: "restored port reader_port" in board.log, "the port is back")
        wait_until(self.opens, "a card opens again")
        self.assertEqual(board.end(), 0)

    def test_garbage_and_half_frames_open_nothing_and_a_card_still_does(self):
        board = self.start()
        for chunk in (b"\xff" * 200, KNOWN_CARD[:-1], b"\x02" * 90, KNOWN_CARD[3:]):
            self.port.write(chunk)
            time.sleep(0.05)
        time.sleep(0.2)
        self.assertEqual(self.trace.levels(MAGLOCK), [1])
        wait_until(self.opens, "a card is read after the garbage")
        self.assertEqual(board.end(), 0)


class Stub(OnTheKernel):
    """i2c-stub: an adapter of the kernel that speaks SMBus only, as some boards' do."""

    def test_a_sensor_is_read_over_an_adapter_that_speaks_smbus_only(self):
        kernel = pathlib.Path(subprocess.run(["cat", "/proc/cmdline"], capture_output=True, text=True).stdout
                              .split("KERNEL=")[1].split()[0])
        subprocess.run(["busybox", "insmod", kernel / "i2c-stub.ko", "chip_addr=0x76"], check=True)
        wait_until(lambda: pathlib.Path("/dev/i2c-0").exists(), "the adapter appears")
        board = self.start()
        wait_until(lambda: "trouble sensor climate" in board.log, "registers of zeros are no BMP280")
        self.assertNotIn("bus-missing", board.log)
        self.assertNotIn("trouble bus", board.log)
        self.assertEqual(board.end(), 0)


if __name__ == "__main__":
    unittest.main()
