#!/usr/bin/env python3
"""The armhf wardend on an emulated AST2600 evaluation board, with Debian's own ARM kernel: its GPIO, I2C and UART drivers,
worked from outside.

Run by `make test-board`; by hand, after boards/toolchains/build armhf wardend and simulators/qemu/fetch:
  WARDEN_ARM_KERNEL=$(simulators/qemu/fetch) python3 simulators/qemu/test_board.py

QEMU's model of the GPIO block drops the level that is written before a line's direction is set (7.2), so what an output does
in the request that claims it is checked on the kernel of simulators/kernel; here it is what comes after.
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KERNEL = pathlib.Path(os.environ.get("WARDEN_ARM_KERNEL", "/nonexistent"))
WARDEND = pathlib.Path(os.environ.get("WARDEND", ROOT / ".build/armhf/bin/wardend"))
SYSROOT = ROOT / ".build/sdks/warden-armhf.artifactbundle/armhf/sysroot"
WARDENCTL = ROOT / ".build/debug/wardenctl"
KEY = ROOT / "boards/demo.hashkey"
# An emulated board on a busy machine is slow.
PATIENCE = 120.0
KNOWN_CARD = bytes.fromhex("02 30353030323037423332 3643 0D0A 03")
UNKNOWN_CARD = bytes.fromhex("02 30313134414533424243 3343 0D0A 03")


def libraries(binary):
    """The shared libraries that a program needs, and those that they need."""
    found, waiting = {}, [binary]
    while waiting:
        text = subprocess.run(["readelf", "-d", waiting.pop()], capture_output=True, text=True, check=True).stdout
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", text):
            if name not in found:
                found[name] = (SYSROOT / "usr/lib/arm-linux-gnueabihf" / name).resolve()
                waiting.append(found[name])
    return found


def make_archive(folder, image):
    """A root file system for the board, as the kernel takes one (cpio, newc)."""
    root = folder / "root"
    for name in ("bin", "lib", "modules", "dev", "proc", "sys", "run"):
        (root / name).mkdir(parents=True)
    shutil.copy(KERNEL / "busybox", root / "bin/busybox")
    shutil.copy(WARDEND, root / "bin/wardend")
    shutil.copy(ROOT / "simulators/qemu/init", root / "init")
    shutil.copy(image, root / "board")
    shutil.copy(KEY, root / "hashkey")
    for module in KERNEL.glob("*.ko"):
        shutil.copy(module, root / "modules")
    for name, file in libraries(WARDEND).items():
        shutil.copy(file, root / "lib" / name)
    for file in (root / "bin/busybox", root / "bin/wardend", root / "init"):
        file.chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    archive = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=names.encode(),
                             stdout=subprocess.PIPE, check=True).stdout
    (folder / "initrd").write_bytes(gzip.compress(archive, 1))
    return folder / "initrd"


class Machine:
    """The emulated board, its lines and sensors by QMP, its first UART as the reader's cable, its fifth as the console."""

    def __init__(self, folder, archive):
        tree = folder / "board.dtb"
        shutil.copy(KERNEL / "board.dtb", tree)
        subprocess.run(["fdtput", "-t", "s", tree, "/ahb/apb/serial@1e783000", "status", "okay"], check=True)
        self.process = subprocess.Popen(
            ["qemu-system-arm", "-M", "ast2600-evb", "-nographic", "-nic", "none", "-monitor", "none",
             "-kernel", KERNEL / "kernel", "-dtb", tree, "-initrd", archive,
             "-append", "console=ttyS4,115200 rdinit=/init quiet random.trust_bootloader=on",
             "-serial", "stdio", "-chardev", f"socket,id=reader,path={folder}/reader,server=on,wait=off",
             "-serial", "chardev:reader", "-device", "tmp105,bus=aspeed.i2c.bus.0,address=0x23,id=light",
             "-qmp", f"unix:{folder}/qmp,server=on,wait=off"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.said = ""
        threading.Thread(target=self.listen, daemon=True).start()
        self.qmp = self.connect(folder / "qmp")
        self.answers = self.qmp.makefile("r")
        self.answers.readline()
        self.ask("qmp_capabilities")
        self.reader = self.connect(folder / "reader")

    def listen(self):
        for line in self.process.stdout:
            self.said += line

    def connect(self, path):
        end = socket.socket(socket.AF_UNIX)
        self.wait(lambda: path.exists(), f"{path.name} is there")
        end.connect(str(path))
        return end

    def wait(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if condition():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"this did not happen: {what}; the board said:\n{self.said}")

    def wait_for(self, text):
        self.wait(lambda: text in self.said, f"the board says '{text}'")

    def ask(self, command, **arguments):
        self.qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.answers.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise AssertionError(answer["error"]["desc"])

    def level(self, line):
        return self.ask("qom-get", path="/machine/soc/gpio", property=line)

    def pull(self, line, high):
        self.ask("qom-set", path="/machine/soc/gpio", property=line, value=high)

    def end(self):
        self.process.stdin.write("end\n")
        self.process.stdin.flush()
        self.wait_for("wardend ended with")


class OnTheBoard(unittest.TestCase):
    def test_a_card_opens_the_gate_a_cord_raises_its_alarm_and_the_end_is_safe(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="warden-board-"))
        self.addCleanup(shutil.rmtree, folder)
        subprocess.run([WARDENCTL, "board", "build", ROOT / "boards/ast2600-evb.yaml", "--hash-key", KEY,
                        "-o", folder / "image"], check=True, stdout=subprocess.DEVNULL)
        board = Machine(folder, make_archive(folder, folder / "image"))
        self.addCleanup(lambda: board.process.poll() is None and board.process.kill())
        board.wait_for("wardend: ready")
        self.assertNotIn("cannot be", board.said, "every line is claimed and every port opened")

        with self.subTest("an unknown card opens nothing, a known one the gate, for its time"):
            board.reader.sendall(UNKNOWN_CARD)
            time.sleep(2)
            self.assertFalse(board.level("gpioA2"))
            board.reader.sendall(KNOWN_CARD)
            board.wait(lambda: board.level("gpioA2"), "the strike is released")
            board.wait(lambda: not board.level("gpioA2"), "the strike locks again")
        with self.subTest("a chip that is not on the bus is in trouble, and one that answers is not"):
            board.wait_for("trouble sensor climate not-acknowledged")
            board.wait_for("trouble point temperature missing")
            # A transfer of an emulated board on a busy machine may take longer than a driver waits for it.
            board.wait(lambda: board.said.count("trouble sensor light") == board.said.count("restored sensor light"),
                       "the sensor that answers is well")
        with self.subTest("the exit button does too"):
            board.pull("gpioB0", True)
            board.wait(lambda: board.level("gpioA2"), "the strike is released")
            board.pull("gpioB0", False)
            board.wait(lambda: not board.level("gpioA2"), "the strike locks again")
        with self.subTest("the cord raises its alarm, and the siren"):
            board.pull("gpioA1", True)
            board.wait(lambda: board.level("gpioA3") and board.level("gpioB1"), "siren and fan are on")
            board.wait_for("alarm cord alarm")
        with self.subTest("the end leaves each output as the board file says"):
            board.end()
            self.assertIn("wardend ended with 0", board.said)
            self.assertIn("ended in order", board.said)
            # Siren and strike: inactive; the fan goes on.
            self.assertEqual([board.level(line) for line in ("gpioA2", "gpioA3", "gpioB1")], [False, False, True])


if __name__ == "__main__":
    unittest.main()
