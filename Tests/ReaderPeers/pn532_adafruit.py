"""Finds a PN532 and a card with Adafruit's driver.

usage: pn532_adafruit.py DEVICE     prints the chip's firmware and the card's identifier in hexadecimal
"""

import os
import sys

os.environ.setdefault("BLINKA_FORCEBOARD", "GENERIC_LINUX_PC")

import serial  # noqa: E402
from adafruit_pn532.uart import PN532_UART  # noqa: E402

reader = PN532_UART(serial.Serial(sys.argv[1], 115200, timeout=2))
print(*reader.firmware_version)
reader.SAM_configuration()
print(bytes(reader.read_passive_target(timeout=10)).hex())
