"""When a system is confirmed, on time that the test makes: the programs `confirm` and `check-update` of an image.

The service manager is a script that says what the test wants it to say, second by second.

usage: python3 -m unittest Tests/Images/test_confirm.py
"""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[2] / "boards" / "images" / "root" / "usr" / "lib" / "warden"

# Each `sleep` is the next second; the story has one word for each: a process number, or - while wardend is not ready.
SYSTEMCTL = """#!/bin/sh
second=$(cat {folder}/second)
now=$(cut -d' ' -f"$((second + 1))" {folder}/story)
case "$*" in
    *ActiveState*) if [ "$now" = - ]; then echo activating; else echo active; fi ;;
    *MainPID*) echo "$now" ;;
    reboot) echo reboot >>{folder}/deeds ;;
esac
"""
SLEEP = """#!/bin/sh
echo $(($(cat {folder}/second) + 1)) >{folder}/second
"""
SLOTS = """#!/bin/sh
case $1 in
    show) printf 'generation 3\\norder B A\\nA good 0\\nB {state} 1\\n' ;;
    *) echo "$*" >>{folder}/deeds ;;
esac
"""


class ConfirmTests(unittest.TestCase):
    def deeds(self, story, state="trial", wanted=3, limit=10):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "second").write_text("0\n")
            (folder / "story").write_text(" ".join(story) + " -" * limit + "\n")
            (folder / "deeds").touch()
            (folder / "cmdline").write_text("quiet rauc.slot=B panic=10\n")
            for name, text in (("systemctl", SYSTEMCTL), ("sleep", SLEEP), ("slots", SLOTS)):
                (folder / name).write_text(text.format(folder=folder, state=state))
                (folder / name).chmod(0o755)
            text = (PROGRAMS / "confirm").read_text()
            for path, other in (("/usr/lib/warden/slots", folder / "slots"), ("/proc/cmdline", folder / "cmdline")):
                self.assertIn(path, text)
                text = text.replace(path, str(other))
            environment = dict(
                os.environ, PATH=f"{folder}:{os.environ['PATH']}", WARDEN_HEALTHY_SECONDS=str(wanted),
                WARDEN_TRIAL_SECONDS=str(limit))
            subprocess.run(["sh", "-c", text], env=environment, capture_output=True, timeout=60)
            return (folder / "deeds").read_text().split("\n")[:-1]

    def test_a_system_is_confirmed_when_the_same_process_was_ready_long_enough(self):
        table = [
            ("ready at once", ["7"] * 10, ["set-state B good"]),
            ("ready after a while", ["-"] * 4 + ["7"] * 6, ["set-state B good"]),
            ("restarted by itself every two seconds", ["7", "7", "8", "8", "9", "9", "10", "10", "11", "11"], ["reboot"]),
            ("never ready", ["-"] * 10, ["reboot"]),
            ("ready, gone, and ready again", ["7", "7", "-", "8", "8", "8", "8"], ["set-state B good"]),
            ("ready too late", ["-"] * 8 + ["7", "7"], ["reboot"]),
        ]
        for name, story, expected in table:
            with self.subTest(name):
                self.assertEqual(self.deeds(story), expected)

    def test_one_that_was_confirmed_before_is_not_started_again_for_it(self):
        self.assertEqual(self.deeds(["-"] * 10, state="good"), [])


class VersionTests(unittest.TestCase):
    def test_only_a_newer_version_that_can_be_read_whole_and_was_not_tried_before_is_taken(self):
        newer, tried, damaged = "only newer ones are taken", "was tried before", "is damaged"
        table = [
            ("0.1.0", "0.1.1", None), ("0.9.0", "0.10.0", None), ("1.0.0~rc1", "1.0.0", None), ("0.1.0", "0.3.0", None),
            ("0.1.0", "0.1.0", newer), ("0.10.0", "0.9.9", newer), ("0.1.0", "", newer), ("1.0.0", "1.0.0~rc1", newer),
            ("0.1.0", "0.2.0", tried), ("0.1.0", "0.4.0", damaged),
        ]
        for running, offered, reason in table:
            with self.subTest(running=running, offered=offered), tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                # What cannot be read stands for a block whose hash is another.
                if reason == damaged:
                    (folder / "root.img").mkdir()
                else:
                    (folder / "root.img").write_bytes(bytes(4096))
                (folder / "version").write_text(running + "\n")
                manifest = "[update]\ncompatible=warden-qemu-virt\n" + (f"version={offered}\n" if offered else "")
                (folder / "manifest.raucm").write_text(manifest)
                text = (PROGRAMS / "check-update").read_text()
                (folder / "tried").write_text("0.2.0\n")
                for path, other in (("/usr/share/warden/version", "version"), ("/data/rauc/tried", "tried")):
                    self.assertIn(path, text)
                    text = text.replace(path, str(folder / other))
                environment = dict(os.environ, RAUC_UPDATE_SOURCE=str(folder), WARDEN_REFUSAL=str(folder / "refusal"))
                result = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True)
                self.assertEqual(result.returncode == 0, reason is None, result.stderr)
                if reason:
                    self.assertIn(reason, (folder / "refusal").read_text())


if __name__ == "__main__":
    unittest.main()
