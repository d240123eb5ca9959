"""Reads QR codes in pictures with decoders that checkin does not use.

Usage: read_codes.py [--degrees D ...] PICTURE...
Prints one JSON object a line: picture, degrees, decoder, text (null when it read nothing).
The decoders are OpenCV's and the zxing-cpp wheel of PyPI (a newer code base than Debian's library).
"""
import argparse
import json

import cv2
import zxingcpp

parser = argparse.ArgumentParser()
parser.add_argument("--degrees", type=float, nargs="*", default=[0])
parser.add_argument("pictures", nargs="+")
arguments = parser.parse_args()


def turned(image, degrees):
    if not degrees:
        return image
    height, width = image.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    new_width, new_height = int(height * sin + width * cos), int(height * cos + width * sin)
    matrix[0, 2] += new_width / 2 - width / 2
    matrix[1, 2] += new_height / 2 - height / 2
    return cv2.warpAffine(image, matrix, (new_width, new_height), borderValue=255)


for picture in arguments.pictures:
    image = cv2.imread(picture, cv2.IMREAD_GRAYSCALE)
    for degrees in arguments.degrees:
        frame = turned(image, degrees)
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(frame)
        found = zxingcpp.read_barcodes(frame)
        for decoder, value in [("opencv", text or None),
                               ("zxing-cpp", found[0].text if found else None)]:
            print(json.dumps({"picture": picture, "degrees": degrees, "decoder": decoder,
                              "text": value}))
