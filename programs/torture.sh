#!/usr/bin/env bash
# Random Rust programs through the whole toolchain: what the chain computes beside what the host computes.
#   programs/torture.sh [--seeds N] [--from S] [--json] [--install] [--corpus] [--out DIR]
#     --seeds N  how many (200), in programs of fifty functions; --from S: from which on (1)
#     --json     one JSON object on stdout, all else on stderr
#     --install  fetch the Debian packages that are missing (as root)
#     --out DIR  of an earlier programs/build.sh: what it built of the toolchain is used again
#     --corpus   replace the committed set (tests/programs/torture/corpus) by these seeds, at most fifty
# SBPF v0 and v3 run on LiteSVM, v0 on a second virtual machine too (solana-bankrun). Needs tests/programs to be installed.
set -euo pipefail
cd "$(dirname "$0")"
. ./toolchain.sh

BATCH=50 INPUTS=6
seeds=200 from=1 json= install= corpus= out=
while [ $# -gt 0 ]; do
  case $1 in
    --seeds) seeds=$2; shift ;;
    --from) from=$2; shift ;;
    --json) json=yes; exec 4>&1 1>&2 ;;
    --install) install=--install ;;
    --corpus) corpus=yes ;;
    --out) out=$(cd "$2" && pwd); shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
[[ $seeds =~ ^[1-9][0-9]*$ && $from =~ ^[0-9]+$ ]] || { echo "torture.sh: --seeds and --from are numbers" >&2; exit 2; }
[ -z "$corpus" ] || [ "$seeds" -le $BATCH ] || { echo "torture.sh: a corpus has at most $BATCH seeds" >&2; exit 2; }
require_toolchain $install

tests=$PWD/../tests/programs/torture
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/torture/src" "${out:=$work/out}"
cp "$tests/program.rs" "$work/torture/src/lib.rs"
cp "$tests/host.rs" "$work/torture/src/host.rs"
passed=0 failed=0

for ((first = from; first < from + seeds; first += BATCH)); do
  count=$((from + seeds - first < BATCH ? from + seeds - first : BATCH))
  node "$tests/generate.cjs" "$first" "$count" > "$work/torture/src/torture.rs"
  "$RUSTC" -O --edition 2024 --cap-lints allow -C overflow-checks=on "$work/torture/src/host.rs" -o "$work/host"
  "$work/host" "$count" "$INPUTS" > "$work/expected"
  ./build.sh --out "$out" --only torture --source "$work" > "$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
  if [ -n "$corpus" ]; then
    mkdir -p "$tests/corpus"
    cp "$out/torture.o" "$out/torture.so" "$out/torture.v3.so" "$work/expected" "$tests/corpus/"
  fi
  # A line of counts, and one for each seed that differs.
  node "$tests/compare.cjs" "$out" "$work/expected" "$first" > "$work/compared" || { cat "$work/compared"; [ -s "$work/compared" ] || exit 1; }
  grep -v '^counts ' "$work/compared" || true
  read -r _ ok bad < <(grep '^counts ' "$work/compared")
  passed=$((passed + ok)) failed=$((failed + bad))
  echo "seeds $first to $((first + count - 1)): $ok agree, $bad differ"
done
[ -z "$json" ] || echo "{\"seeds\":$seeds,\"from\":$from,\"inputs\":$INPUTS,\"machines\":[\"LiteSVM v0\",\"LiteSVM v3\",\"bankrun v0\"],\"agree\":$passed,\"differ\":$failed}" >&4
echo "$passed seeds agree on every machine, $failed differ"
[ "$failed" = 0 ]
