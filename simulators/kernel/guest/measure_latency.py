"""Measures how long wardend and a control in C take from an input to an output, by turns, in one simulated machine.

Run inside it by simulators/kernel/latency. Arguments: rounds of each path for each program, blocks that they are split into,
the paths.
Leaves /run/results/latency.json: nanoseconds by path and program.
"""

import json
import os
import subprocess
import sys
import time

from devices import RESULTS, Board, Chip, SerialPort, Trace, build_board, wait_until

BOARD = """
board: latency
groups: [residents]
chips: {gpio: {match: bench, lines: 8}}
capacities: {events: 4096, credentials: 2000, links: 2, consoles: 1}
inputs:
  panel: {pin: gpio 0, active: high, debounce: 0 s}
  contact: {pin: gpio 1, active: high, debounce: 0 s}
  data0: {pin: gpio 4, active: low, debounce: 0 s}
  data1: {pin: gpio 5, active: low, debounce: 0 s}
outputs:
  siren: {pin: gpio 2}
  lock: {pin: gpio 3, start: inactive, exit: inactive}
ports: {reader_port: {device: /dev/ttyACM0, baud: 9600}}
doors:
  gate: {lock_kind: strike-fail-secure, lock: lock, contact: contact, contact_debounce: 0 s, unlock: 5 s, extended_unlock: 6 s,
         groups: [residents], egress: false, relock: on-open}
readers:
  reader: {protocol: serial-tag, port: reader_port, door: gate, hold_off: 0 s}
  pulses: {protocol: wiegand, data0: data0, data1: data1, formats: [h10301], door: gate, hold_off: 0 s}
effects:
  fire: {causes: [{input: panel}], actions: [{drive: siren}], priority: 200, latching: false}
credentials:
"""
CARDS = 1000
DATA_LINES = (4, 5)
TOOL = RESULTS / "tool"


class Control:
    """The C program in wardend's place."""

    def __init__(self, device):
        self.process = subprocess.Popen([TOOL, "control", device, "/dev/ttyACM0"], stderr=subprocess.PIPE, text=True)
        self.process.stderr.readline()

    def end(self):
        self.process.kill()
        self.process.wait()


def board_text():
    first = 0x0500207B32 - CARDS // 2
    tags = (f'tag: "{first + number:010X}"' for number in range(CARDS))
    numbers = (f"number: {{facility: 12, card: {number + 1}}}" for number in range(CARDS))
    return BOARD + "".join(f"  - {{{card}, groups: [residents]}}\n" for card in (*tags, *numbers))


def main():
    rounds, blocks, paths = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    chip, port = Chip("bench", 8), SerialPort()
    for line in DATA_LINES:
        chip.pull(line, True)
    Trace(chip)
    image = build_board("latency", board_text())
    device = f"/dev/{chip.device.name}"
    times = {path: {"wardend": [], "control": []} for path in paths}
    for block in range(blocks):
        for program in ("control", "wardend") if block % 2 else ("wardend", "control"):
            if program == "wardend":
                subject = Board(image)
                subject.wait_for("ready")
            else:
                subject = Control(device)
            time.sleep(0.3)
            for path in times:
                heard = subprocess.run(
                    [TOOL, "measure", path, str(rounds // blocks), str(chip.base), chip.device, "/dev/ttyGS0"],
                    check=True, stdout=subprocess.PIPE, text=True).stdout
                times[path][program] += [int(line) for line in heard.split()]
            subject.end()
        print(f"block {block + 1} of {blocks}", flush=True)
    (RESULTS / "latency.json").write_text(json.dumps(times))


if __name__ == "__main__":
    main()
