"""Finds a PN532 and a card with nfcpy.

usage: pn532_nfcpy.py DEVICE        prints the chip's name and the card's sense, selection and identifier in hexadecimal
"""

import sys

import nfc.clf
import nfc.clf.pn532
import nfc.clf.transport

device = nfc.clf.pn532.init(nfc.clf.transport.TTY(sys.argv[1]))
print(device.chipset_name)
target = device.sense_tta(nfc.clf.RemoteTarget("106A"))
print(target.sens_res.hex(), target.sel_res.hex(), target.sdd_res.hex())
