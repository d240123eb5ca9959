#!/bin/bash
# Drives the check-in page in Chromium against a gateway that was built. Usage: browser-test.sh [PICTURES]
# PYTHON names a Python with playwright, zxing-cpp and pillow (pip install); CHECKIN_BUILT the folder
# of the program. Skips, and says so, where the browser or the packages are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
if ! command -v chromium > /dev/null; then
  echo "skipped: there is no chromium (apt-get install chromium)"
  exit 0
fi
if ! "$python" -c 'import playwright, zxingcpp, PIL' 2> /dev/null; then
  echo "skipped: $python has no playwright, zxing-cpp and pillow (pip install; name it with PYTHON)"
  exit 0
fi
exec "$python" Tests/Browser/checkin_page.py "${CHECKIN_BUILT:-.build/debug}/checkin" Venues "$@"
