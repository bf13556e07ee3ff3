"""Reads a protected file of a DESFire card with libfreefare over libnfc.

usage: desfire_libfreefare.py DEVICE APPLICATION KEY_NUMBER KEY FILE LENGTH PROTECTION

APPLICATION and KEY are hexadecimal. Prints the file's content in hexadecimal, or `refused` and ends with 1.
"""

import ctypes
import sys

device, application, key_number, key, file, length, protection = sys.argv[1:]

nfc = ctypes.CDLL("libnfc.so.6")
freefare = ctypes.CDLL("libfreefare.so.0")
pointer = ctypes.c_void_p
nfc.nfc_init.argtypes = [ctypes.POINTER(pointer)]
nfc.nfc_open.restype = pointer
nfc.nfc_open.argtypes = [pointer, ctypes.c_char_p]
nfc.nfc_close.argtypes = [pointer]
nfc.nfc_exit.argtypes = [pointer]
freefare.freefare_get_tags.restype = ctypes.POINTER(pointer)
freefare.freefare_get_tags.argtypes = [pointer]
freefare.mifare_desfire_connect.argtypes = [pointer]
freefare.mifare_desfire_aid_new.restype = pointer
freefare.mifare_desfire_aid_new.argtypes = [ctypes.c_uint32]
freefare.mifare_desfire_select_application.argtypes = [pointer, pointer]
freefare.mifare_desfire_aes_key_new.restype = pointer
freefare.mifare_desfire_aes_key_new.argtypes = [ctypes.c_char_p]
freefare.mifare_desfire_authenticate_aes.argtypes = [pointer, ctypes.c_uint8, pointer]
freefare.mifare_desfire_read_data_ex.restype = ctypes.c_ssize_t
freefare.mifare_desfire_read_data_ex.argtypes = [
    pointer, ctypes.c_uint8, ctypes.c_long, ctypes.c_size_t, pointer, ctypes.c_int,
]

context = pointer()
nfc.nfc_init(ctypes.byref(context))
reader = nfc.nfc_open(context, f"pn532_uart:{device}".encode())
if not reader:
    sys.exit("no reader")
tags = freefare.freefare_get_tags(reader)
if not tags or not tags[0]:
    sys.exit("no card")
tag = tags[0]
content = ctypes.create_string_buffer(256)
count = -1
if (
    freefare.mifare_desfire_connect(tag) == 0
    and freefare.mifare_desfire_select_application(tag, freefare.mifare_desfire_aid_new(int(application, 16))) == 0
    and freefare.mifare_desfire_authenticate_aes(
        tag, int(key_number), freefare.mifare_desfire_aes_key_new(bytes.fromhex(key))
    ) == 0
):
    count = freefare.mifare_desfire_read_data_ex(tag, int(file), 0, int(length), content, int(protection))
nfc.nfc_close(reader)
nfc.nfc_exit(context)
if count < 0:
    sys.exit("refused")
print(content.raw[:count].hex())
