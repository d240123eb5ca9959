"""Signs venue codes with PyNaCl and writes each as a PNG file with segno: prints one JSON line.

Usage: codes_to_png.py COUNT FOLDER
"""
import json
import os
import sys
import time

import nacl.signing
import segno
from segno import consts

count, folder = int(sys.argv[1]), sys.argv[2]
os.makedirs(folder, exist_ok=True)
key = nacl.signing.SigningKey.generate()
start, wall = time.process_time(), time.perf_counter()
for number in range(count):
    body = b"\x10\x01" + number.to_bytes(5, "big") + bytes(7)
    token = body + key.sign(b"checkin/venue-code/v1\0" + body).signature
    digits = str(int.from_bytes(token, "big")).zfill(188)
    # Two segments, as checkin has them: in one, the symbol would be five versions larger.
    parts = [("https://qr.haiphong.gov.vn/#", consts.MODE_BYTE), (digits, consts.MODE_NUMERIC)]
    segno.make(parts, error="q", micro=False, boost_error=False).save(
        os.path.join(folder, f"{number}.png"), scale=8, border=4)
seconds = time.process_time() - start
print(json.dumps({"peer": "segno", "version": segno.__version__, "count": count,
                  "cpu_s": seconds, "wall_s": time.perf_counter() - wall,
                  "per_cpu_s": count / seconds}))
