"""Makes A4 posters with reportlab, one PDF file each: prints one JSON line a form.

Usage: posters_reportlab.py COUNT FOLDER
One form encodes each QR symbol with segno, the other draws the same symbol again and again, so
that reportlab is also measured without the encoder's cost.
"""
import json
import os
import sys
import time

import reportlab
import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas
from segno import consts

count, folder = int(sys.argv[1]), sys.argv[2]
os.makedirs(folder, exist_ok=True)
fonts = "/usr/share/fonts/truetype/noto/"
pdfmetrics.registerFont(TTFont("Noto", fonts + "NotoSans-Regular.ttf"))
pdfmetrics.registerFont(TTFont("NotoB", fonts + "NotoSans-Bold.ttf"))
lines = ["1. Mở máy ảnh và hướng vào mã", "Open the camera and point it at the code",
         "2. Kiểm tra tên địa điểm rồi bấm vào", "Check the name of the place, then tap in",
         "3. Quét lại khi ra về", "Scan again when you leave"]


def matrix(number):
    digits = str(10 ** 187 + number * 7919).zfill(188)
    # Two segments, as checkin has them: in one, the symbol would be five versions larger.
    parts = [("https://qr.haiphong.gov.vn/#", consts.MODE_BYTE), (digits, consts.MODE_NUMERIC)]
    return list(segno.make(parts, error="q", micro=False, boost_error=False).matrix)


def poster(number, modules):
    page = canvas.Canvas(os.path.join(folder, f"{number}.pdf"), pagesize=A4)
    width, height = A4
    page.setFont("NotoB", 28)
    page.drawCentredString(width / 2, height - 22 * mm, "Quét mã QR khi vào và khi ra")
    page.setFont("NotoB", 20)
    page.drawCentredString(width / 2, height - 36 * mm, f"Khách sạn số {number}")
    size = 150 * mm / len(modules)
    left, top = (width - 150 * mm) / 2, height - 46 * mm
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            if row[x]:
                end = x
                while end < len(row) and row[end]:
                    end += 1
                page.rect(left + x * size, top - (y + 1) * size, (end - x) * size, size,
                          stroke=0, fill=1)
                x = end
            else:
                x += 1
    page.setFont("Noto", 12)
    for place, line in enumerate(lines):
        page.drawString(30 * mm, 88 * mm - place * 6.5 * mm, line)
    page.setFont("Noto", 10)
    page.drawString(30 * mm, 20 * mm, "K7Q2 M9X4 T   06/08/2020 – 05/08/2021   #1")
    page.save()


for name, modules in [("reportlab with segno", None), ("reportlab, one symbol", matrix(0))]:
    start, wall = time.process_time(), time.perf_counter()
    for number in range(count):
        poster(number, modules or matrix(number))
    seconds = time.process_time() - start
    print(json.dumps({"peer": name, "version": reportlab.Version, "count": count,
                      "cpu_s": seconds, "wall_s": time.perf_counter() - wall,
                      "per_cpu_s": count / seconds}), flush=True)
