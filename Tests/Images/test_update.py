"""What becomes of an update that was received over Warden Link: the programs `update-received` and `update` of an image.

RAUC and the service manager are scripts that do what the test wants.

usage: python3 -m unittest Tests/Images/test_update.py
"""

import hashlib
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[2] / "boards" / "images" / "root" / "usr" / "lib" / "warden"
RAUC = """#!/bin/sh
case $1 in
    install)
        stat -c '%a' "$2" >{folder}/mode
        echo '  0% Installing'
        echo ' 40% Copying image to rootfs.1'
        {installs}
        ;;
    info) echo "RAUC_MF_VERSION='0.2.0'" ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
case "$*" in
    *StatusText*) echo 'alarms 0, troubles 0' ;;
    reboot) echo reboot >>{folder}/deeds ;;
esac
"""


class ReceivedTests(unittest.TestCase):
    def run_it(self, folder, installs, make=lambda path: path.write_bytes(b"a bundle")):
        (folder / "data/state/state").mkdir(parents=True)
        (folder / "data/rauc").mkdir()
        (folder / "run").mkdir()
        (folder / "deeds").touch()
        make(folder / "data/state/state/update.raucb")
        # Time is not what is looked at: `sleep` sleeps a hundredth.
        for name, text in (("rauc", RAUC), ("systemctl", SYSTEMCTL), ("sleep", "#!/bin/sh\nexec {sleep} 0.01\n"),
                           ("sync", "#!/bin/sh\n"), ("chown", "#!/bin/sh\n")):
            (folder / name).write_text(text.format(folder=folder, installs=installs, sleep="/bin/sleep"))
            (folder / name).chmod(0o755)
        for name in ("update", "update-received"):
            text = (PROGRAMS / name).read_text()
            for path in ("/data/", "/run/"):
                text = text.replace(path, f"{folder}{path}")
            text = text.replace("/usr/lib/warden/update", str(folder / "update"))
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
        result = subprocess.run(
            ["sh", folder / "update-received"], env=environment, capture_output=True, text=True, timeout=120)
        status = folder / "run/warden-update/status"
        return result, status.read_text() if status.exists() else ""

    def test_it_is_taken_out_of_reach_written_and_started(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            result, status = self.run_it(folder, "exit 0")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(status, hashlib.sha256(b"a bundle").hexdigest() + " d\n")
            self.assertEqual((folder / "deeds").read_text(), "reboot\n")
            self.assertEqual((folder / "data/rauc/tried").read_text(), "0.2.0\n")
            self.assertEqual((folder / "mode").read_text(), "600\n")
            self.assertFalse(list((folder / "data/state/state").iterdir()))
            self.assertFalse((folder / "data/rauc/received.raucb").exists(), "it takes room for nothing")

    def test_a_refusal_is_told_with_its_reason_and_nothing_is_restarted(self):
        table = [
            ("the signature", "echo 'LastError: signature verification failed: self-signed certificate'; exit 1",
             "rsignature verification failed: self-signed certificate"),
            ("the handler of versions", f"echo 'the update has version 0.1.0' >$WARDEN_REFUSAL_PLACE; exit 1",
             "rthe update has version 0.1.0"),
            ("no reason", "echo 'Failed to connect to D-Bus'; exit 1", "rFailed to connect to D-Bus"),
        ]
        for name, installs, reason in table:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                result, status = self.run_it(
                    folder, installs.replace("$WARDEN_REFUSAL_PLACE", str(folder / "run/warden-refusal")))
                self.assertNotEqual(result.returncode, 0)
                self.assertEqual(status.split(" ", 1)[1], reason + "\n")
                self.assertEqual((folder / "deeds").read_text(), "")
                self.assertFalse((folder / "data/rauc/received.raucb").exists())

    def test_a_name_that_leads_elsewhere_is_not_followed(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "secret").write_text("of somebody else")
            result, status = self.run_it(folder, "exit 0", lambda path: path.symlink_to(folder / "secret"))
            self.assertNotEqual(result.returncode, 0)
            self.assertEqual(status, "")
            self.assertEqual((folder / "secret").read_text(), "of somebody else")


if __name__ == "__main__":
    unittest.main()
