"""The life of a whole image on an emulated ARM board: first start, power cuts, updates from a stick and over Warden Link,
and what is refused.

usage: WARDEN_IMAGE=NAME.img WARDEN_BUNDLE=warden-qemu-virt_X.raucb WARDENCTL=PROGRAM WARDEN_CLIENT_KEY=NAME.key
       python3 -m unittest Tests/Images/test_image.py

The key is that of an administrator whom the image's board lets in.

Needs qemu-system-arm, qemu-efi-aarch64, rauc, openssl, squashfs-tools, dosfstools and mtools. Prints how long each start
took, from power-on to the doors and to the console's first answer, as the board and as this machine saw it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from emulator import MEBIBYTE, Board, run


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
        # Signature and manifest are sound; what is wrong is found only by who reads all of it.
        spoilt = self.make_bundle("spoilt", "9.0.0", small)
        content = bytearray(spoilt.read_bytes())
        content[MEBIBYTE // 2] ^= 1
        spoilt.write_bytes(content)
        yield "spoilt", self.stick(spoilt), "the bundle is damaged"
        yield "stranger", self.stick(self.make_bundle("stranger", "9.0.0", small, signer=self.stranger())), r"signature|verif"
        yield "hardware", self.stick(self.make_bundle("hardware", "9.0.0", small, hardware="beagleplay")), r"ompatible"
        yield "older", self.stick(self.make_bundle("older", "0.0.1", small)), "only newer ones are taken"

    def send(self, board, bundle, key):
        """Brings the board an update over its network."""
        began = time.monotonic()
        sent = subprocess.run(
            [os.environ["WARDENCTL"], "update", bundle, "--tcp", f"127.0.0.1:{board.port}", "--board-key", key,
             "--key", os.environ["WARDEN_CLIENT_KEY"]], capture_output=True, text=True)
        print(f"sent over Warden Link, {bundle.stat().st_size >> 20} MiB: {time.monotonic() - began:.0f} s; "
              f"{(sent.stdout or sent.stderr).splitlines()[-1:]}", flush=True)
        return sent

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

        # One that does not start, over Warden Link: after three tries the board is back, and does not take it again.
        broken = self.make_bundle("broken", "9.0.1", self.tiny_system())
        sent = self.send(board, broken, shown.group(1))
        self.assertEqual(sent.returncode, 0, sent.stderr)
        self.assertIn("written", sent.stdout)
        board.expect("update: written")
        self.assertEqual(board.record()["order"], "A B")
        board.expect("doors are served, ")
        self.assertEqual(board.record()["a_starts"], "111")
        sent = self.send(board, broken, shown.group(1))
        self.assertNotEqual(sent.returncode, 0, sent.stdout)
        self.assertIn("version 9.0.1 was tried before", sent.stderr)
        board.ask("version", r"[Ww]arden \d+\.\d+")


if __name__ == "__main__":
    unittest.main()
