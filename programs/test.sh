#!/usr/bin/env bash
# Host tests of the Rust code: what needs no validator (text, commitments, limits, layouts, parsing).
#   programs/test.sh [--install]
set -euo pipefail
cd "$(dirname "$0")"
. ./toolchain.sh
require_toolchain "${1:-}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HYPERNODE_VECTORS=$PWD/../tests/vectors
export HYPERNODE_IDL=$PWD/idl
flags=(--edition 2024 -D warnings -C overflow-checks=on)

"$RUSTC" "${flags[@]}" --crate-name svmkit --test svmkit/src/lib.rs -o "$work/svmkit"
"$RUSTC" "${flags[@]}" --crate-name svmkit --crate-type rlib svmkit/src/lib.rs -o "$work/libsvmkit.rlib"
"$work/svmkit"
for program in facilitator node_registry payment_splitter; do
  "$RUSTC" "${flags[@]}" --crate-name "$program" --test "$program/src/lib.rs" --extern "svmkit=$work/libsvmkit.rlib" -o "$work/$program"
  "$work/$program"
done
