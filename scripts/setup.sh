#!/usr/bin/env bash
# Installs what the build and the tests need from Debian, and nothing that is there already.
set -euo pipefail

build_packages=(
  g++ make pkg-config
  libsqlite3-dev libsodium-dev libssl3 libxxhash-dev zlib1g-dev libqrencode-dev libpng-dev
  libpango1.0-dev libharfbuzz-dev libdeflate-dev libzxing-dev libjpeg62-turbo-dev
  libxlsxwriter-dev libmicrohttpd-dev libzstd-dev libcurl4-openssl-dev
  libpoppler-glib8 librsvg2-2 fonts-noto-core tzdata
  poppler-utils unzip python3 mount
)

missing=()
for package in "${build_packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
    missing+=("$package")
done

if ! command -v swift >/dev/null; then
  echo "setup: Swift 6.3 or later is not in PATH: install it from https://www.swift.org/install" >&2
  exit 1
fi
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: nothing to install"
  exit 0
fi

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
