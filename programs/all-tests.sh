#!/usr/bin/env bash
# Every test of the on-chain programs, with the committed binaries: ./hn programs test.
#
#   programs/all-tests.sh [--json] [NAME...]
#     --json   one JSON object on stdout, with the counts of each suite; all else on stderr
#     NAME     only the suites whose name contains one of the words
#
# Needs .NET and Node only. The Rust code's own tests run where its compiler is installed (programs/build.sh --install).
# The last line is `N passed, N failed`; the exit code is 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."
. eng/prerequisites.sh

json_to= wanted=()
for word in "$@"; do
  case $word in
    --json) exec 4>&1 1>&2; json_to=4 ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) wanted+=("$word") ;;
  esac
done
work=$(mktemp -d "${TMPDIR:-/tmp}/hypernode-programs.XXXXXX")
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NUGET_XMLDOC_MODE=skip
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
. eng/suites.sh

PROJECTS="Linker MoneyModel Solana"

build() {
  local project
  for project in $PROJECTS; do
    dotnet build "tests/Hypernode.$project.Tests" --nologo -v quiet -clp:ErrorsOnly || return
  done
}
packages() { npm_ci tests/programs && npm_ci localnet; }
hashes() { (cd programs/bin && sha256sum --check --quiet HASHES); }

need_prerequisites || { failures+=("prerequisites"); failed=1; finish; }
step "committed programs are those listed" hashes
step "npm ci" packages
step "build" build

suite_node tests/programs
suite_node localnet
if (. programs/toolchain.sh && toolchain_is_there); then
  suite_programs programs/test.sh
else
  echo "programs (Rust)                    not run: no rustc here (programs/build.sh --install fetches it)"
fi
for project in $PROJECTS; do suite_dotnet "tests/Hypernode.$project.Tests" 300; done
finish
