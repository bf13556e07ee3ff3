"""What can go wrong on a link, and what to do about it."""

# Numbers of notices; see "Notices" in the specification.
CLOSURES = {
    1: "the board says that this client left",
    2: "every session of the board is taken; try again later",
    3: "the handshake took too long",
    4: "the board does not let this client in: is its key in the board file, not expired, and the board's key right?",
    5: "the board heard nothing for too long",
    6: "this client did not read what the board sent",
    7: "the board takes plain messages from local users only, or has no key: use --key and --board-key",
    8: "the client's role has expired",
    9: "the session's counters are used up; connect again",
    10: "the board is stopping",
}


class LinkError(Exception):
    """A link that cannot go on."""


class BoardClosed(LinkError):
    """The board ended the session, or the connection is gone. `reason` is the notice's number, or None."""

    def __init__(self, reason=None):
        super().__init__(CLOSURES.get(reason, "the connection ended"))
        self.reason = reason


class NotTheBoard(LinkError):
    """The peer does not hold the board's private key, or does not know this client."""


class Timeout(LinkError):
    """The board did not answer in time."""


class Refused(LinkError):
    """The board refused a request. `reason` is a `RefusalReason`."""

    def __init__(self, reason, name):
        super().__init__("the board refused: " + name.removeprefix("REFUSAL_REASON_").lower().replace("_", " "))
        self.reason = reason


class CommandFailed(LinkError):
    """A command or service was not carried out. `result` is a `CommandResult`."""

    def __init__(self, result, name, reason=0):
        text = "not done: " + name.removeprefix("COMMAND_RESULT_").lower().replace("_", " ")
        super().__init__(text + (f" (reason {reason})" if reason else ""))
        self.result = result
        self.reason = reason
