#!/usr/bin/env bash
# Every test there is, on a bare Debian machine with .NET 10 and Node 20: ./hn test, which .ci/run calls.
#
#   eng/test.sh [NAME...]    only the suites whose name contains one of the words
#
# Installs what the tests need (as root), starts a private container engine, PostgreSQL and RabbitMQ, runs the suites one
# after the other, ends what it started. A suite that crashes, hangs or runs nothing counts as a failure. The last line is
# `N passed, N failed`; the exit code is 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."
. eng/prerequisites.sh

wanted=("$@")
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

. eng/suites.sh

packages() {
  install_packages curl curl &&
    { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || install_packages /usr/lib/postgresql/15/bin/initdb postgresql-15; } &&
    install_packages /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server &&
    install_packages dockerd docker.io &&
    install_packages docker-compose docker-compose &&
    install_packages /bin/busybox busybox-static
}

build() {
  # The same solution, once, as everything below uses it.
  dotnet build Hypernode.slnx --nologo -v quiet -clp:ErrorsOnly
}

need_prerequisites || { failures+=("prerequisites"); failed=1; finish; }
# Packages and npm's come while the compiler works.
{ packages && npm_ci localnet && npm_ci tests/programs; } > "$work/packages.log" 2>&1 &
fetching=$!
step "build" build
fetched() { wait "$fetching" || { cat "$work/packages.log"; return 1; }; }
step "packages, npm ci" fetched

eng/engine.sh start "$work/engine" > "$work/engine.env" 2> "$work/engine.log" || { cat "$work/engine.log"; failures+=("container engine"); failed=$((failed + 1)); finish; }
eng/services.sh start --data "$work" > "$work/services.env" 2> "$work/services.log" || { cat "$work/services.log"; failures+=("services"); failed=$((failed + 1)); finish; }
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
  suite_dotnet tests/Hypernode.NodeAgent.Tests 300
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
[ ! -d tests/Hypernode.EndToEnd ] || suite_dotnet tests/Hypernode.EndToEnd 900
finish
