"""Which of a board's two systems starts: the program `slots` and the boot loader's own reading of the same record.

The boot loader is GRUB itself, as its emulator `grub-emu`, on a made-up disk with the grub.cfg of the images; only its
command to start Linux is replaced by one that says which system it would have been.

usage: python3 -m unittest Tests/Images/test_slots.py        needs grub-emu, dosfstools and mtools
"""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[2] / "boards" / "images"
SLOTS = IMAGES / "root" / "usr" / "lib" / "warden" / "slots"
SECTOR = 512
PARTITION_BEGIN = 1 << 20
PARTITION_BYTES = 8 << 20


class Disk:
    """A disk with a boot partition alone, as GRUB's emulator reads it, and its record as `slots` does."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.disk = self.folder / "disk"
        self.record = self.folder / "record"
        self.record.mkdir()
        for copy in self.copies:
            copy.touch()
        (self.folder / "device.map").write_text(f"(hd0) {self.disk}\n")
        self.configuration = self.folder / "grub.cfg"
        text = (IMAGES / "grub.cfg").read_text()
        replaced = re.sub(r"if linux [^\n]*; then", "if true; then echo STARTS $slot on $part; halt; fi; if false; then", text)
        assert replaced != text
        self.configuration.write_text(replaced)

    @property
    def copies(self):
        return [self.record / "slots.0", self.record / "slots.1"]

    def slots(self, *arguments, check=True):
        environment = dict(os.environ, WARDEN_SLOT_FOLDER=str(self.record))
        result = subprocess.run(["sh", SLOTS, *arguments], env=environment, capture_output=True, text=True)
        if check and result.returncode != 0:
            raise AssertionError(result.stderr)
        return result

    def show(self):
        return dict(line.split(" ", 1) for line in self.slots("show").stdout.splitlines())

    def start(self):
        """Starts the board as far as the boot loader goes: the slot and the partition that it takes."""
        boot = self.folder / "boot.fat"
        boot.write_bytes(b"")
        os.truncate(boot, PARTITION_BYTES)
        subprocess.run(["mkfs.vfat", boot], check=True, capture_output=True)
        subprocess.run(["mmd", "-i", boot, "::/warden"], check=True)
        subprocess.run(["mcopy", "-i", boot, self.configuration, *self.copies, "::/warden"], check=True)
        # A partition table with one FAT partition, from the first megabyte on.
        table = bytearray(SECTOR)
        entry = bytes([0, 0, 0, 0, 0x0C, 0, 0, 0])
        entry += (PARTITION_BEGIN // SECTOR).to_bytes(4, "little") + (PARTITION_BYTES // SECTOR).to_bytes(4, "little")
        table[446 : 446 + 16] = entry
        table[510:512] = b"\x55\xaa"
        self.disk.write_bytes(bytes(table).ljust(PARTITION_BEGIN, b"\0") + boot.read_bytes())
        emulator = f"grub-emu -m {self.folder}/device.map -d /warden -r hd0,msdos1"
        result = subprocess.run(
            ["script", "-qec", emulator, "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        started = re.search(r"STARTS ([AB]) on (\d)", result.stdout)
        if not started:
            raise AssertionError(f"the boot loader starts nothing:\n{result.stdout}")
        for copy in self.copies:
            subprocess.run(["mcopy", "-n", "-o", "-i", f"{self.disk}@@1M", f"::/warden/{copy.name}", copy], check=True)
        return started.group(1) + started.group(2)

    def starts(self, count):
        return " ".join(self.start() for _ in range(count))


class SlotCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.disk = Disk(folder.name)
        # As an image leaves the bench.
        self.disk.slots("set-state", "B", "bad")
        self.disk.slots("set-state", "A", "good")

    def update(self, slot):
        """What RAUC does to the record around writing a slot."""
        self.disk.slots("set-state", slot, "bad")
        self.disk.slots("set-primary", slot)


class BootLoaderTests(SlotCase):
    def test_a_fresh_image_starts_its_first_system(self):
        self.assertEqual(self.disk.start(), "A2")

    def test_an_update_is_tried_three_times_and_then_given_up(self):
        self.update("B")
        self.assertEqual(self.disk.starts(5), "B3 B3 B3 A2 A2")

    def test_an_update_that_proves_healthy_stays(self):
        self.update("B")
        self.assertEqual(self.disk.starts(2), "B3 B3")
        self.disk.slots("set-state", "B", "good")
        self.assertEqual(self.disk.starts(4), "B3 B3 B3 B3")

    def test_one_that_is_being_written_is_not_started(self):
        self.disk.slots("set-state", "B", "bad")
        self.assertEqual(self.disk.start(), "A2")

    def test_a_proven_system_that_fails_eight_times_in_a_row_makes_way_for_the_other(self):
        self.update("B")
        self.disk.slots("set-state", "B", "good")
        self.disk.slots("set-state", "A", "good")
        self.assertEqual(self.disk.starts(9), "B3 " * 8 + "A2")

    def test_where_both_are_given_up_the_wanted_one_is_started_anyway(self):
        self.disk.slots("set-state", "A", "bad")
        self.assertEqual(self.disk.start(), "A2")

    def test_a_healthy_start_forgets_those_before(self):
        for _ in range(3):
            self.disk.starts(3)
            self.disk.slots("set-state", "A", "good")
        self.assertEqual(self.disk.show()["A"], "good 0")

    def test_the_boot_loader_counts_each_start_before_it(self):
        self.update("B")
        for count in (1, 2, 3):
            self.disk.start()
            self.assertEqual(self.disk.show()["B"], f"trial {count}")


class DamageTests(SlotCase):
    def test_a_power_cut_at_any_sector_of_a_change_leaves_the_old_record_or_the_new_one(self):
        old = self.disk.show()
        before = [copy.read_bytes() for copy in self.disk.copies]
        self.disk.slots("set-primary", "B")
        new = self.disk.show()
        after = [copy.read_bytes() for copy in self.disk.copies]
        changed = [index for index in (0, 1) if before[index] != after[index]]
        self.assertEqual(len(changed), 1, "one copy is written, the other is left")
        place = changed[0]
        for sectors in (0, 1, 2):
            torn = after[place][: sectors * SECTOR] + before[place][sectors * SECTOR :]
            for name, content in (("sectors in order", torn), ("last sector first", None)):
                if content is None:
                    content = before[place][: (2 - sectors) * SECTOR] + after[place][(2 - sectors) * SECTOR :]
                with self.subTest(sectors=sectors, order=name):
                    self.disk.copies[place].write_bytes(content.ljust(1024, b"\0"))
                    self.disk.copies[1 - place].write_bytes(before[1 - place])
                    found = self.disk.show()
                    self.assertIn(found, (old, new))
                    self.assertEqual(self.disk.start(), "B3" if found == new else "A2")

    def test_whatever_matters_is_in_the_first_sector(self):
        self.update("B")
        self.disk.starts(3)
        for copy in self.disk.copies:
            self.assertEqual(copy.read_bytes()[SECTOR:].strip(b"#"), b"")

    def test_one_unreadable_copy_costs_nothing_but_the_last_change(self):
        for damage in (bytes(1024), b"\xff" * 1024, b"# GRUB Environment Block\ngeneration=x\n".ljust(1024, b"#")):
            for place in (0, 1):
                with self.subTest(damage=damage[:30], place=place):
                    kept = [copy.read_bytes() for copy in self.disk.copies]
                    self.disk.copies[place].write_bytes(damage)
                    self.assertEqual(self.disk.start(), "A2")
                    self.assertEqual(self.disk.slots("get-primary").stdout, "A\n")
                    for copy, content in zip(self.disk.copies, kept):
                        copy.write_bytes(content)

    def test_without_any_record_the_first_system_starts(self):
        for copy in self.disk.copies:
            copy.write_bytes(bytes(1024))
        self.assertEqual(self.disk.start(), "A2")
        self.assertEqual(self.disk.slots("get-primary").stdout, "A\n")


class BackEndTests(SlotCase):
    """What RAUC asks its boot loader's back end."""

    def test_the_primary_system_is_the_first_that_is_not_bad(self):
        table = [
            ([], "A"),
            ([("set-primary", "B")], "B"),
            ([("set-primary", "B"), ("set-state", "B", "bad")], "A"),
            ([("set-primary", "B"), ("set-state", "B", "good"), ("set-primary", "A")], "A"),
        ]
        for changes, primary in table:
            with self.subTest(changes=changes):
                self.disk.slots("set-state", "A", "good")
                self.disk.slots("set-primary", "A")
                for change in changes:
                    self.disk.slots(*change)
                self.assertEqual(self.disk.slots("get-primary").stdout, primary + "\n")

    def test_states_are_good_or_bad(self):
        self.assertEqual(self.disk.slots("get-state", "A").stdout, "good\n")
        self.assertEqual(self.disk.slots("get-state", "B").stdout, "bad\n")

    def test_what_is_no_command_is_refused_and_changes_nothing(self):
        before = [copy.read_bytes() for copy in self.disk.copies]
        for arguments in (["set-primary", "C"], ["set-state", "A", "fine"], ["get-state"], ["set-primary"], ["boot"], []):
            with self.subTest(arguments=arguments):
                self.assertNotEqual(self.disk.slots(*arguments, check=False).returncode, 0)
        self.assertEqual([copy.read_bytes() for copy in self.disk.copies], before)

    def test_grub_reads_what_is_written(self):
        self.update("B")
        listing = subprocess.run(
            ["grub-editenv", max(self.disk.copies, key=lambda copy: b"order=B A" in copy.read_bytes()), "list"],
            capture_output=True, text=True, check=True,
        ).stdout
        self.assertIn("order=B A\n", listing)
        self.assertIn("b=trial\n", listing)


if __name__ == "__main__":
    unittest.main()
