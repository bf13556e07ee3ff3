"""A link: requests and their answers, lists, events, measured values, transfers."""

import collections
import random
import time

from warden.v1 import event_pb2, link_pb2

from . import frame
from .errors import BoardClosed, CommandFailed, LinkError, Refused, Timeout
from .session import NoiseSession, PlainSession

# How many list entries and events the board may send ahead. What a client at a serial line takes in a second or two.
WINDOW = 64
KEEP_ALIVE_S = 20.0
HANDSHAKE_RETRY_S = 1.5
TURN_S = 0.05
# The board's longest turn at 9600 bit/s, and some time to begin.
TURN_TIMEOUT_S = 1.3

_ENTRIES = {"event", "door", "point", "detector", "line", "reader", "telemetry", "recorder", "counter"}


class Sample(collections.namedtuple("Sample", "point at_ms value quality")):
    """A measured value: point by place, milliseconds on the board's monotonic clock, value, `Quality`."""


def samples(batch):
    """The samples of a `TelemetryBatch`."""
    at, value = batch.base_ms, 0
    for index, difference in enumerate(batch.values):
        if index:
            at += batch.interval_ms * (batch.steps[index - 1] if batch.steps else 1)
        value = (value + difference + 0x80000000) % 0x100000000 - 0x80000000
        yield Sample(batch.point, at, value, batch.quality)


class Link:
    """A session with a board. Without keys, over the board's own socket.

    Not for several threads at once. Used with `with`, it ends with the block.
    """

    def __init__(self, transport, keys=None, board_key=None, timeout=10.0, program="warden_link 1.0"):
        if not transport.is_local and (keys is None or board_key is None):
            raise LinkError("over a network or a line this client needs a key of its own and the board's public key")
        self._transport = transport
        self._session = PlainSession() if transport.is_local else NoiseSession(keys, board_key, program)
        self._reader = frame.Reader()
        self._timeout = timeout
        # Identifiers are random, so that a repeat is one, and not a later session's new command.
        self._identifier = random.randrange(1, 1 << 31)
        self._inbox = collections.deque()
        self._taken = 0
        self._limit = WINDOW
        self._last_sent = 0.0
        self._subscription = None
        self._outgoing = b""
        self._has_line = True
        self._line_since = 0.0
        self._connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._transport.close()

    @property
    def welcome(self):
        """What the board said of itself and of this client; None over the board's own socket."""
        return self._session.welcome

    # Bytes

    def _connect(self):
        deadline = time.monotonic() + self._timeout
        while not self._session.is_ready:
            self._write(self._session.start())
            retry = time.monotonic() + HANDSHAKE_RETRY_S
            while not self._session.is_ready and time.monotonic() < min(retry, deadline):
                self._read(min(retry, deadline) - time.monotonic())
            if not self._session.is_ready and time.monotonic() >= deadline:
                raise Timeout("the board did not answer the handshake; is this the right port, and is it running?")
        # The handshake ends with the first sealed message.
        if self.welcome is not None:
            self.board_time()

    def _write(self, data):
        self._last_sent = time.monotonic()
        if not self._transport.half_duplex:
            self._transport.write(data)
            return
        self._outgoing += data
        self._take_turn()

    def _take_turn(self):
        """On a half-duplex line: sends what waits and hands the line over, if it is this client's turn.

        With nothing to say the board is asked every `TURN_S`. A board that did not hand the line back in
        `TURN_TIMEOUT_S` did not hear that it had it.
        """
        waited = time.monotonic() - self._line_since
        if waited < (TURN_TIMEOUT_S if not self._has_line else 0 if self._outgoing else TURN_S):
            return
        self._transport.write(self._outgoing + frame.encode(frame.TURN))
        self._outgoing = b""
        self._has_line = False
        self._line_since = time.monotonic()

    def _read(self, timeout):
        """Takes what comes within `timeout` seconds into the inbox."""
        if self._transport.half_duplex:
            timeout = min(timeout, TURN_S)
            self._take_turn()
        data = self._transport.read(max(0.0, timeout))
        for kind, payload in self._reader.feed(data):
            if kind == frame.NOTICE:
                raise BoardClosed(payload[0] if payload else None)
            if kind == frame.TURN:
                self._has_line = True
                self._line_since = time.monotonic()
                continue
            message = self._session.open(kind, payload)
            if message is not None:
                self._inbox.append(link_pb2.Response.FromString(message))

    def _send(self, identifier, **body):
        request = link_pb2.Request(identifier=identifier, **body)
        self._write(self._session.seal(request.SerializeToString()))

    def _next(self, deadline):
        """The next response; keeps the session alive and the board supplied with credit meanwhile."""
        while not self._inbox:
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise Timeout("the board did not answer in time")
            if now - self._last_sent >= KEEP_ALIVE_S:
                self._send(0, keep_alive=link_pb2.KeepAlive())
            self._read(min(1.0, deadline - now) if deadline is not None else 1.0)
        response = self._inbox.popleft()
        if response.WhichOneof("body") in _ENTRIES:
            self._taken += 1
            if self._limit - self._taken < WINDOW // 2:
                self._limit = self._taken + WINDOW
                self._send(0, credit=link_pb2.Credit(limit=self._limit))
        return response

    def _new_identifier(self):
        self._identifier = self._identifier % 0x7FFFFFFF + 1
        return self._identifier

    # Requests

    def request(self, timeout=None, identifier=None, **body):
        """Sends one request and gives its answer's body. What else comes meanwhile is kept for later."""
        identifier = identifier or self._new_identifier()
        self._send(identifier, **body)
        deadline = time.monotonic() + (timeout or self._timeout)
        kept = []
        try:
            while True:
                response = self._next(deadline)
                if response.identifier == identifier:
                    return self._body(response)
                kept.append(response)
        finally:
            self._inbox.extendleft(reversed(kept))

    @staticmethod
    def _body(response):
        kind = response.WhichOneof("body")
        if kind is None:
            raise LinkError("the board answered with something that this client does not know; it is older")
        body = getattr(response, kind)
        if kind == "refusal":
            raise Refused(body.reason, link_pb2.RefusalReason.Name(body.reason))
        return body

    @staticmethod
    def _done(answer):
        """The answer, if its result is good: done, or begun where an audit tells of the end."""
        if answer.result not in (event_pb2.COMMAND_RESULT_DONE, event_pb2.COMMAND_RESULT_STARTED):
            known = answer.result in event_pb2.CommandResult.values()
            name = event_pb2.CommandResult.Name(answer.result) if known else str(answer.result)
            raise CommandFailed(answer.result, name, getattr(answer, "reason", 0))
        return answer

    def entries(self, timeout=None, **body):
        """Sends a request that is answered entry by entry, and yields the entries."""
        identifier = self._new_identifier()
        self._send(identifier, **body)
        kept = []
        try:
            while True:
                response = self._next(time.monotonic() + (timeout or self._timeout))
                if response.identifier != identifier:
                    kept.append(response)
                    continue
                answer = self._body(response)
                if isinstance(answer, link_pb2.EndOfList):
                    return
                if isinstance(answer, link_pb2.ServiceAnswer):
                    self._done(answer)
                yield answer
        finally:
            self._inbox.extendleft(reversed(kept))

    def status(self):
        return self.request(status=link_pb2.StatusQuery())

    def board_time(self):
        return self.request(keep_alive=link_pb2.KeepAlive())

    def clock_offset(self, rounds=5):
        """What to add to `time.monotonic_ns()` to get the board's monotonic clock, and how far off that may be.

        The quickest of several rounds, as half of its time is the uncertainty.
        """
        best = None
        for _ in range(rounds):
            before = time.monotonic_ns()
            answer = self.board_time()
            after = time.monotonic_ns()
            uncertainty = (after - before) // 2
            if best is None or uncertainty < best[1]:
                best = (answer.monotonic_ns - (before + after) // 2, uncertainty)
        return best

    def table(self, kind):
        """A table's entries: "doors", "points", "detectors", "lines", "readers" or "counters"."""
        return list(self.entries(table=link_pb2.TableQuery(kind=link_pb2.TableKind.Value("TABLE_KIND_" + kind.upper()))))

    def events(self, from_sequence=0, limit=0, newest=False):
        """Events that the board keeps."""
        return self.entries(
            events=link_pb2.EventQuery(from_sequence=from_sequence, limit=limit, newest=newest)
        )

    def subscribe(self, reader="", from_sequence=0, classes=0, from_oldest=False):
        """Yields events as they happen, for ever.

        With a `reader`, the board keeps the place: what is not acknowledged comes again, after any interruption.
        """
        identifier = self._new_identifier()
        self.request(
            identifier=identifier,
            subscribe=link_pb2.Subscription(
                reader=reader, from_sequence=from_sequence, classes=classes, from_oldest=from_oldest
            ),
        )
        self._subscription = identifier
        while True:
            response = self._next(None)
            if response.identifier == identifier and response.WhichOneof("body") == "event":
                yield response.event

    def acknowledge(self, sequence):
        """Every event up to this one has been kept, and need not come again."""
        self._send(0, acknowledge=link_pb2.Acknowledge(subscription=self._subscription, sequence=sequence))

    def telemetry(self, points, interval_ms=1000, threshold=0, batch=16, latency_ms=10_000):
        """Yields `Sample`s of points, by place, for ever."""
        asked = [
            link_pb2.TelemetryPoint(point=point, interval_ms=interval_ms, threshold=threshold) for point in points
        ]
        identifier = self._new_identifier()
        self._done(
            self.request(
                identifier=identifier,
                telemetry=link_pb2.TelemetryRequest(points=asked, batch=batch, latency_ms=latency_ms),
            )
        )
        while True:
            response = self._next(None)
            if response.identifier == identifier and response.WhichOneof("body") == "telemetry":
                yield from samples(response.telemetry)

    # Commands

    def command(self, kind, target=0, within_s=10.0, attempts=3):
        """Has a command carried out, at most once: a repeat gets the first answer, one that is late does nothing.

        `kind` is as in "DOOR_UNLOCK".
        """
        offset, uncertainty = self.clock_offset(1)
        deadline = time.monotonic_ns() + offset - uncertainty + int(within_s * 1e9)
        command = link_pb2.Command(
            kind=link_pb2.CommandKind.Value("COMMAND_KIND_" + kind), target=target, deadline_ns=max(1, deadline)
        )
        identifier = self._new_identifier()
        # However late it is: the board's word that it was too late takes a moment too.
        patience = max(1.0, within_s / attempts)
        for attempt in range(attempts):
            try:
                return self._done(self.request(patience, identifier=identifier, command=command))
            except Timeout:
                if attempt + 1 == attempts:
                    raise
        raise AssertionError("an attempt returns or raises")

    # Services

    def set_clock(self, rounds=5):
        """Sets the board's clock from this machine's; gives the uncertainty in nanoseconds."""
        offset, uncertainty = self.clock_offset(rounds)
        at, now = time.monotonic_ns(), time.time_ns()
        # The board's moment must not lie ahead of it.
        setting = link_pb2.ClockSetting(
            at_monotonic_ns=max(0, at + offset - uncertainty), unix_ms=(now - uncertainty) // 1_000_000,
            uncertainty_ms=uncertainty // 1_000_000,
        )
        self._done(self.request(clock=setting))
        return uncertainty

    def set_log_level(self, level):
        value = link_pb2.LogLevel.Value("LOG_LEVEL_" + level.upper())
        self._done(self.request(log_level=link_pb2.LogLevelSetting(level=value)))

    def credentials(self):
        """Version, count and capacity of the credentials."""
        query = link_pb2.CredentialTransfer(query=link_pb2.CredentialQuery())
        return self._done(self.request(credentials=query))

    def _patiently(self, patience_s=30.0, **body):
        """A request whose answer is asked for again while the board is busy: its disk is slower than the link."""
        deadline = time.monotonic() + patience_s
        while True:
            answer = self.request(**body)
            if answer.result != event_pb2.COMMAND_RESULT_BUSY or time.monotonic() >= deadline:
                return self._done(answer)
            time.sleep(0.01)

    def change_credentials(self, changes, version, base_version=0, progress=lambda done, total: None):
        """Makes all of the changes, or none. A base of 0 replaces all credentials."""
        begin = link_pb2.CredentialBegin(base_version=base_version, version=version, changes=len(changes))
        state = self._patiently(credentials=link_pb2.CredentialTransfer(begin=begin))
        while state.received < len(changes):
            chunk = link_pb2.CredentialChunk(
                offset=state.received, changes=changes[state.received : state.received + 12]
            )
            before = state.received
            state = self._patiently(credentials=link_pb2.CredentialTransfer(chunk=chunk))
            if state.received <= before:
                raise LinkError("the board took nothing of a chunk of credentials")
            progress(state.received, len(changes))
        commit = link_pb2.CredentialTransfer(commit=link_pb2.CredentialCommit())
        return self._patiently(credentials=commit)

    def image(self, action="QUERY"):
        """"QUERY", "APPLY", "CONFIRM", "ROLL_BACK" or "DROP"; gives the state."""
        value = link_pb2.ImageAction.Value("IMAGE_ACTION_" + action)
        return self._done(self.request(image=link_pb2.ImageTransfer(action=value)))

    def upload_image(self, data, progress=lambda done, total: None):
        """Brings a board image to the board, going on where a transfer of the same image was interrupted."""
        begin = link_pb2.ImageBegin(size=len(data), checksum=frame.crc32c(data))
        state = self._done(self.request(image=link_pb2.ImageTransfer(begin=begin)))
        while state.received < len(data):
            before = state.received
            chunk = link_pb2.ImageChunk(offset=before, data=data[before : before + 768])
            state = self._patiently(image=link_pb2.ImageTransfer(chunk=chunk))
            if state.received <= before:
                raise LinkError("the board took nothing of a chunk of the image")
            progress(state.received, len(data))
        while state.phase == link_pb2.IMAGE_PHASE_CHECKING:
            time.sleep(0.05)
            state = self.image()
        return state

    def send_reader_file(self, reader, data, type=1, progress=lambda done, total: None):
        """Sends a file to the OSDP reader at a place, as fast as it takes it; gives the outcome's name in small letters."""
        begin = link_pb2.ReaderFileBegin(type=type, size=len(data))
        state = self._reader_file(reader, begin=begin)
        while state.phase == link_pb2.READER_FILE_PHASE_SENDING:
            progress(state.confirmed, len(data))
            if state.wanted_length:
                end = state.wanted_offset + state.wanted_length
                chunk = link_pb2.ReaderFileChunk(offset=state.wanted_offset, data=data[state.wanted_offset : end])
                state = self._reader_file(reader, chunk=chunk)
            else:
                time.sleep(0.02)
                state = self._reader_file(reader, action=link_pb2.READER_FILE_ACTION_QUERY)
        progress(state.confirmed, len(data))
        return link_pb2.ReaderFileOutcome.Name(state.outcome).removeprefix("READER_FILE_OUTCOME_").lower()

    def _reader_file(self, reader, **step):
        return self._done(self.request(reader_file=link_pb2.ReaderFileTransfer(reader=reader, **step)))

    def recorder(self, offset=0, limit=0):
        """Yields `RecorderChunk`s of the flight recorder from an offset on."""
        return self.entries(recorder=link_pb2.RecorderQuery(offset=offset, limit=limit))
