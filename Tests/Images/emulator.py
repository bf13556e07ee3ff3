"""Emulated boards that start an image, for the tests of images."""

import os
import re
import select
import signal
import socket
import subprocess
import time

FIRMWARE = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
# An emulated board on a busy machine is slow; what takes longer than this does not happen.
PATIENCE = 900
MEBIBYTE = 1 << 20
SLOT_BYTES = 384 * MEBIBYTE
SLOTS = {"A": 65 * MEBIBYTE, "B": 65 * MEBIBYTE + SLOT_BYTES}


def run(*arguments, **options):
    return subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, **options)


class Board:
    """QEMU's virt machine with a medium, a terminal on its serial line, and a USB port."""

    def machine(self):
        """What the emulator is told of it."""
        return ["-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "512", "-no-acpi", "-bios", FIRMWARE,
                "-drive", f"file={self.medium},format=raw,if=virtio", "-device", "qemu-xhci",
                "-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self.port}-:7321",
                "-device", "virtio-net-pci,netdev=net,romfile="]

    def __init__(self, medium, folder):
        self.medium = medium
        self.folder = folder
        self.sticks = 0
        self.process = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            # This machine's port that leads to the board's Warden Link.
            self.port = free.getsockname()[1]

    def power_on(self):
        self.heard = ""
        self.read_to = 0
        self.began = time.monotonic()
        monitor = self.folder / "monitor"
        monitor.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["qemu-system-aarch64", *self.machine(), "-display", "none", "-serial", "stdio",
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
