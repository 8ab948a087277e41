#!/usr/bin/env bash
# Every test there is, on a bare Debian machine with .NET 10 and Node 20: ./hn test, which .ci/run calls.
#
#   ./hn test [--filter WORD]... [--list]
#
#   --filter WORD   only the suites whose name contains the word, in any case, and the end-to-end stories that are about it
#                   (./hn test --filter agent); may be given more than once; a bare WORD means the same
#   --list          only says which suites that would be, and what would be started for them
#
# Installs what the tests need (as root), starts a private container engine, PostgreSQL and RabbitMQ where a chosen suite needs
# them, runs the suites, ends what it started. A suite that crashes, hangs or runs nothing counts as a failure. The last line is
# `N passed, N failed`; the exit code is 0 only when nothing failed, and 2 when no suite has such a name.
set -uo pipefail
cd "$(dirname "$0")/.."
. eng/prerequisites.sh

usage() { sed -n '4,12p' eng/test.sh | sed 's/^# \{0,1\}//'; }

wanted=() list=no
while [ $# -gt 0 ]; do
  case $1 in
    --filter)
      [ -n "${2:-}" ] || { echo "hn test: --filter takes a word" >&2; exit 2; }
      wanted+=("$2")
      shift ;;
    --filter=?*) wanted+=("${1#--filter=}") ;;
    --list) list=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "hn test: no option $1" >&2; usage >&2; exit 2 ;;
    *) wanted+=("$1") ;;
  esac
  shift
done

. eng/suites.sh
choose || exit 2
if [ "$list" = yes ]; then
  printf '%s\n' "${chosen[@]}"
  echo "starts: ${needs[*]:-nothing}"
  exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hypernode-test.XXXXXX")
export HYPERNODE_ENGINE_DIR=$work/engine
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NUGET_XMLDOC_MODE=skip

clean() {
  trap '' INT TERM HUP
  eng/services.sh stop --data "$work" --now >/dev/null 2>&1
  HYPERNODE_PURGE=1 eng/engine.sh stop "$work/engine" >/dev/null 2>&1
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

packages() {
  install_packages curl curl || return
  if is_needed services; then
    { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || install_packages /usr/lib/postgresql/15/bin/initdb postgresql-15; } &&
      install_packages /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server || return
  fi
  if is_needed engine; then
    install_packages dockerd docker.io && install_packages /bin/busybox busybox-static && install_packages ip iproute2 && install_packages docker-registry docker-registry && install_packages runsc runsc || return
  fi
  # The shells that ./hn completion is for.
  if is_needed shells; then install_packages zsh zsh && install_packages fish fish || return; fi
  if is_needed docker-compose; then install_packages docker-compose docker-compose || return; fi
}

build() {
  # The same solution, once, as everything below uses it.
  dotnet build Hypernode.slnx --nologo -v quiet -clp:ErrorsOnly
}

need_prerequisites || { failures+=("prerequisites"); failed=1; finish; }
# Packages and npm's come while the compiler works.
{ packages && npm_ci localnet && npm_ci tests/programs && npm_ci tests/Hypernode.Storage.Tests/s3 && npm_ci tests/x402 && npm_ci clients/typescript; } > "$work/packages.log" 2>&1 &
fetching=$!
step "build" build
fetched() { wait "$fetching" || { cat "$work/packages.log"; return 1; }; }
step "packages, npm ci" fetched

: > "$work/engine.env" > "$work/services.env"
! is_needed engine || eng/engine.sh start "$work/engine" > "$work/engine.env" 2> "$work/engine.log" || { cat "$work/engine.log"; failures+=("container engine"); failed=$((failed + 1)); finish; }
! is_needed services || eng/services.sh start --data "$work" > "$work/services.env" 2> "$work/services.log" || { cat "$work/services.log"; failures+=("services"); failed=$((failed + 1)); finish; }
set -a
. "$work/engine.env"
. "$work/services.env"
set +a
# The end-to-end tests run ./hn, which need not look for changes again.
export HN_NO_BUILD=1

# Two lanes: the suites that mostly wait (for slots, beats, containers) beside those that mostly compute.
waiting() {
  suite_node localnet
  suite_dotnet tests/Hypernode.Solana.Tests 300
  suite_dotnet tests/Hypernode.NodeAgent.Tests 600
}
computing() {
  suite_node tests/programs
  suite_programs programs/verify.sh
  local project
  for project in tests/*.Tests; do
    case $project in
      *Solana.Tests | *NodeAgent.Tests) ;;
      *) suite_dotnet "$project" 300 ;;
    esac
  done
}
# lane NAME   runs it beside this shell, and leaves its counts and failures in files
lane() {
  (
    trap - EXIT
    passed=0 failed=0 failures=()
    "$1"
    printf '%s\n' ${failures[@]+"${failures[@]}"} > "$work/$1.failures"
    echo "$passed $failed" > "$work/$1.counts"
  ) > "$work/$1.out" 2>&1 &
}
# join NAME PID   a lane that died without its counts is a failure
join() {
  wait "$2"
  cat "$work/$1.out"
  local ok bad name
  if ! read -r ok bad < "$work/$1.counts"; then
    failures+=("lane $1 died")
    failed=$((failed + 1))
    return
  fi
  passed=$((passed + ok)) failed=$((failed + bad))
  while read -r name; do [ -z "$name" ] || failures+=("$name"); done < "$work/$1.failures"
}
lane waiting
waiting_pid=$!
lane computing
computing_pid=$!
join computing "$computing_pid"
join waiting "$waiting_pid"
[ ! -d tests/Hypernode.EndToEnd ] || suite_dotnet tests/Hypernode.EndToEnd 1200
suite_node tests/x402
suite_node clients/typescript
finish
