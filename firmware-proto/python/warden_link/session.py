"""Sessions: who the peer is, and what seals the messages. See "Sessions" in the specification.

Own code only for what noiseprotocol lacks: counters that are said with each message, so that a lost frame costs only
itself, and keys that change every 65,536 messages.
"""

import os
import struct
import warnings

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from noise.connection import Keypair, NoiseConnection

from . import frame
from .errors import BoardClosed, LinkError, NotTheBoard
from warden.v1 import link_pb2

PROLOGUE = b"WardenLink/1"
EPOCH_BITS = 16
COUNTER_LIMIT = 0xFFFFFFFF
MESSAGE_LIMIT = frame.PAYLOAD_LIMIT - 24


def _nonce(counter):
    return b"\0\0\0\0" + struct.pack("<Q", counter)


def rekeyed(key):
    """The key that follows: the first 32 bytes of zeros sealed with the largest counter."""
    return ChaCha20Poly1305(key).encrypt(_nonce(0xFFFFFFFFFFFFFFFF), bytes(32), b"")[:32]


class SealingKey:
    """Seals what one side sends."""

    def __init__(self, key, counter=0):
        self._key = key
        self._cipher = ChaCha20Poly1305(key)
        self.counter = counter

    def seal(self, message):
        if self.counter >= COUNTER_LIMIT:
            raise BoardClosed(9)
        if self.counter and self.counter % (1 << EPOCH_BITS) == 0:
            self._key = rekeyed(self._key)
            self._cipher = ChaCha20Poly1305(self._key)
        sealed = self._cipher.encrypt(_nonce(self.counter), message, frame.header(frame.SEALED))
        payload = struct.pack("<I", self.counter) + sealed
        self.counter += 1
        return payload


class OpeningKey:
    """Opens what the other side sends. `lost` counts messages that never came."""

    def __init__(self, key, next_counter=0):
        self._key = key
        self.next = next_counter
        self.lost = 0

    def open(self, payload):
        """The message; None for one that is replayed or not authentic, which changes nothing."""
        if len(payload) < 20:
            return None
        counter = struct.unpack("<I", payload[:4])[0]
        if counter < self.next:
            return None
        epoch = 0 if self.next == 0 else (self.next - 1) >> EPOCH_BITS
        key = self._key
        if (counter >> EPOCH_BITS) - epoch == 1:
            key = rekeyed(key)
        elif (counter >> EPOCH_BITS) != epoch:
            return None
        try:
            message = ChaCha20Poly1305(key).decrypt(_nonce(counter), payload[4:], frame.header(frame.SEALED))
        except InvalidTag:
            return None
        self._key = key
        self.lost += counter - self.next
        self.next = counter + 1
        return message


class PlainSession:
    """For the board's own socket: messages go as they are."""

    is_ready = True
    welcome = None

    def start(self):
        return b""

    def seal(self, message):
        return frame.encode(frame.PLAIN, message)

    def open(self, kind, payload):
        return payload if kind == frame.PLAIN else None


class NoiseSession:
    """Noise_IK_25519_ChaChaPoly_SHA256 as the initiator.

    `ephemeral` is for golden vectors alone.
    """

    def __init__(self, keys, board_key, program="warden_link 1.0", ephemeral=None):
        self._keys = keys
        self._board_key = board_key
        self._program = program
        self._ephemeral = ephemeral
        self._noise = None
        self._name = b""
        self._sealing = None
        self._opening = None
        self.welcome = None

    @property
    def is_ready(self):
        return self.welcome is not None

    def start(self):
        """The frame that begins the handshake; called again, it begins another one."""
        noise = NoiseConnection.from_name(b"Noise_IK_25519_ChaChaPoly_SHA256")
        noise.set_as_initiator()
        noise.set_prologue(PROLOGUE)
        noise.set_keypair_from_private_bytes(Keypair.STATIC, self._keys.private)
        noise.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, self._board_key)
        if self._ephemeral is not None:
            noise.set_keypair_from_private_bytes(Keypair.EPHEMERAL, self._ephemeral)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            noise.start_handshake()
        hello = link_pb2.Hello(version=frame.VERSION, program=self._program)
        first = bytes(noise.write_message(hello.SerializeToString()))
        self._noise = noise
        self._name = first[:32]
        return b"\0" + frame.encode(frame.HANDSHAKE, first)

    def seal(self, message):
        if len(message) > MESSAGE_LIMIT:
            raise LinkError(f"a message has at most {MESSAGE_LIMIT} bytes")
        return frame.encode(frame.SEALED, self._sealing.seal(message))

    def open(self, kind, payload):
        """The message of a frame; None for frames that carry none."""
        if kind == frame.HANDSHAKE and not self.is_ready:
            self._finish(payload)
        elif kind == frame.SEALED and self.is_ready:
            return self._opening.open(payload)
        return None

    def _finish(self, payload):
        try:
            hello = self._noise.read_message(payload)
        except Exception as error:
            raise NotTheBoard("the peer does not hold the board's key") from error
        protocol = self._noise.noise_protocol
        sending, receiving = protocol.cipher_state_encrypt.k, protocol.cipher_state_decrypt.k
        self._sealing, self._opening = SealingKey(sending), OpeningKey(receiving)
        self.welcome = link_pb2.Welcome.FromString(bytes(hello))
        self._log(sending, receiving)

    def _log(self, sending, receiving):
        """Appends the session's keys to the file that WARDEN_KEYLOG names, for the Wireshark dissector, under the
        ephemeral key that the handshake began with."""
        path = os.environ.get("WARDEN_KEYLOG")
        if not path:
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"WARDEN_SESSION {self._name.hex()} {sending.hex()} {receiving.hex()}\n")
