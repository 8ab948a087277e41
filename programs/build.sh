#!/usr/bin/env bash
# Builds the on-chain programs: Rust -> LLVM IR -> BPF object -> SBPF program.
#   programs/build.sh [--install] [--out DIR] [--record] [--only NAME [--source DIR]]
#     --install    fetch the Debian packages that are missing (as root)
#     --out DIR    where to (default: programs/build)
#     --record     copy the result to programs/bin, with its hashes and toolchain
#     --only NAME  this program alone; what else is in DIR stays as it is
#     --source DIR its source is in DIR/NAME/src, and it is linked for SBPF v3 as well, as NAME.v3.so
# It needs Debian's rustc-web, rust-web-src and llvm-22, and .NET for the linker; no cargo, no clang, no lld. The result
# does not depend on the folder that it is built in.
set -euo pipefail
cd "$(dirname "$0")"
. ./toolchain.sh

PROGRAMS="facilitator node_registry payment_splitter proxy" # proxy: for tests only
SBPF_VERSION=v0 # what every cluster and loader accepts; the linker can write v3 as well

out=$PWD/build install= record= source=
while [ $# -gt 0 ]; do
  case $1 in
    --install) install=--install ;;
    --out) mkdir -p "$2"; out=$(cd "$2" && pwd); shift ;;
    --record) record=yes ;;
    --only) PROGRAMS=$2; shift ;;
    --source) source=$(cd "$2" && pwd); shift ;;
    *) sed -n '2,10p' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ -z "$record" ] || [ "${PROGRAMS#* }" != "$PROGRAMS" ] || { echo "build.sh: what is recorded is the whole set" >&2; exit 2; }
require_toolchain $install
mkdir -p "$out"

export RUSTC_BOOTSTRAP=1 # `core` for a tier-3 target is compiled from source
common=(
  --target bpfel-unknown-none -C target-cpu=v2 -C target-feature=+allows-misaligned-mem-access
  -C opt-level=2 -C panic=abort -C codegen-units=1 -C embed-bitcode=yes -A warnings
  "--remap-path-prefix=$PWD=programs" "--remap-path-prefix=$core_source=core"
)

# SBPF_LINKER names a linker that is built already.
build_linker() {
  [ -z "${SBPF_LINKER:-}" ] || return 0
  dotnet build linker/Sbpf.Linker.csproj -c Release -o "$out/linker" --nologo -v q >"$out/linker.log" 2>&1 || { cat "$out/linker.log" >&2; exit 1; }
}
linker() { dotnet "${SBPF_LINKER:-$out/linker/Sbpf.Linker.dll}" "$@"; }

# core, once a compiler; and an empty compiler_builtins: nothing may be called that the runtime does not have
build_core() {
  local library=$out/sysroot/lib/rustlib/bpfel-unknown-none/lib
  [ -f "$library/for-$release" ] && return
  mkdir -p "$library"
  "$RUSTC" --crate-name core --edition 2024 --crate-type rlib "$core_source/core/src/lib.rs" "${common[@]}" \
    --cfg 'feature="optimize_for_size"' -Z force-unstable-if-unmarked "--emit=link,llvm-bc=$out/core.bc" -o "$library/libcore.rlib"
  echo '#![no_core] #![feature(no_core, compiler_builtins)] #![compiler_builtins]' >"$out/compiler_builtins.rs"
  "$RUSTC" --crate-name compiler_builtins --edition 2021 --crate-type rlib "$out/compiler_builtins.rs" "${common[@]}" \
    -Z force-unstable-if-unmarked -o "$library/libcompiler_builtins.rlib"
  touch "$library/for-$release"
}

build_crates() {
  local flags=("${common[@]}" --edition 2024 --crate-type rlib --sysroot "$out/sysroot" -L "$out" -C overflow-checks=on)
  "$RUSTC" --crate-name svmkit svmkit/src/lib.rs "${flags[@]}" "--emit=link,llvm-bc=$out/svmkit.bc" -o "$out/libsvmkit.rlib"
  for program in $PROGRAMS; do
    "$RUSTC" --crate-name "$program" "${source:+$source/}$program/src/lib.rs" "${flags[@]}" --extern "svmkit=$out/libsvmkit.rlib" \
      --emit=llvm-bc -o "$out/$program.bc"
  done
}

# Upstream's BPF back end takes five arguments, one result, no library calls and no signed division; the two passes of the
# linker close these gaps, and whatever they miss fails the build.
build_program() {
  local program=$1 work=$out/$1
  "llvm-link-$llvm" "$work.bc" "$out/svmkit.bc" -o "$work.kit.bc"
  "llvm-link-$llvm" --only-needed "$work.kit.bc" "$out/core.bc" -o "$work.whole.bc"
  "opt-$llvm" --internalize-public-api-list=entrypoint -passes='internalize,globaldce,default<O2>,globaldce' -S "$work.whole.bc" -o "$work.ll"
  linker inline "$work.ll"
  "opt-$llvm" -passes='always-inline,default<O2>,globaldce' -S "$work.ll" -o "$work.inlined.ll"
  linker lower "$work.inlined.ll"
  # No instcombine from here on: it would undo the lowering.
  "opt-$llvm" -passes='always-inline,sroa,early-cse,simplifycfg,dce,globaldce' -S "$work.inlined.ll" -o "$work.lowered.ll"
  "llc-$llvm" -march=bpfel -mcpu=v2 -mattr=+allows-misaligned-mem-access -O2 --bpf-stack-size=4096 -filetype=obj "$work.lowered.ll" -o "$work.o"
  linker link "$SBPF_VERSION" "$work.o" "$work.so"
  [ -z "$source" ] || linker link v3 "$work.o" "$work.v3.so"
}

build_linker
build_core
build_crates
for program in $PROGRAMS; do build_program "$program"; done
(cd "$out" && for program in $PROGRAMS; do sha256sum "$program.so"; done) >"$out/HASHES"
describe_toolchain >"$out/TOOLCHAIN"
cat "$out/HASHES"

if [ -n "$record" ]; then
  mkdir -p bin
  for program in $PROGRAMS; do cp "$out/$program.so" bin/; done
  cp "$out/HASHES" "$out/TOOLCHAIN" bin/
fi
