"""wardend and the machine's watchdog: fed while the loop turns, let go at an orderly end, and a reset if the loop stalls.

Run inside the simulated machine by simulators/kernel/test, with time that skips. The last check restarts the machine, and
what stands below then runs a second time: the file /run/results/stalled tells the two apart.
"""

import re
import signal
import subprocess
import sys
import time
import unittest

from devices import KEY, PROGRAMS, RESULTS, Board, Chip, Trace, build_board
from test_lines import BOARD, OUTPUTS

STALLED = RESULTS / "stalled"
JOURNAL = RESULTS / "journal"


def make():
    chip = Chip("bench", 16)
    for line, (outside, _, _) in OUTPUTS.items():
        chip.pull(line, bool(outside))
    chip.pull(1, True)
    return chip, Trace(chip), build_board("bench", BOARD)


def start(image):
    board = Board(image, "--watchdog", "/dev/watchdog0", "--journal", JOURNAL, "--journal-size", "4M")
    board.wait_for("ready")
    return board


class BeforeTheReset(unittest.TestCase):
    def test_a_watchdog_is_fed_and_let_go_and_one_that_is_not_fed_resets_the_machine(self):
        _, _, image = make()
        board = start(image)
        time.sleep(60)
        self.assertIsNone(board.process.poll(), "four times the watchdog's interval pass while it is fed")
        self.assertEqual(board.end(), 0)
        time.sleep(60)
        board = start(image)
        STALLED.write_text("the loop stalls now\n")
        board.process.send_signal(signal.SIGSTOP)
        time.sleep(60)
        STALLED.unlink()
        self.fail("the machine was not reset")


class AfterTheReset(unittest.TestCase):
    def test_after_the_reset_the_resistors_decide_until_wardend_starts_in_its_safe_state_and_the_journal_is_whole(self):
        STALLED.unlink()
        chip, trace, image = make()
        self.assertEqual({line: chip.level(line) for line in OUTPUTS}, {line: states[0] for line, states in OUTPUTS.items()})
        board = start(image)
        for line, (_, started, _) in OUTPUTS.items():
            self.assertEqual(trace.levels(line), [started])
        # Numbers of events begin anew at each start that the journal knows of, 2^32 further on: this is the third.
        started = int(re.search(r"(\d+)  \S+  system started", board.events()).group(1))
        self.assertEqual(started >> 32, 2)
        self.assertEqual(board.end(), 0)
        judged = subprocess.run([PROGRAMS / "wardenctl", "journal", "verify", JOURNAL, "--hash-key", KEY],
                                capture_output=True, text=True)
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)


if __name__ == "__main__":
    case = AfterTheReset if STALLED.exists() else BeforeTheReset
    outcome = unittest.TextTestRunner(verbosity=2).run(unittest.TestLoader().loadTestsFromTestCase(case))
    sys.exit(0 if outcome.wasSuccessful() else 1)
