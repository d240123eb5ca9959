#!/bin/sh
# Attacks the parsers: scripts/fuzz.sh TARGET|all [SECONDS]
#
# Builds checkin-fuzz with libFuzzer and the address sanitizer in a folder of its own and runs a
# target, or each in turn, from the good inputs and the committed corpus. What it finds on the way
# stays in .build-fuzz/corpus, so that the next run goes on from there; an input that breaks
# something is left in .build-fuzz/findings and the script ends with status 1.
set -eu
cd "$(dirname "$0")/.."

target=${1:?"name a target, or all; 'swift run checkin-fuzz list' names them"}
seconds=${2:-60}
folder=.build-fuzz

build() {
  echo "building (once; some minutes) ..."
  swift build --product checkin-fuzz >"$folder/build.log" 2>&1 &&
    # Of two --sanitize options the compiler hears only the last, hence the third, joined one.
    swift build -c release --product checkin-fuzz --scratch-path "$folder" \
      --sanitize=fuzzer --sanitize=address -Xswiftc -sanitize=fuzzer,address \
      -Xswiftc -DFUZZER >>"$folder/build.log" 2>&1 || {
    tail -20 "$folder/build.log"
    exit 1
  }
}

# The longest input worth trying: long ones are slow and show little that short ones do not.
longest() {
  case $1 in
    local-day | opening-hours | venue-id | time | evidence-id) echo 64 ;;
    registry-* | scans | picture | key-set) echo 4096 ;;
    *) echo 2048 ;;
  esac
}

attack() {
  corpus=$folder/corpus/$1
  findings=$folder/findings
  log=$folder/logs/$1.log
  mkdir -p "$corpus" "$findings" "$folder/logs"
  .build/debug/checkin-fuzz "$1" --seeds "$corpus" >/dev/null
  committed=Tests/Corpus/$1
  [ -d "$committed" ] || committed=
  status=0
  # Swift's own backtraces of a trap take minutes under the sanitizer.
  SWIFT_BACKTRACE=enable=no CHECKIN_FUZZ_TARGET=$1 ASAN_OPTIONS=detect_leaks=0 \
    "$folder/release/checkin-fuzz" -max_total_time="$seconds" -max_len="$(longest "$1")" \
    -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 -artifact_prefix="$findings/$1-" \
    "$corpus" $committed >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  if [ "$status" -eq 0 ]; then
    echo "$1: ${runs:-?} runs, ${covered:-?} edges, nothing found"
  else
    echo "$1: ${runs:-?} runs, ${covered:-?} edges, FOUND: $(grep -m1 -E \
      'property broken|Fatal error|SUMMARY' "$log" || echo "see $log")"
  fi
  return "$status"
}

mkdir -p "$folder"
build
if [ "$target" = all ]; then
  failed=0
  for name in $(.build/debug/checkin-fuzz list); do attack "$name" || failed=1; done
  exit "$failed"
fi
attack "$target" || exit 1
