"""Writes what two peers said over TCP as a capture file, for tshark."""

import struct

BOARD_PORT = 7321
CLIENT_PORT = 50000
_RAW_IP = 101


class Recorder:
    """A transport that notes what passes through another one, as (is to the board, bytes)."""

    def __init__(self, transport):
        self._transport = transport
        self.is_local = transport.is_local
        self.half_duplex = transport.half_duplex
        self.said = []

    def read(self, timeout):
        data = self._transport.read(timeout)
        if data:
            self.said.append((False, data))
        return data

    def write(self, data):
        self.said.append((True, data))
        self._transport.write(data)

    def close(self):
        self._transport.close()


def _packet(to_board, sequence, acknowledged, data):
    """IPv4 and TCP around the data (RFC 791, RFC 9293); the checksums are left at zero, which captures of a sender's own
    packets have too."""
    ports = (CLIENT_PORT, BOARD_PORT) if to_board else (BOARD_PORT, CLIENT_PORT)
    addresses = (b"\x0a\0\0\x01", b"\x0a\0\0\x02") if to_board else (b"\x0a\0\0\x02", b"\x0a\0\0\x01")
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, 0x18, 65535, 0, 0)
    length = 20 + len(tcp) + len(data)
    return struct.pack(">BBHHHBBH", 0x45, 0, length, 0, 0x4000, 64, 6, 0) + addresses[0] + addresses[1] + tcp + data


def write(path, said, segment=1400):
    """A capture of a TCP connection on which this was said, in segments of at most so many bytes."""
    # https://datatracker.ietf.org/doc/id/draft-gharris-opsawg-pcap
    content = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _RAW_IP)
    sequences = {True: 1, False: 1}
    number = 0
    for to_board, data in said:
        for start in range(0, len(data), segment):
            piece = data[start : start + segment]
            packet = _packet(to_board, sequences[to_board], sequences[not to_board], piece)
            sequences[to_board] += len(piece)
            content += struct.pack("<IIII", 1_700_000_000 + number // 1000, number % 1000 * 1000, len(packet), len(packet))
            content += packet
            number += 1
    path.write_bytes(content)
