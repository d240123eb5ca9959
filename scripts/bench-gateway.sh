#!/bin/sh
# Check-ins over HTTP, each durable before its answer, beside the same endpoint of its peers: one run.
#
#   scripts/bench-gateway.sh [SECONDS] [CONNECTIONS]
#
# Needs wrk, a C compiler, libmicrohttpd and libpq with PostgreSQL's programs, and a Python with FastAPI
# and uvicorn (PYTHON). What is missing is left out. Prints a line of JSON for each server: CPU is that of
# the server's processes, of PostgreSQL's with it. Everything listens on this machine only.
set -eu
seconds=${1:-8}
connections=${2:-64}
root=$(cd "$(dirname "$0")/.." && pwd)
checkin=${CHECKIN:-$root/.build/release/checkin}
python=${PYTHON:-python3}
port=${PORT:-8120}
folder=$(mktemp -d "${BENCH_FOLDER:-${TMPDIR:-/tmp}}/checkin-bench.XXXXXX")
server=
database=
stop() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; fi
  server=
}
finish() {
  stop || true
  [ -z "$database" ] || "$postgres/pg_ctl" -D "$folder/pg" -m fast stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap finish EXIT

export CHECKIN_STORE="$folder/store" CHECKIN_VENUES="$root/Venues"
"$checkin" init --quiet >/dev/null
cat >"$folder/gateway.conf" <<CONF
client-burst = 1000000
client-rate = 1000000
venue-burst = 1000000
venue-rate = 1000000
connections-per-address = 1000
port = $port
metrics-port = 0
CONF

# Signed posters of eight venues, and visitors of whom none comes twice.
(cd "$folder" && for venue in $("$checkin" venue list --json |
  sed -n 's/.*"id":"\([A-Z0-9]\{9\}\)".*/\1/p' | head -8); do
  "$checkin" qr "$venue" --format svg --json 2>/dev/null | sed -n 's/.*"code":"\([^"]*\)".*/\1/p'
done >codes)
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
awk -v now="$now" -v count="$((seconds * ${RATE:-60000}))" '
  { codes[NR] = $0 }
  END {
    for (n = 0; n < count; n++)
      printf "{\"code\":\"%s\",\"visitor\":\"09%08d\",\"direction\":\"in\",\"id\":\"01890000-0000-7000-8000-%012x\",\"scanned_at\":\"%s\"}\n", codes[n % NR + 1], n, n, now
  }' "$folder/codes" >"$folder/requests.ndjson"

# The CPU seconds of a process and of all below it.
cpu() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v roots=" $* " -v tick="$(getconf CLK_TCK)" '
    { sub(/^[0-9]+ \(.*\) /, $1 " x "); parent[$1] = $4; used[$1] = $14 + $15 }
    END {
      for (p in used) {
        q = p
        while (q > 1) { if (index(roots, " " q " ")) { sum += used[p]; break } q = parent[q] }
      }
      printf "%.2f", sum / tick
    }'
}

wait_for() {
  for _ in $(seq 100); do
    if curl -s -o /dev/null "http://127.0.0.1:$port/"; then return; fi
    sleep 0.1
  done
  echo "nothing listens at port $port" >&2
  return 1
}

measure() {
  name=$1
  shift
  wait_for
  before=$(cpu "$@")
  line=$(wrk -t 2 -c "$connections" -d "$seconds" -s "$root/Tests/Peers/gateway_load.lua" \
    "http://127.0.0.1:$port" -- "$folder/requests.ndjson" 2 | grep '^{')
  after=$(cpu "$@")
  echo "$line" | awk -v name="$name" -v used="$before $after" '{
    split(used, at, " "); match($0, /"requests":[0-9]+/)
    requests = substr($0, RSTART + 11, RLENGTH - 11); cpu = at[2] - at[1]
    sub(/^{/, ""); sub(/}$/, "")
    printf "{\"server\":\"%s\",%s,\"cpu_s\":%.2f,\"cpu_us_per_request\":%.2f}\n", name, $0, cpu, cpu * 1e6 / (requests + 0.001)
  }'
}

"$checkin" gateway --config "$folder/gateway.conf" 2>"$folder/log" &
server=$!
measure checkin "$server"
stop

if cc -O2 -o "$folder/hello" "$root/Tests/Peers/gateway_hello.c" -lmicrohttpd 2>/dev/null; then
  "$folder/hello" "$port" &
  server=$!
  measure hello-world "$server"
  stop
fi

if "$python" -c 'import fastapi, uvicorn' 2>/dev/null; then
  GATEWAY_DB="$folder/fastapi.db" "$python" -m uvicorn --app-dir "$root/Tests/Peers" \
    gateway_fastapi:app --port "$port" --workers 2 --no-access-log --log-level error &
  server=$!
  measure fastapi-sqlite "$server"
  stop
fi

postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
if [ -n "$postgres" ] && cc -O2 -I/usr/include/postgresql -o "$folder/pgserver" \
  "$root/Tests/Peers/gateway_postgres.c" -lmicrohttpd -lpq -lpthread 2>/dev/null; then
  if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    as() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
    mkdir "$folder/pg" && chown 65534:65534 "$folder/pg" && chmod 711 "$folder"
  else
    as() { "$@"; }
  fi
  as "$postgres/initdb" -D "$folder/pg" -A trust -U bench >/dev/null
  as "$postgres/pg_ctl" -D "$folder/pg" -w -o "-c listen_addresses='' -k $folder/pg \
    -c max_connections=140 -c shared_buffers=256MB -c synchronous_commit=on -c fsync=on" \
    -l "$folder/pg/log" start >/dev/null
  database=$(head -1 "$folder/pg/postmaster.pid")
  "$folder/pgserver" "$port" "host=$folder/pg user=bench dbname=postgres" 32 &
  server=$!
  measure postgresql "$server" "$database"
  stop
fi
