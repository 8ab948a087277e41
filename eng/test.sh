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

passed=0 failed=0
failures=()
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

finish() {
  echo
  if [ ${#failures[@]} -gt 0 ]; then
    echo "Failed:"
    printf '  %s\n' "${failures[@]}"
  fi
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

is_wanted() {
  [ ${#wanted[@]} -eq 0 ] && return 0
  local word
  for word in "${wanted[@]}"; do case $1 in *"$word"*) return 0 ;; esac; done
  return 1
}

# report SUITE PASSED FAILED EXIT_CODE LOG [NAME-FILE]
report() {
  local suite=$1 ok=$2 bad=$3 code=$4 log=$5 names=${6:-/dev/null} name
  while read -r name; do [ -z "$name" ] || failures+=("$suite: $name"); done < "$names"
  if [ "$bad" -eq 0 ] && { [ "$ok" -eq 0 ] || [ "$code" -ne 0 ]; }; then
    bad=1
    failures+=("$suite: exit code $code after $ok passed tests")
  fi
  passed=$((passed + ok)) failed=$((failed + bad))
  printf '%-34s %5d passed %4d failed  (%d s)\n' "$suite" "$ok" "$bad" $((SECONDS - started))
  if [ "$bad" -gt 0 ]; then
    echo "---- log of $suite (its last 300 lines)"
    tail -300 "$log"
    echo "---- end of the log of $suite"
  fi
}

# step NAME COMMAND...   something that must work before the tests can; its failure is one failed test, and the end
step() {
  local name=$1 log=$work/step.log started=$SECONDS
  shift
  printf '%-34s ' "$name"
  if "$@" > "$log" 2>&1; then
    printf 'ok  (%d s)\n' $((SECONDS - started))
  else
    echo FAILED
    tail -200 "$log"
    failures+=("$name")
    failed=$((failed + 1))
    finish
  fi
}

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

suite_dotnet() {
  local project=$1 limit=$2 suite log results code started=$SECONDS
  suite=$(basename "$project")
  is_wanted "$suite" || return 0
  log=$work/$suite.log results=$work/$suite
  timeout --kill-after=30 "$limit" dotnet test "$project" --no-build --nologo \
    --results-directory "$results" --logger "trx;LogFileName=results.trx" --blame-hang-timeout "$((limit / 2))s" --blame-hang-dump-type none \
    > "$log" 2>&1 < /dev/null
  code=$?
  local trx=$results/results.trx ok=0 bad=0
  if [ -s "$trx" ]; then
    ok=$(sed -n 's/.*<Counters [^>]*passed="\([0-9]*\)".*/\1/p' "$trx" | head -1)
    bad=$(sed -n 's/.*<Counters [^>]*total="\([0-9]*\)".*/\1/p' "$trx" | head -1)
    bad=$((${bad:-0} - ${ok:-0}))
    # What neither passed nor failed was skipped or cut off: no test here may be skipped, so it counts.
    grep '<UnitTestResult ' "$trx" | grep -v 'outcome="Passed"' | sed -n 's/.* testName="\([^"]*\)".*/\1/p' > "$results/names"
  else
    mkdir -p "$results"
    : > "$results/names"
  fi
  report "$suite" "${ok:-0}" "$bad" "$code" "$log" "$results/names"
}

suite_node() {
  local folder=$1 started=$SECONDS log code suite
  suite="node $folder"
  is_wanted "$suite" || return 0
  log=$work/${folder//\//-}.log
  (cd "$folder" && timeout --kill-after=30 400 node --test --test-reporter=tap) > "$log" 2>&1 < /dev/null
  code=$?
  local ok bad
  ok=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log" | tail -1)
  bad=$(awk '/^# (fail|cancelled|skipped|todo) [0-9]+$/ { n += $3 } END { print n + 0 }' "$log")
  sed -n 's/^ *not ok [0-9]* - //p' "$log" > "$log.names"
  report "$suite" "${ok:-0}" "$bad" "$code" "$log" "$log.names"
}

# The hash comparison is one test, each Rust test another.
suite_programs() {
  local started=$SECONDS log=$work/programs.log code ok bad
  is_wanted "programs" || return 0
  timeout --kill-after=30 600 programs/verify.sh > "$log" 2>&1 < /dev/null
  code=$?
  ok=$(sed -n 's/^test result: .* \([0-9]*\) passed; .*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  bad=$(sed -n 's/^test result: .* passed; \([0-9]*\) failed; .*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  # Where the toolchain is another one, verify.sh tests the fresh build on the virtual machine instead.
  ok=$((ok + $(sed -n 's/^# pass \([0-9]*\)$/\1/p; s/^ℹ pass \([0-9]*\)$/\1/p' "$log" | tail -1 | grep . || echo 0)))
  if grep -q '^verified: ' "$log"; then ok=$((ok + 1)); fi
  sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$log" > "$log.names"
  report "programs (Rust, hashes)" "$ok" "$bad" "$code" "$log" "$log.names"
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
  suite_programs
  local project
  for project in tests/*/*.csproj; do
    case $project in
      *EndToEnd* | *Bench* | */Hypernode.Simulation.csproj | *Solana.Tests* | *NodeAgent.Tests*) ;;
      *) suite_dotnet "$(dirname "$project")" 300 ;;
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
