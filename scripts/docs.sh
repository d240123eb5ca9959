#!/usr/bin/env bash
# Makes the documentation of every library module; a dead link is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-.build/docs}
rm -rf .build/docs-graphs "$out"
mkdir -p .build/docs-graphs "$out"
# The tool fails for the C targets (it hands them a C++ option) and still writes all Swift modules.
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members \
  >/dev/null 2>&1 || true
find .build -path '*symbolgraph/*.symbols.json' -exec cp {} .build/docs-graphs \;
for catalog in Sources/*/*.docc; do
  module=$(basename "$catalog" .docc)
  graphs=.build/docs-graphs/$module
  mkdir -p "$graphs"
  cp .build/docs-graphs/"$module".symbols.json .build/docs-graphs/"$module"@*.symbols.json "$graphs" 2>/dev/null || true
  docc convert "$catalog" --additional-symbol-graph-dir "$graphs" --warnings-as-errors \
    --fallback-display-name "$module" --fallback-bundle-identifier "checkin.$module" \
    --output-path "$out/$module.doccarchive" >/dev/null
  echo "docs: $module"
done
