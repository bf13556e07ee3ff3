"""Frames: COBS(header, payload, CRC-32C of both), zero. See "Frames" in the specification."""

import struct

import crcmod.predefined
from cobs import cobs

VERSION = 1
PAYLOAD_LIMIT = 1024
PLAIN, HANDSHAKE, SEALED, NOTICE, TURN = range(5)
KINDS = {PLAIN: "plain", HANDSHAKE: "handshake", SEALED: "sealed", NOTICE: "notice", TURN: "turn"}

_BODY_LIMIT = PAYLOAD_LIMIT + 5
_ENCODED_LIMIT = _BODY_LIMIT + (_BODY_LIMIT + 253) // 254

crc32c = crcmod.predefined.mkCrcFun("crc-32c")


def header(kind):
    """The header byte of a frame."""
    return bytes([VERSION << 4 | kind])


def encode(kind, payload=b""):
    """A frame as it goes over the wire, its delimiter included."""
    if len(payload) > PAYLOAD_LIMIT:
        raise ValueError(f"a payload has at most {PAYLOAD_LIMIT} bytes, not {len(payload)}")
    body = header(kind) + payload
    return cobs.encode(body + struct.pack("<I", crc32c(body))) + b"\0"


class Reader:
    """Finds the frames in a stream. `sound`, `corrupt`, `oversized` and `foreign` count what came."""

    def __init__(self):
        self._pending = bytearray()
        self._skipping = False
        self.sound = self.corrupt = self.oversized = self.foreign = 0

    def feed(self, data):
        """Takes bytes in pieces of any size, and yields (kind, payload) of each sound frame."""
        for index, piece in enumerate(data.split(b"\0")):
            if index > 0:
                frame = self._end()
                if frame is not None:
                    yield frame
            self._pending += piece
            if len(self._pending) > _ENCODED_LIMIT:
                self._skipping = True
                del self._pending[:]

    def _end(self):
        encoded, self._pending = bytes(self._pending), bytearray()
        skipping, self._skipping = self._skipping, False
        if skipping:
            self.oversized += 1
            return None
        if not encoded:
            return None
        try:
            body = cobs.decode(encoded)
        except cobs.DecodeError:
            self.corrupt += 1
            return None
        if len(body) > _BODY_LIMIT:
            self.oversized += 1
            return None
        if len(body) < 5 or struct.unpack("<I", body[-4:])[0] != crc32c(body[:-4]):
            self.corrupt += 1
            return None
        version, kind = body[0] >> 4, body[0] & 0x0F
        if version != VERSION or kind not in KINDS:
            self.foreign += 1
            return None
        self.sound += 1
        return kind, body[1:-4]
