"""Makes A4 posters with weasyprint and segno, one PDF file each: prints one JSON line.

Usage: posters_weasyprint.py COUNT FOLDER
"""
import json
import logging
import os
import sys
import time

import segno
import weasyprint
from segno import consts

logging.disable(logging.WARNING)
count, folder = int(sys.argv[1]), sys.argv[2]
os.makedirs(folder, exist_ok=True)
page = """<!doctype html><html lang="vi"><style>@page {{ size: A4; margin: 12mm }}
body {{ font-family: "Noto Sans"; text-align: center; margin: 0 }} h1 {{ font-size: 26pt }}
h2 {{ font-size: 20pt }} svg {{ width: 150mm; height: 150mm }} p {{ font-size: 12pt; margin: 2mm }}
</style><h1>Quét mã QR khi vào và khi ra</h1><h2>Khách sạn số {number}</h2>{symbol}
<p>1. Mở máy ảnh và hướng vào mã<p>Open the camera and point it at the code
<p>2. Kiểm tra tên địa điểm rồi bấm vào<p>Check the name of the place, then tap in
<p>3. Quét lại khi ra về<p>Scan again when you leave<p>K7Q2 M9X4 T 06/08/2020 – 05/08/2021 #1"""
start, wall = time.process_time(), time.perf_counter()
for number in range(count):
    digits = str(10 ** 187 + number * 7919).zfill(188)
    # Two segments, as checkin has them: in one, the symbol would be five versions larger.
    parts = [("https://qr.haiphong.gov.vn/#", consts.MODE_BYTE), (digits, consts.MODE_NUMERIC)]
    symbol = segno.make(parts, error="q", micro=False, boost_error=False)
    weasyprint.HTML(string=page.format(
        number=number, symbol=symbol.svg_inline(border=0, omitsize=True))
    ).write_pdf(os.path.join(folder, f"{number}.pdf"))
seconds = time.process_time() - start
print(json.dumps({"peer": "weasyprint with segno", "version": weasyprint.__version__,
                  "count": count, "cpu_s": seconds, "wall_s": time.perf_counter() - wall,
                  "per_cpu_s": count / seconds}))
