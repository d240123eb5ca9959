"""Counts how many frames decoders that checkin does not use can read.

Usage: reading_peers.py FOLDER
The folder holds CODE-NUMBER.pgm, the frames of each code, and texts.json, what each code says.
Prints one JSON object a line for each decoder: decoder, read (a count for each code), seconds (of
processor time in the decoder alone).
"""
import glob
import json
import os
import sys
import time
from importlib.metadata import version

import cv2
import zxingcpp

folder = sys.argv[1]
with open(os.path.join(folder, "texts.json"), encoding="utf-8") as file:
    texts = json.load(file)
frames = []
for path in sorted(glob.glob(os.path.join(folder, "*.pgm"))):
    code = int(os.path.basename(path).split("-")[0])
    frames.append((code, cv2.imread(path, cv2.IMREAD_GRAYSCALE)))
detector = cv2.QRCodeDetector()


def opencv(image):
    text, _, _ = detector.detectAndDecode(image)
    return [text]


def zxing(image):
    return [found.text for found in zxingcpp.read_barcodes(image, zxingcpp.BarcodeFormat.QRCode)]


for name, number, decoder in [("zxing-cpp", version("zxing-cpp"), zxing),
                               ("OpenCV", cv2.__version__, opencv)]:
    read = [0] * len(texts)
    start = time.process_time()
    for code, image in frames:
        try:
            found = decoder(image)
        except (cv2.error, UnicodeDecodeError):
            found = []
        read[code] += texts[code] in found
    seconds = time.process_time() - start
    print(json.dumps({"decoder": f"{name} {number}", "read": read, "seconds": seconds}))
