#!/bin/sh
# Checks a running gateway against its own description with schemathesis, a tool that did not write it.
#
#   python3 -m venv .venv && .venv/bin/pip install schemathesis
#   PYTHON=.venv/bin/python scripts/schemathesis.sh [MORE OPTIONS OF SCHEMATHESIS]
#
# It makes a store of its own in a temporary folder, and serves on this machine only.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
checkin=${CHECKIN:-$root/.build/debug/checkin}
schemathesis=$(dirname "${PYTHON:-$root/.venv/bin/python}")/schemathesis
port=${PORT:-8109}
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
export CHECKIN_STORE="$folder/store" CHECKIN_VENUES="$root/Venues"
"$checkin" init --quiet >/dev/null
# Rates are for people: a tool that asks a thousand times is to see the other answers too.
printf 'client-burst = 1000000\nclient-rate = 1000000\nvenue-burst = 1000000\n' >"$folder/gateway.conf"
"$checkin" gateway --config "$folder/gateway.conf" --port "$port" --metrics-port 0 \
  2>"$folder/log" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
  grep -q '"event":"serving"' "$folder/log" && break
  sleep 0.5
done
"$schemathesis" --config-file "$root/scripts/schemathesis.toml" run "http://127.0.0.1:$port/openapi.json" --checks all "$@"
