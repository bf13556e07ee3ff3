"""What a link runs over: something with `read(timeout)`, `write(data)`, `close()` and three facts about itself."""

import os
import select
import socket
import time

from .errors import BoardClosed, LinkError

DEFAULT_PORT = 7321


class _Socket:
    half_duplex = False

    def __init__(self, connected, is_local):
        self._socket = connected
        self.is_local = is_local

    def read(self, timeout):
        """Bytes as they come; b"" when none came in time."""
        readable, _, _ = select.select([self._socket], [], [], max(0, timeout))
        if not readable:
            return b""
        try:
            data = self._socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise BoardClosed()
        return data

    def write(self, data):
        try:
            self._socket.sendall(data)
        except ConnectionError:
            # What the board said before it closed is still to be read.
            pass

    def close(self):
        self._socket.close()


def unix(path):
    """The board's own socket; who may do what follows from the user."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.connect(path)
    except OSError as error:
        raise LinkError(f"{path}: {error.strerror}; is the board running, and may this user open it?") from error
    return _Socket(connected, is_local=True)


def tcp(address, timeout=10):
    """`HOST`, `HOST:PORT`, `[ADDRESS]:PORT`; over IPv4 or IPv6, whichever answers."""
    host, port = address, DEFAULT_PORT
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = int(rest[1:]) if rest.startswith(":") else DEFAULT_PORT
    elif address.count(":") == 1:
        host, _, text = address.partition(":")
        port = int(text)
    try:
        connected = socket.create_connection((host, port), timeout)
    except OSError as error:
        raise LinkError(f"{address}: {error}") from error
    connected.settimeout(None)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Socket(connected, is_local=False)


class _Serial:
    is_local = False

    def __init__(self, port, half_duplex):
        self._port = port
        self.half_duplex = half_duplex

    def read(self, timeout):
        self._port.timeout = max(0, timeout)
        try:
            first = self._port.read(1)
            return first + self._port.read(self._port.in_waiting) if first else b""
        except OSError as error:
            raise BoardClosed() from error

    def write(self, data):
        self._port.write(data)
        self._port.flush()

    def close(self):
        self._port.close()


def serial(device, baud=115200, rs485=False):
    """A serial line, 8N1; with `rs485`, one on which both sides speak in turns."""
    import serial as pyserial

    try:
        port = pyserial.Serial(device, baud, exclusive=True)
    except (OSError, pyserial.SerialException) as error:
        raise LinkError(f"{device}: {error}") from error
    return _Serial(port, rs485)


def monotonic():
    return time.monotonic()
