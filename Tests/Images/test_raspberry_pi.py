"""What an image of a Raspberry Pi does on an emulated one.

usage: WARDEN_IMAGE=NAME.img python3 -m unittest Tests/Images/test_raspberry_pi.py
"""

import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from emulator import Board, run


class RaspberryPi(Board):
    """QEMU's Raspberry Pi 3, which has the chip of a Zero 2 W: starts the U-Boot and the device tree of the medium. The
    maker's loader, which would do that, is for the graphics processor and does not run here. The watchdog is taken out of the
    tree, since this emulator starts anew at once when it is armed."""

    def machine(self):
        for name in ("u-boot.bin", "board.dtb"):
            (self.folder / name).write_bytes(run("mtype", "-i", f"{self.medium}@@1M", f"::/{name}").stdout)
        run("fdtput", "-t", "s", self.folder / "board.dtb", "/soc/watchdog@7e100000", "status", "disabled")
        return ["-M", "raspi3b", "-kernel", str(self.folder / "u-boot.bin"), "-dtb", str(self.folder / "board.dtb"),
                "-drive", f"file={self.medium},format=raw,if=sd"]


class RaspberryPiTests(unittest.TestCase):
    def test_a_raspberry_pi_starts_what_is_on_its_card_whatever_comes_over_its_line_meanwhile(self):
        image = Path(os.environ["WARDEN_IMAGE"]).resolve()
        folder = Path(tempfile.mkdtemp(prefix="warden-card-", dir=image.parent))
        self.addCleanup(shutil.rmtree, folder)
        medium = folder / "card.img"
        run("cp", "--sparse=always", image, medium)
        # The emulator takes cards whose size is a power of two.
        run("truncate", "-s", "2G", medium)
        board = RaspberryPi(medium, folder)
        self.addCleanup(lambda: board.process and board.cut_power())
        board.power_on()
        board.expect("U-Boot")
        for _ in range(20):
            board.type("x\r")
            board.listen(0.2)
        board.expect("has made its key")
        board.expect("[0-9a-f]{64}")
        board.expect("doors are served")
        board.ask("version", r"[Ww]arden \d+\.\d+")
        self.assertEqual(board.record()["a_starts"], "1")


if __name__ == "__main__":
    unittest.main()
