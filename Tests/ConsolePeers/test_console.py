#!/usr/bin/env python3
"""The console as a technician meets it: picocom on the terminal of a simulated board, or wardenctl over Warden Link, its screen
kept by pyte.

usage: Tests/ConsolePeers/test_console.py [-v] [LineTest.test_NAME | LinkTest.test_NAME]        what .ci/test-console runs

Needs wardensim and wardenctl built, picocom, minicom and screen (Debian), pexpect and pyte (PyPI). What is sent and shown goes through real programs; only
the wire between them is the kernel's pseudo-terminal, which has no speed of its own.
"""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import pexpect
import pyte

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Of the demonstration board's technician; see boards/lobby.yaml.
FITTER_PIN = "135790"
WARDENSIM = pathlib.Path(os.environ.get("WARDENSIM", ROOT / ".build" / "debug" / "wardensim"))
WARDENCTL = WARDENSIM.with_name("wardenctl")

CALM = """scenario: console
description: Somebody sits at the console
board: lobby.yaml
start: 2026-11-20T18:00:00+08:00
clock: synchronised
duration: {duration} s
steps:
  - at: 0 s
    set: {{sensor: probes, quantity: input0, to: 0.4 V}}
  - set: {{sensor: probes, quantity: input1, to: 2.5 V}}
  - set: {{sensor: climate, quantity: temperature, to: 21 °C}}
  - set: {{sensor: climate, quantity: humidity, to: 50 %RH}}
  - set: {{sensor: climate, quantity: pressure, to: 100000 Pa}}
  - set: {{sensor: wearer, quantity: acceleration_y, to: -1 g}}
  - set: {{sensor: wearer, quantity: acceleration_z, to: 0 g}}
"""
LEAK = """  - at: {at} s
    set: {{sensor: probes, quantity: input1, to: 0.9 V}}
"""


class Screen(pyte.Screen):
    """A terminal that answers when it is asked where its cursor is."""

    child = None

    def write_process_input(self, data):
        if self.child is not None:
            self.child.send(data)


class Terminal:
    """A program that shows the console, on a terminal of so many columns and rows."""

    def __init__(self, command, columns=80, rows=24):
        self.child = pexpect.spawn(command[0], command[1:], dimensions=(rows, columns), encoding=None)
        self.screen = Screen(columns, rows)
        self.screen.child = self.child
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""

    def pump(self, seconds=0.05):
        try:
            data = self.child.read_nonblocking(4096, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self.stream.feed(data)

    def send(self, text):
        self.child.send(text)

    def line(self, text):
        self.send(text + "\r")

    @property
    def rows(self):
        return [row.rstrip() for row in self.screen.display]

    @property
    def current(self):
        return self.rows[self.screen.cursor.y]

    def wait(self, condition, what, seconds=30):
        """Waits until the screen is as it should be; fails with what it shows instead."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump()
            if condition():
                return
        shown = "\n".join(row for row in self.rows if row)
        raise AssertionError(f"never saw {what}; the screen shows:\n{shown}")

    def wait_text(self, text, seconds=30):
        self.wait(lambda: any(text in row for row in self.rows), repr(text), seconds)

    def wait_prompt(self, prompt=">", seconds=30):
        self.wait(lambda: self.current == prompt, f"the prompt {prompt!r}", seconds)

    def resize(self, columns, rows):
        self.child.setwinsize(rows, columns)
        self.screen.resize(rows, columns)

    def clear(self):
        self.send("\x0c")
        self.pump(0.2)
        self.screen.reset()
        self.send("\x15\r")
        self.wait(lambda: self.current.endswith(">"), "a prompt")

    def close(self):
        self.child.close(force=True)


class Bench(unittest.TestCase):
    """A simulated board, and a program that shows its console."""

    def start(self, leak_at=None, duration=120):
        folder = tempfile.mkdtemp(prefix="warden-console-")
        self.addCleanup(shutil.rmtree, folder)
        scenario = pathlib.Path(folder) / "console.yaml"
        text = CALM.format(duration=duration) + (LEAK.format(at=leak_at) if leak_at else "")
        scenario.write_text(text, encoding="utf-8")
        self.trace = pathlib.Path(folder) / "trace"
        # The lobby as it would be anywhere else: whoever has not logged in only looks.
        board = pathlib.Path(folder) / "lobby.yaml"
        lobby = (ROOT / "boards" / "lobby.yaml").read_text(encoding="utf-8")
        board.write_text(re.sub(r"^console_role:.*\n", "", lobby, flags=re.MULTILINE), encoding="utf-8")
        self.board = subprocess.Popen(
            [WARDENSIM, board, scenario, "--hash-key", "boards/demo.hashkey", "--console-pty", "--speed",
             "1", "--trace", self.trace, "--socket", pathlib.Path(folder) / "socket"],
            cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(self.end)
        while True:
            row = self.board.stdout.readline().decode()
            if not row:
                self.fail("wardensim told no terminal")
            found = re.match(r"console on (\S+)", row)
            if found:
                self.path = found.group(1)
                self.socket = str(pathlib.Path(folder) / "socket")
                return self.open()

    def open(self, **options):
        terminal = Terminal(self.command(), **options)
        self.addCleanup(terminal.close)
        terminal.send("\r")
        terminal.wait(lambda: terminal.current.endswith(">"), "a prompt")
        return terminal

    def open_after_a_pulled_cable(self, terminal):
        terminal.pump(0.3)
        terminal.child.kill(signal.SIGKILL)
        terminal.close()
        time.sleep(1)
        again = self.open()
        again.clear()
        return again

    def end(self):
        self.board.send_signal(signal.SIGTERM)
        try:
            self.board.wait(20)
        except subprocess.TimeoutExpired:
            self.board.kill()
        self.board.stdout.close()

    def log_in(self, terminal, name="caretaker", pin="2468"):
        terminal.line("login " + name)
        terminal.wait_prompt("PIN:")
        terminal.line(pin)


class EveryConsole:
    """What holds at a line and over Warden Link alike."""

    def test_mistakes_name_their_remedy_and_keys_edit(self):
        terminal = self.start()
        terminal.line("dors")
        terminal.wait_text("did you mean 'doors'?")
        terminal.line("door entrance")
        terminal.wait_text("usage: door NAME unlock|lock|free|lockdown|restore")
        # Typed with a mistake in the middle, mended with the cursor keys, Home and Tab.
        terminal.send("oors\x1b[H")
        terminal.send("d\x1b[F\x1b[D\x1b[C")
        terminal.wait(lambda: terminal.current == "> doors", "the mended line")
        terminal.send("\x15ver\t")
        terminal.wait(lambda: terminal.current == "> version", "the completed line")
        terminal.send("\r")
        terminal.wait_text("Warden ")
        terminal.send("\x1b[A")
        terminal.wait(lambda: terminal.current == "> version", "the line before")

    def test_login_is_needed_to_act_and_its_pin_is_seen_nowhere(self):
        terminal = self.start()
        terminal.line("door entrance unlock")
        terminal.wait_text("log in first: 'login NAME'")
        self.log_in(terminal, pin="8642975")
        terminal.wait_text("error: name or PIN is wrong")
        time.sleep(1.2)
        self.log_in(terminal)
        terminal.wait_prompt("caretaker>")
        terminal.line("door entrance unlock")
        terminal.wait_text("ok")
        terminal.line("events kind command")
        # The row is longer than the terminal is wide.
        terminal.wait(
            lambda: re.search(
                r"command door-unlock entrance done by console \d user caretaker", "".join(terminal.screen.display)),
            "who unlocked the door")
        terminal.line("logout")
        terminal.wait_prompt(">")
        for _ in range(6):
            terminal.send("\x1b[A")
            terminal.pump(0.1)
        terminal.clear()
        self.end()
        for pin in (b"8642975", b"2468"):
            self.assertNotIn(pin, terminal.raw)
            self.assertNotIn(pin, self.trace.read_bytes())

    def test_guessing_locks_the_console_out(self):
        terminal = self.start()
        for delay in (1, 2, 4, 8):
            self.log_in(terminal, pin="0000")
            terminal.wait_prompt(">")
            terminal.line("login caretaker")
            terminal.wait_text("too many attempts; wait so many seconds:")
            time.sleep(delay + 0.5)
            terminal.clear()
        self.log_in(terminal, pin="0000")
        terminal.wait_text("no more attempts for 5 minutes")
        terminal.line("login fitter")
        terminal.wait(
            lambda: any(re.search(r"seconds: (29\d|30[01])$", row) for row in terminal.rows), "the lock-out's length")

    def test_chinese_stands_in_columns(self):
        terminal = self.start()
        terminal.line("language zh")
        terminal.wait_text("控 制 台 已 切 换 为 中 文 。".replace(" ", ""))
        terminal.line("doors")
        terminal.wait_text("锁已锁闭")
        terminal.line("help door")
        terminal.wait_text("按设定时间开门")
        terminal.line("statsu")
        terminal.wait_text("是否要输入")
        terminal.line("language en")
        terminal.wait_text("The console speaks English.")

    def test_a_paste_of_10000_characters_does_nothing_and_is_said(self):
        terminal = self.start()
        for paste in ("x" * 10_000, "door entrance unlock\r" * 477):
            terminal.send(paste)
            terminal.send("\r")
            end = time.monotonic() + 5
            while time.monotonic() < end:
                terminal.pump()
            terminal.clear()
            terminal.line("version")
            terminal.wait_text("Warden 0.")
        said = (b"Too much was typed at once" in terminal.raw, b"the line is longer than" in terminal.raw)
        self.assertTrue(any(said), terminal.raw[-2000:])

    def test_an_alarm_announces_itself_above_what_is_being_typed(self):
        terminal = self.start(leak_at=8)
        terminal.send("events kind al")
        terminal.wait(
            lambda: any(row.startswith("*** ") and "alarm riser_leak alarm" in row for row in terminal.rows), "the alarm", 60)
        terminal.wait(lambda: terminal.current == "> events kind al", "the line under way", 10)
        terminal.send("arm\r")
        terminal.wait(lambda: any(row.startswith("#") and "riser_leak" in row for row in terminal.rows), "the event")

    def test_a_cable_pulled_in_the_middle_of_a_line_harms_nothing(self):
        terminal = self.start()
        terminal.send("door entr")
        again = self.open_after_a_pulled_cable(terminal)
        again.line("version")
        again.wait_text("Warden 0.")

    def test_a_script_reads_stable_output_with_an_exit_line(self):
        terminal = self.start()
        terminal.line("doors --plain")
        terminal.wait_text("exit 0 done")
        self.assertIn(b"entrance\tsecured\tlock secured\tclosed\r\n", terminal.raw)
        terminal.line("fire reset --plain")
        terminal.wait_text("exit 5 not-confirmed")
        terminal.line("fire reset --plain --yes")
        terminal.wait_text("exit 4 not-permitted")
        terminal.line("nonsense --plain")
        terminal.wait_text("exit 2 usage")


class OtherTerminalsTest(Bench):
    """What a technician may have instead of picocom."""

    def edits_and_shows_chinese(self, program, *arguments):
        if not shutil.which(program):
            self.assertNotEqual(os.environ.get("WARDEN_PEERS"), "required", f"{program} is required here")
            self.skipTest(f"SKIPPED: no {program}: run `make peers`")
        self.command = lambda: ["env", "LANG=C.UTF-8", "TERM=vt100", program, *arguments, self.path]
        terminal = self.start()
        terminal.line("door entrance")
        terminal.wait_text("usage: door NAME unlock|lock|free|lockdown|restore")
        terminal.send("ver\t")
        terminal.wait(lambda: terminal.current == "> version", "the completed line")
        terminal.send("\r")
        terminal.wait_text("Warden 0.")
        terminal.send("\x1b[A")
        terminal.wait(lambda: terminal.current == "> version", "the line before")
        terminal.send("\x15")
        terminal.line("language zh")
        terminal.wait_text("控制台已切换为中文。")

    def test_minicom(self):
        self.edits_and_shows_chinese("minicom", "-b", "115200", "-o", "-D")

    def test_screen(self):
        self.edits_and_shows_chinese("screen", "-U")


class LineTest(EveryConsole, Bench):
    """picocom on a line of 9,600 baud."""

    def command(self):
        return ["picocom", "-q", "--nolock", "-b", "9600", self.path]

    def test_a_point_is_forced_for_a_while_and_what_a_door_needs_is_refused(self):
        terminal = self.start()
        self.log_in(terminal, "fitter", FITTER_PIN)
        terminal.wait_prompt("fitter>")
        terminal.line("point siren on 2")
        terminal.wait_text("Sure?")
        terminal.send("y")
        terminal.wait_text("ok")
        terminal.line("points")
        terminal.wait_text("forced")
        terminal.wait_text("user fitter")
        terminal.line("point entrance_lock off --yes")
        terminal.wait_text("a door needs it to let people out")
        time.sleep(2.2)
        terminal.line("events 20 kind command")
        terminal.wait_text("command point-release siren done")

    def test_commissioning_is_walked_through_stopped_and_reported(self):
        terminal = self.start(duration=240)
        self.log_in(terminal, "fitter", FITTER_PIN)
        terminal.wait_prompt("fitter>")
        terminal.line("test")
        terminal.wait_text("door: let somebody in")
        terminal.send("y")
        terminal.wait_text("reader: present a card")
        terminal.send("n")
        terminal.wait_text("point: operate it")
        terminal.send("q")
        terminal.wait_text("'test report' says what is done")
        terminal.clear()
        terminal.line("language zh")
        terminal.line("test")
        terminal.wait_text("正确吗")
        terminal.send("q")
        terminal.line("language en")
        terminal.raw = b""
        terminal.line("test report --plain")
        terminal.wait(lambda: b"exit 0 done" in terminal.raw, "the end of the report")
        report = terminal.raw.decode()
        self.assertRegex(report, r"door\tentrance\tright\t2026-\S+ \S+ by console 0 user fitter\r\n")
        self.assertRegex(report, r"reader\tentrance_reader\twrong\t")
        self.assertRegex(report, r"all\t\d+\tright 1\twrong 1\tpassed over 0\tnot tested \d+\r\n")

    def test_the_size_of_the_terminal_is_asked_for_and_followed(self):
        terminal = self.start()
        terminal.line("terminal auto")
        terminal.wait_text("ansi 80x24")
        terminal.resize(100, 30)
        terminal.line("terminal auto")
        terminal.wait_text("ansi 100x30")
        terminal.resize(60, 10)
        terminal.line("terminal auto")
        terminal.wait_text("ansi 60x10")
        terminal.line("help")
        terminal.wait(lambda: terminal.current.startswith("--more--"), "a full page")
        terminal.send("q")
        terminal.wait_prompt(">")

    def test_line_noise_is_no_command_and_the_console_lives(self):
        terminal = self.start()
        noise = random.Random(7)
        # Neither picocom's own escape key nor line ends, which would only make commands of the noise.
        allowed = [byte for byte in range(256) if byte not in (0x01, 0x0A, 0x0D)]
        for _ in range(20):
            terminal.send(bytes(noise.choice(allowed) for _ in range(100)))
            terminal.pump(0.1)
        terminal.send("\r")
        terminal.pump(1.5)
        terminal.clear()
        terminal.line("version")
        terminal.wait_text("Warden 0.")
        self.end()
        self.assertNotIn(b"command ", self.trace.read_bytes())


class LinkTest(EveryConsole, Bench):
    """wardenctl console: the same, over Warden Link."""

    def command(self):
        return [str(WARDENCTL), "console", "--socket", self.socket]

    def test_it_has_the_size_of_the_terminal_from_the_start(self):
        terminal = self.start()
        terminal.line("terminal")
        terminal.wait_text("ansi 80x24")

    def test_who_comes_after_a_broken_connection_is_nobody_yet(self):
        terminal = self.start()
        self.log_in(terminal)
        terminal.wait_prompt("caretaker>")
        terminal.send("door entrance unl")
        again = self.open_after_a_pulled_cable(terminal)
        again.line("whoami")
        again.wait_text("nobody")
        again.line("door entrance unlock")
        again.wait_text("log in first: 'login NAME'")

    def test_a_second_client_is_told_that_somebody_has_it(self):
        self.start()
        second = subprocess.run(
            [WARDENCTL, "console", "--socket", self.socket, "-c", "version"], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn("another client has the board's console", second.stderr)

    def test_calibration_and_network_are_there_and_role_checked(self):
        terminal = self.start(duration=240)
        terminal.line("network")
        terminal.wait_text("192.0.2.7/24")
        terminal.line("calibrate temperature 21.3 --plain --yes")
        terminal.wait_text("exit 4 not-permitted")
        self.log_in(terminal, "fitter", FITTER_PIN)
        terminal.wait_prompt("fitter>")
        # Eight good values in a row are needed.
        time.sleep(20)
        terminal.line("calibrate temperature 21.3")
        terminal.wait_text("21.300 °C")
        terminal.send("y")
        terminal.wait_text("ok")
        terminal.clear()
        terminal.line("sensors")
        terminal.wait_text("cal +0.")
        terminal.line("events 3 kind command")
        terminal.wait(
            lambda: "command point-calibrate temperature 21300 done by console 1 user fitter"
            in "".join(terminal.screen.display), "who calibrated")


if __name__ == "__main__":
    if shutil.which("picocom") is None:
        sys.exit("picocom is missing; .ci/setup peers installs it")
    unittest.main()
