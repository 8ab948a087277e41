#!/usr/bin/env bash
# Proof of the simulator: plants each known bug in a copy of the product and shows that it is caught.
#
#   ./hn sim --planted [NAME...] [--json] [--seeds N] [--limit N]
#
# NAME     only the patches whose name contains one of the words (default: all of tests/Hypernode.Simulation/planted)
# --seeds  independent base seeds (default 11; the median of them is reported)
# --limit  universes of 60 jobs until a bug counts as not caught (default 40)
# --json   one object on stdout: {healthy, planted: [{name, caught, median, seeds, invariants}]}
#
# Exit code 0 only when every bug is caught from every seed, and the product without any is not accused.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

json=0 seeds=11 limit=40 words=()
while [ $# -gt 0 ]; do
  case $1 in
    --json) json=1 ;;
    --seeds | --limit)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo "hn sim: $1 takes a number from 1: ${2:-nothing}" >&2; exit 2; }
      if [ "$1" = --seeds ]; then seeds=$2; else limit=$2; fi
      shift ;;
    -*) echo "hn sim: --planted knows no $1" >&2; exit 2 ;;
    *) words+=("$1") ;;
  esac
  shift
done

patches=()
for patch in tests/Hypernode.Simulation/planted/*.patch; do
  [ ${#words[@]} -eq 0 ] && patches+=("$patch")
  for word in ${words[@]+"${words[@]}"}; do case $patch in *"$word"*) patches+=("$patch"); break ;; esac; done
done
[ ${#patches[@]} -gt 0 ] || { echo "hn sim: no planted bug is called ${words[*]}" >&2; exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/hypernode-planted.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
# The working tree as it is, and of it only what the simulation stands on.
git ls-files -z --cached --others --exclude-standard -- Hypernode.{Contracts,Solana,Sagas,Workers} tests/Hypernode.Simulation 'Directory.*' global.json .editorconfig eng/BannedSymbols.txt |
  while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done | xargs -0 cp --parents -t "$work"
out=$work/tests/Hypernode.Simulation/bin/Release/net10.0

build() { dotnet build "$@" -c Release -v quiet --nologo -clp:ErrorsOnly -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false > "$work/build.log" 2>&1; }
hunt() { timeout 900 dotnet "$out/hypernode-sim.dll" --detect "$seeds" --limit "$1"; }

echo "planted: building the product" >&2
build "$work/tests/Hypernode.Simulation" || { tail -20 "$work/build.log" >&2; exit 1; }
healthy=$(hunt "$((limit < 4 ? limit : 4))" || true)
failed=0
if grep -q '"invariants":\[\]' <<<"$healthy"; then accused=false; else accused=true failed=1; echo "planted: the product itself is accused: $healthy" >&2; fi

results=() before=
[ $json = 1 ] || printf '%-40s %7s  %s\n' "planted bug" "median" "noticed by"
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  project=$(sed -n 's|^+++ b/\([^/]*\)/.*|\1|p' "$patch" | head -1)
  git -C "$work" apply --recount -C1 "$PWD/$patch" || { echo "planted: $name does not apply any more" >&2; failed=1; continue; }
  # The last bug goes: with the build of its project, now or as a part of this one's.
  if [ -n "$before" ] && [ "$before" != "$project" ]; then
    build "$work/$before" --no-restore --no-dependencies && cp "$work/$before/bin/Release/net10.0/$before.dll" "$out/"
  fi
  if build "$work/$project" --no-restore --no-dependencies; then
    cp "$work/$project/bin/Release/net10.0/$project.dll" "$out/"
    # A bug that makes the product hang is caught too: nothing healthy takes so long.
    found=$(hunt "$limit") && code=0 || code=$?
    if [ "$code" = 124 ]; then found="{\"seeds\":[1],\"median\":1,\"invariants\":[\"hang\"],\"example\":null,\"caught\":true}"; code=0; fi
  else
    tail -5 "$work/build.log" >&2
    found='{"seeds":[],"median":null,"invariants":["does not build"],"example":null,"caught":false}' code=1
  fi
  [ "$code" = 0 ] || failed=1
  results+=("{\"name\":\"$name\",${found#\{}")
  if [ $json = 0 ]; then
    median=$(sed -n 's/.*"median":\([0-9.]*\).*/\1/p' <<<"$found")
    printf '%-40s %7s  %s\n' "$name" "${median:-NOT CAUGHT}" "$(sed -n 's/.*"invariants":\[\([^]]*\)\].*/\1/p' <<<"$found" | tr -d '"' | sed 's/,/, /g')"
  fi
  git -C "$work" apply -R --recount -C1 "$PWD/$patch"
  before=$project
done

if [ $json = 1 ]; then
  (IFS=,; printf '{"healthyAccused":%s,"seeds":%s,"limit":%s,"planted":[%s]}\n' "$accused" "$seeds" "$limit" "${results[*]}")
else
  [ $failed = 0 ] && echo "${#results[@]} planted bugs, all caught from each of $seeds seeds" || echo "NOT all planted bugs were caught"
fi
exit $failed
