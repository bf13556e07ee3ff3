"""Devices of the simulated kernel, and wardend on them: what the checks in this folder work with.

Runs inside the simulated machine, as root.
"""

import os
import pathlib
import re
import signal
import struct
import subprocess
import time
import tty

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
PROGRAMS = pathlib.Path(os.environ.get("WARDEN_PROGRAMS", ROOT / ".build/debug"))
KEY = ROOT / "boards/demo.hashkey"
RESULTS = pathlib.Path("/run/results")
TRACING = pathlib.Path("/sys/kernel/tracing")
PATIENCE = 30.0


def wait_until(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.002)
    raise AssertionError(f"this did not happen: {what}")


def build_board(name, text):
    source, image = pathlib.Path(f"/run/{name}.yaml"), pathlib.Path(f"/run/{name}.board")
    source.write_text(text)
    subprocess.run([PROGRAMS / "wardenctl", "board", "build", source, "--hash-key", KEY, "-o", image], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return image


class Chip:
    """A chip of gpio-sim, each of whose lines has a level from outside: a contact, a button, or a relay's resistor."""

    def __init__(self, label, lines):
        folder = pathlib.Path("/sys/kernel/config/gpio-sim") / label
        (folder / "bank").mkdir(parents=True)
        (folder / "bank/label").write_text(label)
        (folder / "bank/num_lines").write_text(str(lines))
        (folder / "live").write_text("1")
        name = (folder / "bank/chip_name").read_text().strip()
        self.device = pathlib.Path("/sys/devices/platform") / (folder / "dev_name").read_text().strip() / name
        table = pathlib.Path("/sys/kernel/debug/gpio").read_text()
        self.base = int(re.search(rf"^{name}: GPIOs (\d+)-", table, re.MULTILINE).group(1))
        self.lines = lines
        self.folder = folder

    def pull(self, line, high):
        (self.device / f"sim_gpio{line}/pull").write_text("pull-up" if high else "pull-down")

    def level(self, line):
        return int((self.device / f"sim_gpio{line}/value").read_text())

    def remove(self):
        (self.folder / "live").write_text("0")
        (self.folder / "bank").rmdir()
        self.folder.rmdir()


class Trace:
    """What lines were driven to, as the kernel noted it: every write, also one that changes nothing."""

    def __init__(self, chip):
        self.chip = chip
        (TRACING / "trace_clock").write_text("mono")
        (TRACING / "events/gpio/gpio_value/enable").write_text("1")
        self.clear()

    def clear(self):
        (TRACING / "trace").write_text("")

    def levels(self, line):
        """Levels that the line was set to, in order."""
        pattern = rf"gpio_value: {self.chip.base + line} set ([01])"
        return [int(level) for level in re.findall(pattern, (TRACING / "trace").read_text())]


class Board:
    """A running wardend."""

    def __init__(self, image, *options):
        self.log_path = pathlib.Path("/run/wardend.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / "wardend", "--image", image, "--hash-key", KEY, "--socket", "/run/warden.socket",
                 *map(str, options)], stderr=log)

    @property
    def log(self):
        return self.log_path.read_text()

    def wait_for(self, text):
        wait_until(lambda: text in self.log or self.process.poll() is not None, f"'{text}' in the log")
        if text not in self.log:
            raise AssertionError(f"wardend ended without '{text}':\n{self.log}")

    def events(self):
        result = subprocess.run([PROGRAMS / "wardenctl", "events", "--from", "1", "--socket", "/run/warden.socket"],
                                capture_output=True, text=True, check=True)
        return result.stdout

    def end(self, with_signal=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        return self.process.wait(timeout=PATIENCE)


class DeadAdapter:
    """An I2C adapter that is opened and never heard of again: a call to it does not return until this is closed.

    CUSE as include/uapi/linux/fuse.h has it: the device is announced, and what is asked of it is never read.
    """

    def __init__(self, name):
        self.cuse = os.open("/dev/cuse", os.O_RDWR)
        asked = os.read(self.cuse, 1 << 16)
        unique, = struct.unpack_from("<Q", asked, 8)
        major, minor = struct.unpack_from("<II", asked, 40)
        unrestricted_ioctl = 1
        told = struct.pack("<8I40x", major, minor, 0, unrestricted_ioctl, 4096, 4096, 0, 0) + f"DEVNAME={name}\0".encode()
        os.write(self.cuse, struct.pack("<IiQ", 16 + len(told), 0, unique) + told)
        wait_until(lambda: os.path.exists(f"/dev/{name}"), "the adapter appears")

    def close(self):
        os.close(self.cuse)


class SerialPort:
    """A USB serial port: a gadget at one end, /dev/ttyACM0 at the board's."""

    def __init__(self):
        self.folder = pathlib.Path("/sys/kernel/config/usb_gadget/reader")
        self.folder.mkdir()
        (self.folder / "idVendor").write_text("0x1d6b")
        (self.folder / "configs/serial.1").mkdir()
        (self.folder / "functions/acm.0").mkdir()
        (self.folder / "configs/serial.1/acm").symlink_to(self.folder / "functions/acm.0")
        self.plug_in()

    def plug_in(self):
        (self.folder / "UDC").write_text("dummy_udc.0")
        wait_until(lambda: os.path.exists("/dev/ttyACM0"), "the port appears")
        # Unplugging hangs the far end up too.
        self.far_end = os.open("/dev/ttyGS0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.far_end)

    def unplug(self):
        os.close(self.far_end)
        (self.folder / "UDC").write_text("\n")
        wait_until(lambda: not os.path.exists("/dev/ttyACM0"), "the port vanishes")

    def write(self, data):
        os.write(self.far_end, data)
