# Sourced by the scripts that run tests: suites, their counts, and the last line. Expects `set -uo pipefail`, and `wanted` and
# `work` to be set; a suite that crashes, hangs or runs nothing counts as a failure.
passed=0 failed=0
failures=()
suites=()

# One JSON object: the whole, and each suite.
summary() {
  local IFS=,
  printf '{"passed":%d,"failed":%d,"seconds":%d,"suites":[%s]}\n' "$passed" "$failed" "$SECONDS" "${suites[*]-}"
}

finish() {
  echo
  if [ ${#failures[@]} -gt 0 ]; then
    echo "Failed:"
    printf '  %s\n' "${failures[@]}"
  fi
  [ -z "${json_to:-}" ] || summary >&"$json_to"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

# contains TEXT WORD   in any case
contains() { case ${1,,} in *"${2,,}"*) return 0 ;; *) return 1 ;; esac; }

is_wanted() {
  [ ${#wanted[@]} -eq 0 ] && return 0
  local word
  for word in "${wanted[@]}"; do if contains "$1" "$word"; then return 0; fi; done
  return 1
}

# What the end-to-end tests are about, in the words of their trait.
stories() { grep -rhoE 'Trait\("About", "[^"]+"' tests/Hypernode.EndToEnd --include='*.cs' | cut -d'"' -f4 | sort -u; }

# story_filter SUITE   for `dotnet test --filter`: the stories that a word asks for, where the suite was not asked for itself
story_filter() {
  local story filter=
  if [ "$1" = Hypernode.EndToEnd ] && ! is_wanted "$1"; then
    for story in $(stories); do if is_wanted "$story"; then filter="$filter${filter:+|}About=$story"; fi; done
  fi
  echo "$filter"
}

# choose   sets `chosen` (suites) and `needs` (what must be started for them) by `wanted`; fails when nothing has such a name
choose() {
  local all=("node localnet" "node tests/programs" "programs (Rust)" "node tests/x402" "node clients/typescript") suite project needed
  for project in tests/*.Tests tests/Hypernode.EndToEnd; do all+=("${project#tests/}"); done
  chosen=() needs=()
  for suite in "${all[@]}"; do
    if is_wanted "$suite" || [ -n "$(story_filter "$suite")" ]; then chosen+=("$suite"); fi
  done
  if [ ${#chosen[@]} -eq 0 ]; then
    echo "no suite's name contains ${wanted[*]}. There are:" >&2
    printf '  %s\n' "${all[@]}" >&2
    return 1
  fi
  # The end-to-end tests start their stacks themselves, and share the engine.
  needed=$(for suite in "${chosen[@]}"; do
    [ ! -d "tests/$suite" ] || grep -rhoE 'Trait\("Needs", "[^"]+"' "tests/$suite" --include='*.cs' | cut -d'"' -f4
  done)
  if grep -qx docker <<< "$needed"; then needs+=(engine); fi
  if grep -qxE 'postgres|rabbitmq' <<< "$needed"; then needs+=(services); fi
  if grep -qx docker-compose <<< "$needed"; then needs+=(docker-compose); fi
  if grep -qx shells <<< "$needed"; then needs+=(shells); fi
}

is_needed() { case " ${needs[*]-} " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

# report SUITE PASSED FAILED EXIT_CODE LOG [NAME-FILE]
report() {
  local suite=$1 ok=$2 bad=$3 code=$4 log=$5 names=${6:-/dev/null} name
  while read -r name; do [ -z "$name" ] || failures+=("$suite: $name"); done < "$names"
  if [ "$bad" -eq 0 ] && { [ "$ok" -eq 0 ] || [ "$code" -ne 0 ]; }; then
    bad=1
    failures+=("$suite: exit code $code after $ok passed tests")
  fi
  passed=$((passed + ok)) failed=$((failed + bad))
  suites+=("$(printf '{"name":"%s","passed":%d,"failed":%d,"seconds":%d}' "$suite" "$ok" "$bad" $((SECONDS - started)))")
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

suite_dotnet() {
  local project=$1 limit=$2 suite stories log results code started=$SECONDS
  suite=$(basename "$project")
  stories=$(story_filter "$suite")
  is_wanted "$suite" || [ -n "$stories" ] || return 0
  log=$work/$suite.log results=$work/$suite
  timeout --kill-after=30 "$limit" dotnet test "$project" --no-build --nologo ${stories:+--filter "$stories"} \
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
  (cd "$folder" && timeout --kill-after=30 600 node --test --test-reporter=tap) > "$log" 2>&1 < /dev/null
  code=$?
  local ok bad
  ok=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log" | tail -1)
  bad=$(awk '/^# (fail|cancelled|skipped|todo) [0-9]+$/ { n += $3 } END { print n + 0 }' "$log")
  sed -n 's/^ *not ok [0-9]* - //p' "$log" > "$log.names"
  report "$suite" "${ok:-0}" "$bad" "$code" "$log" "$log.names"
}

# suite_programs SCRIPT   the Rust code: its host tests, each of which is one; with programs/verify.sh the hashes too, as one more
suite_programs() {
  local started=$SECONDS log=$work/programs.log code ok bad
  is_wanted "programs (Rust)" || return 0
  timeout --kill-after=30 900 "$1" > "$log" 2>&1 < /dev/null
  code=$?
  ok=$(sed -n 's/^test result: .* \([0-9]*\) passed; .*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  bad=$(sed -n 's/^test result: .* passed; \([0-9]*\) failed; .*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  # Where the toolchain is another one, verify.sh tests the fresh build on the virtual machine instead.
  ok=$((ok + $(sed -n 's/^# pass \([0-9]*\)$/\1/p; s/^ℹ pass \([0-9]*\)$/\1/p' "$log" | tail -1 | grep . || echo 0)))
  if grep -q '^verified: ' "$log"; then ok=$((ok + 1)); fi
  sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$log" > "$log.names"
  report "programs (Rust)" "$ok" "$bad" "$code" "$log" "$log.names"
}
