"""A client of Warden Link, the protocol of Warden boards.

`Link` is a connection with requests, answers and events; `transport` opens what it runs over.
"""

from . import transport
from .errors import BoardClosed, CommandFailed, LinkError, NotTheBoard, Refused, Timeout
from .keys import KeyPair
from .link import Link
from warden.v1 import board_pb2, event_pb2, link_pb2, role_pb2

__all__ = [
    "BoardClosed", "CommandFailed", "KeyPair", "Link", "LinkError", "NotTheBoard", "Refused", "Timeout", "board_pb2",
    "event_pb2", "link_pb2", "role_pb2", "transport",
]
