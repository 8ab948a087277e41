#!/usr/bin/env bash
# Rebuilds the programs and compares them with the committed ones; then runs the host tests, and a few random programs
# through the same toolchain (programs/torture.sh).
# With the recorded toolchain the hashes must be equal. With another one they cannot be expected to: this says so, and
# tests the fresh build instead (on LiteSVM, with tests/programs).
set -euo pipefail
cd "$(dirname "$0")"
. ./toolchain.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd bin && sha256sum --check --quiet HASHES) || { echo "programs/bin does not match programs/bin/HASHES" >&2; exit 1; }
./build.sh --install --out "$work"

[ -d ../tests/programs/node_modules/solana-bankrun ] || (cd ../tests/programs && npm ci --no-audit --no-fund --silent)
if cmp -s "$work/TOOLCHAIN" bin/TOOLCHAIN; then
  if cmp -s "$work/HASHES" bin/HASHES; then
    echo "verified: the committed programs are what this source builds to"
  else
    echo "NOT VERIFIED: the same toolchain builds other programs than those in programs/bin" >&2
    diff bin/HASHES "$work/HASHES" >&2 || true
    exit 1
  fi
else
  echo "The toolchain here is not the recorded one, so equal hashes cannot be demanded:"
  diff bin/TOOLCHAIN "$work/TOOLCHAIN" || true
  echo "Testing the fresh build instead."
  (cd ../tests/programs && HYPERNODE_PROGRAMS="$work" node --test)
fi

./test.sh
./torture.sh --seeds 30 --from 5001 --out "$work"
