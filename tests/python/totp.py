"""Codes by an independent implementation: totp.py SECRET OFFSET… prints the code of each step, relative to now."""

import sys
import time

import pyotp

secret, offsets = sys.argv[1], [int(offset) for offset in sys.argv[2:]]
# Not so near the end of a step that another one begins before the codes are used.
while time.time() % 30 > 20:
    time.sleep(0.1)
now = time.time()
print(" ".join(pyotp.TOTP(secret).at(now + 30 * offset) for offset in offsets))
