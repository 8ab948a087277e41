# Sourced by hn and eng/test.sh: what must be there before anything of ours can run, and how to get it.

need_prerequisites() {
  local missing=0 node_major
  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
    missing=1
    cat >&2 <<'TEXT'
hn: the .NET 10 SDK is missing.
    Any Linux:  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
                export PATH="$HOME/.dotnet:$PATH"
    Packages:   https://learn.microsoft.com/dotnet/core/install/linux
TEXT
  fi
  node_major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')
  if [ "${node_major:-0}" -lt 20 ] || ! command -v npm >/dev/null; then
    missing=1
    cat >&2 <<'TEXT'
hn: Node.js 20 or newer, with npm, is missing (it runs the local Solana network).
    Any Linux:  https://nodejs.org/en/download (or: nvm install 20)
TEXT
  fi
  return "$missing"
}

# install_packages COMMAND PACKAGE...   installs the Debian packages unless the command is there already
install_packages() {
  local probe=$1
  shift
  if command -v "$probe" >/dev/null 2>&1 || [ -x "$probe" ]; then return 0; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "hn: $* is missing, and can be installed only as root on Debian: apt-get install $*" >&2
    return 1
  fi
  echo "hn: installing $*" >&2
  # RUNLEVEL=1: no package may start a system-wide service of its own.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  { apt-get -o DPkg::Lock::Timeout=600 update -q &&
    apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends "$@"; } >/tmp/hypernode-apt.$$ 2>&1 ||
    { tail -20 /tmp/hypernode-apt.$$ >&2; rm -f /tmp/hypernode-apt.$$; return 1; }
  rm -f /tmp/hypernode-apt.$$
}

# npm_ci FOLDER   installs its locked packages unless they are as new as the lock
npm_ci() {
  [ -f "$1/package-lock.json" ] || return 0
  if [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ]; then return 0; fi
  echo "hn: npm ci in $1" >&2
  (cd "$1" && npm ci --no-audit --no-fund --silent >&2) && touch "$1/node_modules/.package-lock.json"
}
