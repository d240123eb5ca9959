"""Signs venue codes with PyNaCl and writes each as a PNG file with segno: prints one JSON line.

Usage: codes_to_png.py COUNT FOLDER
"""
import json
import os
import sys
import time

import nacl.signing
import segno

count, folder = int(sys.argv[1]), sys.argv[2]
os.makedirs(folder, exist_ok=True)
key = nacl.signing.SigningKey.generate()
start, wall = time.process_time(), time.perf_counter()
for number in range(count):
    body = b"\x10\x01" + number.to_bytes(5, "big") + bytes(7)
    token = body + key.sign(b"checkin/venue-code/v1\0" + body).signature
    text = "https://qr.haiphong.gov.vn/#" + str(int.from_bytes(token, "big")).zfill(188)
    segno.make(text, error="q", micro=False).save(
        os.path.join(folder, f"{number}.png"), scale=8, border=4)
seconds = time.process_time() - start
print(json.dumps({"peer": "segno", "version": segno.__version__, "count": count,
                  "cpu_s": seconds, "wall_s": time.perf_counter() - wall,
                  "per_cpu_s": count / seconds}))
