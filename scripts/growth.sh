#!/usr/bin/env bash
# Figures of the join and the degree sweep by size, beside their peers in C, as the table and the
# picture of docs/performance.md: scripts/growth.sh JOIN SWEEP FOLDER…
#
# JOIN and SWEEP are the peers' programs; each FOLDER holds columns (person.u32, venue.u32, enter.u32,
# exit.u32, cases.u32). Writes growth.csv and growth.svg into the working folder and the table to
# standard output. CPU seconds of two threads; ratios are to the peer of the same run.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,9s/^# \?//p' "$0" >&2; exit 2; }
join=$1 sweep=$2
shift 2
bench=.build/release/checkin-bench
csv=growth.csv
echo "series,visits,value" > "$csv"

# number JSON KEY
number() { sed -n "s/.*\"$2\":\([0-9.eE+-]*\).*/\1/p" <<< "$1" | awk -v key="$2" '{ printf(key ~ /_s$/ ? "%.3f" : key ~ /_us$/ ? "%.0f" : "%d", $1) }'; }
# line TEXT PATTERN FIELD: the word after FIELD in the line of a peer's report
after() { grep -m1 -- "$2" <<< "$1" | sed -n "s/.*$3 *\([0-9.]*\).*/\1/p"; }
add() { echo "$1,$2,$3" >> "$csv"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
least() { printf '%s\n' "$@" | sort -g | head -1; }

echo "| visits | pairs | join, sums: CPU s | join.c best | ratio | join, rows: CPU s | join.c AVX-512 | ratio | one case p50 µs | p99 µs | F0→F2, 10 seeds: CPU s | sweep.c | ratio | 1,000 seeds: CPU s | sweep.c | ratio |"
echo "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
for folder in "$@"; do
  peer=$("$join" "$folder" 2 0 5 unsorted)
  ours=$("$bench" join --columns "$folder" --repetitions 5 --json)
  visits=$(number "$ours" visits) pairs=$(number "$ours" pairs)
  sums=$(number "$ours" agg_cpu_s) rows=$(number "$ours" mat_cpu_s)
  p50=$(number "$ours" case_p50_us) p99=$(number "$ours" case_p99_us)
  peer_sums=$(least "$(after "$peer" "AGG avx512" cpu)" "$(after "$peer" "AGG plainC" cpu)")
  peer_rows=$(after "$peer" "MAT16 avx512" cpu)
  grep -q "pairs=$pairs " <<< "$peer" || { echo "other pairs at $visits" >&2; exit 1; }
  peer_degrees=$("$sweep" "$folder")
  few=$("$bench" degrees --columns "$folder" --seeds 10 --degree 2 --json)
  many=$("$bench" degrees --columns "$folder" --seeds 1000 --degree 2 --json)
  few_cpu=$(number "$few" cpu_s) many_cpu=$(number "$many" cpu_s)
  # The middle of the peer's three runs.
  peer_cpu() { grep "seeds=$1 " <<< "$peer_degrees" | sed 's/.*cpu //' | sort -g | sed -n 2p; }
  for seeds in 10 1000; do
    said=$([ "$seeds" = 10 ] && echo "$few" || echo "$many")
    wanted=$(grep -m1 "seeds=$seeds " <<< "$peer_degrees" | sed 's/.*F1=\([0-9]*\) F2=\([0-9]*\).*/\1,\2/')
    grep -q "\"degrees\":\[$wanted\]" <<< "$said" || { echo "other degrees at $visits" >&2; exit 1; }
  done
  few_peer=$(peer_cpu 10) many_peer=$(peer_cpu 1000)
  echo "| $visits | $pairs | $sums | $peer_sums | $(ratio "$sums" "$peer_sums") | $rows | $peer_rows | $(ratio "$rows" "$peer_rows") | $p50 | $p99 | $few_cpu | $few_peer | $(ratio "$few_cpu" "$few_peer") | $many_cpu | $many_peer | $(ratio "$many_cpu" "$many_peer") |"
  add "join: sums" "$visits" "$sums"; add "join.c: sums" "$visits" "$peer_sums"
  add "join: rows" "$visits" "$rows"; add "join.c: rows" "$visits" "$peer_rows"
  add "degrees: 10 seeds" "$visits" "$few_cpu"; add "sweep.c: 10 seeds" "$visits" "$few_peer"
  add "degrees: 1000 seeds" "$visits" "$many_cpu"; add "sweep.c: 1000 seeds" "$visits" "$many_peer"
done
"$bench" plot "$csv" --output growth.svg --title "CPU seconds by the number of visits, two threads" --unit "CPU seconds"
