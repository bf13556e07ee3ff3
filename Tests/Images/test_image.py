"""The life of a whole image on an emulated ARM board: first start, power cuts, updates from a stick, and what is refused.

usage: WARDEN_IMAGE=NAME.img WARDEN_BUNDLE=warden-qemu-virt_X.raucb python3 -m unittest Tests/Images/test_image.py

Needs qemu-system-arm, qemu-efi-aarch64, rauc, openssl, squashfs-tools, dosfstools and mtools. Prints how long each start
took, from power-on to the doors and to the console's first answer, as the board and as this machine saw it.
"""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

FIRMWARE = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
# An emulated board on a busy machine is slow; what takes longer than this does not happen.
PATIENCE = 900
MEBIBYTE = 1 << 20
BOOT_PARTITION = 1 * MEBIBYTE
SLOT_BYTES = 384 * MEBIBYTE
SLOTS = {"A": 65 * MEBIBYTE, "B": 65 * MEBIBYTE + SLOT_BYTES}


def run(*arguments, **options):
    return subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, **options)


class Board:
    """QEMU's virt machine with a medium, a terminal on its serial line, and a USB port."""

    def __init__(self, medium, folder):
        self.medium = medium
        self.folder = folder
        self.sticks = 0
        self.process = None

    def power_on(self):
        self.heard = ""
        self.read_to = 0
        self.began = time.monotonic()
        monitor = self.folder / "monitor"
        monitor.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "512", "-no-acpi",
             "-bios", FIRMWARE, "-drive", f"file={self.medium},format=raw,if=virtio", "-device", "qemu-xhci",
             "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=", "-display", "none", "-serial", "stdio",
             "-monitor", f"unix:{monitor},server=on,wait=off"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def cut_power(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process = None

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def listen(self, seconds):
        """Reads what comes for some time, or until something came."""
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        if ready:
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise AssertionError("the emulator ended:\n" + self.heard[-2000:])
            self.heard += piece.decode(errors="replace")

    def expect(self, pattern, patience=PATIENCE):
        """Waits for a pattern behind what was expected before."""
        end = time.monotonic() + patience
        while True:
            found = re.compile(pattern).search(self.heard, self.read_to)
            if found:
                self.read_to = found.end()
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{pattern!r} did not come; the last that came:\n{self.heard[-3000:]}")
            self.listen(1)

    def wait_until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{what}: did not come; the last that came:\n{self.heard[-3000:]}")
            self.listen(0.2)

    def ask(self, command, answer):
        """Types a command until it is answered: the console may not be there yet."""
        for _ in range(PATIENCE // 5):
            self.type(f"\r{command}\r")
            try:
                return self.expect(answer, patience=5)
            except AssertionError:
                pass
        raise AssertionError(f"the console does not answer:\n{self.heard[-3000:]}")

    def start(self, what):
        """Powers on and waits until doors are served and the console answers."""
        self.power_on()
        doors = self.expect(r"doors are served, ([\d.]+) s after the kernel's start").group(1)
        served = time.monotonic() - self.began
        self.ask("version", r"[Ww]arden \d+\.\d+")
        answered = time.monotonic() - self.began
        print(f"{what}: doors {doors} s after the kernel's start; {served:.1f} s after power-on, "
              f"console {answered:.1f} s", flush=True)

    def command(self, text):
        """A line to the emulator's own monitor."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self.folder / "monitor"))
            monitor.settimeout(10)
            answer = b""
            while b"(qemu) " not in answer:
                answer += monitor.recv(4096)
            monitor.sendall(text.encode() + b"\n")
            answer = b""
            while b"(qemu) " not in answer:
                answer += monitor.recv(4096)

    def put_in(self, stick):
        self.sticks += 1
        self.command(f"drive_add 0 if=none,id=stick{self.sticks},file={stick},format=raw,readonly=on")
        self.command(f"device_add usb-storage,id=usb{self.sticks},drive=stick{self.sticks}")

    def pull_out(self):
        self.command(f"device_del usb{self.sticks}")

    def record(self):
        """The record of the two systems, as it is on the medium."""
        newest = {}
        for copy in ("slots.0", "slots.1"):
            text = run("mtype", "-i", f"{self.medium}@@1M", f"::/warden/{copy}").stdout.decode(errors="replace")
            found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
            if int(found.get("generation") or -1) > int(newest.get("generation") or -1):
                newest = found
        return newest

    def slot(self, name):
        """The first bytes of a system on the medium."""
        with open(self.medium, "rb") as medium:
            medium.seek(SLOTS[name])
            return medium.read(MEBIBYTE)


class ImageTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="warden-image-", dir=Path(os.environ["WARDEN_IMAGE"]).resolve().parent))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.bundle = Path(os.environ["WARDEN_BUNDLE"]).resolve()
        signing = cls.bundle.parent / "signing"
        cls.signer = (signing / "certificate.pem", signing / "key.pem")
        cls.medium = cls.folder / "medium.img"
        run("cp", "--sparse=always", os.environ["WARDEN_IMAGE"], cls.medium)
        # As a medium that is larger than the image: the data partition is to grow.
        run("truncate", "-s", "+256M", cls.medium)
        cls.system = cls.folder / "system"
        run("rauc", "extract", f"--keyring={cls.signer[0]}", cls.bundle, cls.system)

    def make_bundle(self, name, version, image=None, hardware="qemu-virt", signer=None):
        """An update as `boards/images/build` makes it, with other contents."""
        content = self.folder / f"content-{name}"
        content.mkdir()
        image = image or self.system / "root.img"
        os.link(image, content / "root.img")
        (content / "manifest.raucm").write_text(
            f"[update]\ncompatible=warden-{hardware}\nversion={version}\n\n[bundle]\nformat=verity\n\n"
            "[image.rootfs]\nfilename=root.img\n")
        bundle = self.folder / f"{name}.raucb"
        certificate, key = signer or self.signer
        run("rauc", "bundle", f"--cert={certificate}", f"--key={key}", content, bundle)
        shutil.rmtree(content)
        return bundle

    def stick(self, bundle, name="warden-qemu-virt_9.raucb"):
        """A stick with one file; the bundle itself is no longer needed."""
        stick = self.folder / f"{bundle.stem}.stick"
        run("truncate", "-s", str(bundle.stat().st_size + 32 * MEBIBYTE), stick)
        run("mkfs.vfat", "-F", "32", stick)
        run("mcopy", "-i", stick, bundle, f"::/{name}")
        bundle.unlink()
        return stick

    def tiny_system(self):
        """A system whose kernel starts and finds nothing to run."""
        tree = self.folder / "tiny"
        run("unsquashfs", "-d", tree, "-n", "-q", self.system / "root.img", "boot")
        image = self.folder / "tiny.img"
        run("mksquashfs", tree, image, "-comp", "gzip", "-quiet", "-no-progress")
        shutil.rmtree(tree)
        return image

    def stranger(self):
        key, certificate = self.folder / "stranger.key", self.folder / "stranger.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Stranger",
            "-keyout", key, "-out", certificate)
        return certificate, key

    def refused(self):
        """Sticks that must be refused, each with a part of the reason that is told."""
        small = self.folder / "small.img"
        small.write_bytes(os.urandom(MEBIBYTE))
        damaged = self.make_bundle("damaged", "9.0.0", small)
        content = bytearray(damaged.read_bytes())
        content[-300] ^= 1
        damaged.write_bytes(content)
        yield "damaged", self.stick(damaged), r"signature|verif|CMS|invalid"
        yield "stranger", self.stick(self.make_bundle("stranger", "9.0.0", small, signer=self.stranger())), r"signature|verif"
        yield "hardware", self.stick(self.make_bundle("hardware", "9.0.0", small, hardware="beagleplay")), r"ompatible"
        yield "older", self.stick(self.make_bundle("older", "0.0.1", small)), "only newer ones are taken"

    def test_the_life_of_a_board(self):
        board = Board(self.medium, self.folder)
        self.addCleanup(lambda: board.process and board.cut_power())

        # The first start makes the board's key and shows it.
        board.start("first start")
        shown = re.search(r"\n\s+([0-9a-f]{64})\r?\n", board.heard)
        self.assertTrue(shown, board.heard)
        code = [line for line in board.heard.splitlines() if len(re.findall("[▀▄█]", line)) > 12]
        self.assertGreater(len(code), 12, "the code to photograph")

        # Without the right update the other slot is not touched.
        before = board.slot("B")
        board.wait_until(lambda: board.record().get("a") == "good" and not board.record()["a_starts"], "A is confirmed")
        record = board.record()
        for name, stick, reason in self.refused():
            with self.subTest(refused=name):
                board.put_in(stick)
                told = board.expect(r"update: refused: ([^\r\n]*)\r?\n").group(1)
                print(f"refused, {name}: {told}", flush=True)
                self.assertRegex(told, reason)
                self.assertEqual(board.slot("B"), before)
                self.assertEqual(board.record(), record)
                board.pull_out()
                stick.unlink()

        # The power fails: nothing is lost, and the key stays.
        board.cut_power()
        board.start("after a power cut")
        self.assertNotIn("has made its key", board.heard)

        # The power fails while an update is written: the system that ran goes on.
        update = self.stick(self.make_bundle("update", "9.0.0"))
        board.put_in(update)
        board.wait_until(lambda: board.slot("B") != before, "the update is being written")
        board.cut_power()
        self.assertEqual(board.record()["b"], "bad")
        board.start("after a power cut in an update")

        # The same update, whole: doors are served while it is written, and it is confirmed once it has proved healthy.
        board.put_in(update)
        board.expect("is looked at and written")
        board.ask("doors", "entrance")
        board.expect("update: written")
        self.assertEqual(board.record()["order"], "B A")
        self.assertEqual(board.record()["b"], "trial")
        board.pull_out()
        board.expect("doors are served")
        board.wait_until(lambda: board.record()["b"] == "good", "B is confirmed")
        board.ask("version", r"[Ww]arden \d+\.\d+")

        # One that does not start: after three tries the board is back, and does not take it again from the stick.
        board.put_in(self.stick(self.make_bundle("broken", "9.0.1", self.tiny_system())))
        board.expect("update: written")
        self.assertEqual(board.record()["order"], "A B")
        board.expect("doors are served")
        self.assertEqual(board.record()["a_starts"], "111")
        board.expect("update: refused: version 9.0.1 was tried before")
        board.ask("version", r"[Ww]arden \d+\.\d+")


if __name__ == "__main__":
    unittest.main()
