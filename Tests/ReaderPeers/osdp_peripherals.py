"""OSDP readers by libosdp on one line, as peers of the tests.

usage: osdp_peripherals.py [DEVICE]

With a DEVICE the readers speak there, whenever something comes. Without, they take turns with the panel by orders, so that
no packet is late however slow the machine is.

Every line on standard input is a JSON object with a reader's `address` and one of:
  {"do": "add", "scbk": HEX or null, "secure": bool}     puts a reader on the line; without a key it is in install mode
  {"do": "remove"}                                        takes it off
  {"do": "card", "bits": N, "data": HEX}                  presents a card
  {"do": "keys", "data": HEX}                             presses keys
  {"do": "local" | "inputs" | "outputs", "data": HEX}     reports a status
  {"do": "noise", "data": HEX}                            sends bytes on the line that belong to nobody
  {"do": "drop", "every": N}                              loses every Nth chunk that comes from the panel; 0 for none
  {"do": "turn", "line": HEX}                             without a DEVICE: gives the readers what the panel sent
Every line on standard output is a JSON object: what a reader was told, with its address, or what the readers sent in a
turn, {"line": HEX}.
"""

import json
import os
import select
import sys
import termios
import tty

import osdp_sys


# A packet is answered in the same turn: one call takes it in, the next sends the reply.
REFRESHES_PER_TURN = 3


class Channel:
    """A reader's end of the line: it hears everything and speaks when asked."""

    def __init__(self, send):
        self.send = send
        self.pending = b""

    def read(self, limit):
        taken, self.pending = self.pending[:limit], self.pending[limit:]
        return taken

    def write(self, data):
        self.send(data)
        return len(data)

    def flush(self):
        self.pending = b""


class Reader:
    def __init__(self, send, address, scbk, secure):
        self.address = address
        self.channel = Channel(send)
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


class Line:
    """The readers on one line; `send` takes what they say."""

    def __init__(self, send):
        self.send = send
        self.readers = {}
        self.chunks = 0
        self.every = 0

    def hear(self, data):
        self.chunks += 1
        if self.every and self.chunks % self.every == 0:
            return
        for reader in self.readers.values():
            reader.channel.pending += data

    def refresh(self):
        for reader in self.readers.values():
            reader.refresh()

    def obey(self, order):
        address = order.get("address")
        data = bytes.fromhex(order.get("data", ""))
        do = order["do"]
        if do == "add":
            key = order.get("scbk")
            self.readers[address] = Reader(
                self.send, address, bytes.fromhex(key) if key else None, order.get("secure", False)
            )
        elif do == "remove":
            del self.readers[address]
        elif do == "noise":
            self.send(data)
        elif do == "drop":
            self.every = order["every"]
        elif do == "card":
            self.readers[address].context.submit_event({
                "event": osdp_sys.EVENT_CARDREAD, "reader_no": 0, "direction": 0, "length": order["bits"],
                "format": osdp_sys.CARD_FMT_RAW_WIEGAND, "data": data,
            })
        elif do == "keys":
            self.readers[address].context.submit_event(
                {"event": osdp_sys.EVENT_KEYPRESS, "reader_no": 0, "data": data}
            )
        else:
            kinds = {
                "local": osdp_sys.STATUS_REPORT_LOCAL, "inputs": osdp_sys.STATUS_REPORT_INPUT,
                "outputs": osdp_sys.STATUS_REPORT_OUTPUT,
            }
            self.readers[address].context.submit_event(
                {"event": osdp_sys.EVENT_STATUS, "type": kinds[do], "report": data}
            )


def serve(path):
    """Speaks on a device, in real time, until standard input ends."""
    device = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(device, termios.TCSANOW)
    line = Line(lambda data: os.write(device, data))
    text = b""
    say({"ready": True})
    while True:
        ready, _, _ = select.select([device, 0], [], [], 0.002)
        if device in ready:
            line.hear(os.read(device, 4096))
        if 0 in ready:
            piece = os.read(0, 65536)
            if not piece:
                return
            text += piece
            *orders, text = text.split(b"\n")
            for order in orders:
                line.obey(json.loads(order))
        line.refresh()


def take_turns():
    """Speaks only in turns, until standard input ends."""
    said = bytearray()
    line = Line(said.extend)
    say({"ready": True})
    for text in sys.stdin:
        order = json.loads(text)
        if order["do"] != "turn":
            line.obey(order)
            continue
        heard = bytes.fromhex(order["line"])
        if heard:
            line.hear(heard)
        for _ in range(REFRESHES_PER_TURN):
            line.refresh()
        say({"line": said.hex()})
        said.clear()


osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)
if len(sys.argv) > 1:
    serve(sys.argv[1])
else:
    take_turns()
