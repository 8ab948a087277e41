# Sourced by the other scripts: finds Debian's compiler, and installs it where it is missing and may be installed.
# No other rustc will do: the bitcode must be of the LLVM whose tools link it, and `core` is compiled from Debian's source.

RUSTC=/usr/bin/rustc
PACKAGES="rustc-web rust-web-src llvm-22"

toolchain_is_there() {
  [ -x "$RUSTC" ] || return 1
  release=$("$RUSTC" -vV | sed -n 's/^release: //p')
  llvm=$("$RUSTC" -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
  core_source=/usr/src/rustc-$release/library
  [ -d "$core_source/core/src" ] || return 1
  for tool in llvm-link opt llc; do command -v "$tool-$llvm" >/dev/null || return 1; done
}

# require_toolchain [--install]
require_toolchain() {
  toolchain_is_there && return
  if [ "${1:-}" != --install ] || [ "$(id -u)" != 0 ]; then
    echo "The program toolchain is missing. On Debian, as root: apt-get install -y --no-install-recommends $PACKAGES" >&2
    return 1
  fi
  echo "Installing $PACKAGES (165 MB to fetch) ..." >&2
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  { apt-get update -q && apt-get install -y -q --no-install-recommends $PACKAGES; } >&2
  toolchain_is_there || { echo "The toolchain is still not whole: rustc $release wants LLVM $llvm and $core_source" >&2; return 1; }
}

# What decides over the bytes of a build. Two equal descriptions must give equal programs.
describe_toolchain() {
  "$RUSTC" -vV | sed -n 's/^\(rustc .*\|host: .*\|LLVM version: .*\)$/\1/p'
  # shellcheck disable=SC2086
  dpkg-query -W -f '${Package} ${Version}\n' $PACKAGES | sort
}
