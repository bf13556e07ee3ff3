"""Static keys of clients: 32 bytes of X25519, kept as 64 hexadecimal digits in a file that only its owner may read."""

import os
import pathlib
import stat

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from .errors import LinkError


def parse_public(text):
    """A public key from 64 hexadecimal digits, or from a file that holds them."""
    candidate = text.strip()
    if len(candidate) != 64 and os.path.exists(text):
        candidate = pathlib.Path(text).read_text().strip()
    try:
        key = bytes.fromhex(candidate)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise LinkError(f"{text}: a public key is 64 hexadecimal digits")
    return key


class KeyPair:
    """A private key with its public key."""

    def __init__(self, private):
        if len(private) != 32:
            raise LinkError("a private key has 32 bytes")
        self.private = private
        self.public = (
            X25519PrivateKey.from_private_bytes(private)
            .public_key()
            .public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        )

    @classmethod
    def generate(cls):
        return cls(os.urandom(32))

    @classmethod
    def load(cls, path):
        """Reads a key file. One that others may read is refused: it is no secret any more."""
        path = pathlib.Path(path)
        try:
            mode = path.stat().st_mode
            text = path.read_text().strip()
        except OSError as error:
            raise LinkError(f"{path}: {error.strerror}") from error
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise LinkError(f"{path}: others may read this key; chmod 600 it if nobody has, else make a new one")
        try:
            return cls(bytes.fromhex(text))
        except ValueError as error:
            raise LinkError(f"{path}: a key file holds 64 hexadecimal digits") from error

    def save(self, path):
        """Writes a new key file; an existing one is never overwritten."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise LinkError(f"{path}: {error.strerror}") from error
        with os.fdopen(descriptor, "w") as file:
            file.write(self.private.hex() + "\n")
