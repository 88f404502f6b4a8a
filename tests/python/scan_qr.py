"""Scans a QR code as a phone would: a data: URI of an SVG on standard input, its text on standard output."""

import base64
import sys

import resvg_py
import zxingcpp
from PIL import Image
import io

svg = base64.b64decode(sys.stdin.read().strip().removeprefix("data:image/svg+xml;base64,")).decode()
png = bytes(resvg_py.svg_to_bytes(svg_string=svg))
[found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
print(found.text)
