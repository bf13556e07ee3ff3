"""OSDP readers by libosdp on one line, as peers of the tests.

usage: osdp_peripherals.py

Every line on standard input is a JSON object with a reader's `address` and one of:
  {"do": "add", "scbk": HEX or null, "secure": bool}     puts a reader on the line; without a key it is in install mode
  {"do": "remove"}                                        takes it off
  {"do": "card", "bits": N, "data": HEX}                  presents a card
  {"do": "keys", "data": HEX}                             presses keys
  {"do": "local" | "inputs" | "outputs", "data": HEX}     reports a status
  {"do": "noise", "data": HEX}                            sends bytes on the line that belong to nobody
  {"do": "drop", "every": N}                              loses every Nth chunk that comes from the panel; 0 for none
  {"do": "turn", "line": HEX}                             gives the readers what the panel sent, and each its turn
Every line on standard output is a JSON object: what a reader was told, with its address, or what the line carries back
after a turn, {"line": HEX}. Nothing moves between turns, so a slow machine makes no packet late.
"""

import json
import sys

import osdp_sys


# A packet is answered in the same turn: one call takes it in, the next sends the reply.
REFRESHES_PER_TURN = 3


class Channel:
    """A reader's end of the line: it hears everything and speaks when asked."""

    def __init__(self, line):
        self.line = line
        self.pending = b""

    def read(self, limit):
        taken, self.pending = self.pending[:limit], self.pending[limit:]
        return taken

    def write(self, data):
        self.line.extend(data)
        return len(data)

    def flush(self):
        self.pending = b""


class Reader:
    def __init__(self, line, address, scbk, secure):
        self.address = address
        self.channel = Channel(line)
        self.file = bytearray()
        flags = osdp_sys.FLAG_ENFORCE_SECURE if secure and scbk else 0
        information = {
            "name": f"reader-{address}", "baud_rate": 115200, "address": address, "flags": flags, "scbk": scbk,
            "channel": self.channel, "version": 7, "model": 9, "vendor_code": 0x123456, "serial_number": 1000 + address,
            "firmware_version": 0x010203,
        }
        capabilities = [
            (osdp_sys.CAP_CONTACT_STATUS_MONITORING, 1, 4), (osdp_sys.CAP_OUTPUT_CONTROL, 1, 2),
            (osdp_sys.CAP_READER_LED_CONTROL, 1, 1), (osdp_sys.CAP_READER_AUDIBLE_OUTPUT, 1, 1),
            (osdp_sys.CAP_READER_TEXT_OUTPUT, 1, 1),
        ]
        self.context = osdp_sys.PeripheralDevice(
            information,
            capabilities=[
                {"function_code": code, "compliance_level": level, "num_items": count}
                for code, level, count in capabilities
            ],
        )
        self.context.set_command_callback(self.command)
        self.context.register_file_ops(
            0, {"open": self.open, "read": self.read, "write": self.write, "close": self.close}
        )
        self.was_secure = False

    def command(self, command):
        if command.get("command") == osdp_sys.CMD_STATUS:
            reports = {
                osdp_sys.STATUS_REPORT_LOCAL: bytes(2), osdp_sys.STATUS_REPORT_INPUT: bytes(4),
                osdp_sys.STATUS_REPORT_OUTPUT: bytes(2),
            }
            command["report"] = reports.get(command["type"], bytes(1))
            return 0, command
        say({"address": self.address, "told": {k: plain(v) for k, v in command.items()}})
        return 0, None

    def open(self, identifier, size):
        self.file = bytearray(size)
        return 0

    def read(self, size, offset):
        return b""

    def write(self, data, offset):
        self.file[offset:offset + len(data)] = data
        return len(data)

    def close(self, identifier):
        say({"address": self.address, "file": self.file.hex()})
        return 0

    def refresh(self):
        self.context.refresh()
        secure = bool(self.context.is_sc_active())
        if secure != self.was_secure:
            self.was_secure = secure
            say({"address": self.address, "secure": secure})


def plain(value):
    return value.hex() if isinstance(value, (bytes, bytearray)) else value


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main():
    osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)
    readers = {}
    line = bytearray()
    chunks = 0
    every = 0
    say({"ready": True})
    for text in sys.stdin:
        order = json.loads(text)
        address = order.get("address")
        data = bytes.fromhex(order.get("data", ""))
        do = order["do"]
        if do == "turn":
            heard = bytes.fromhex(order["line"])
            if heard:
                chunks += 1
                if not every or chunks % every:
                    for reader in readers.values():
                        reader.channel.pending += heard
            for _ in range(REFRESHES_PER_TURN):
                for reader in readers.values():
                    reader.refresh()
            say({"line": line.hex()})
            line.clear()
        elif do == "add":
            key = order.get("scbk")
            readers[address] = Reader(line, address, bytes.fromhex(key) if key else None, order.get("secure", False))
        elif do == "remove":
            del readers[address]
        elif do == "noise":
            line.extend(data)
        elif do == "drop":
            every = order["every"]
        elif do == "card":
            readers[address].context.submit_event({
                "event": osdp_sys.EVENT_CARDREAD, "reader_no": 0, "direction": 0, "length": order["bits"],
                "format": osdp_sys.CARD_FMT_RAW_WIEGAND, "data": data,
            })
        elif do == "keys":
            readers[address].context.submit_event(
                {"event": osdp_sys.EVENT_KEYPRESS, "reader_no": 0, "data": data}
            )
        else:
            kinds = {
                "local": osdp_sys.STATUS_REPORT_LOCAL, "inputs": osdp_sys.STATUS_REPORT_INPUT,
                "outputs": osdp_sys.STATUS_REPORT_OUTPUT,
            }
            readers[address].context.submit_event(
                {"event": osdp_sys.EVENT_STATUS, "type": kinds[do], "report": data}
            )


main()
