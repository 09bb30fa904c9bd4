#!/usr/bin/env bash
# usage: tests/run.sh [fast|sim|e2e|fuzz|mutants]... [--seed N] [-- runner options]
# Runs every suite, or those named. The last line is "N passed, M failed, K skipped"; the exit code is 0 only for M = 0.
#   IKECLUSTER_PEERS=required   a missing peer (charon, root) fails its tests instead of skipping them
#   IKECLUSTER_KEEP=1           keeps the working folders of end-to-end tests, with their logs
#   IKECLUSTER_SHOW=1           prints what swanctl --list-sas says at the client, as the tests go
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A projects=(
  [fast]=tests/IkeCluster.Tests
  [sim]=tests/IkeCluster.Simulation
  [e2e]=tests/IkeCluster.EndToEnd
  [fuzz]=tests/IkeCluster.Fuzz
  [mutants]=tests/IkeCluster.Mutants
)
order=(fast sim e2e fuzz mutants)

usage() {
  sed -n '2s/^# //p' "$0" >&2
  exit 2
}

suites=()
options=()
while [ $# -gt 0 ]; do
  case "$1" in
    # What no suite could read as a number would run as if nothing had been asked.
    --seed) [[ "${2:-}" =~ ^[0-9]{1,19}$ ]] || usage; export IKECLUSTER_SEED="$2"; shift ;;
    --) shift; options=("$@"); break ;;
    fast | sim | e2e | fuzz | mutants) suites+=("$1") ;;
    *) usage ;;
  esac
  shift
done

exists() { [ -n "$(find "${projects[$1]}" -maxdepth 1 -name '*.csproj' 2>/dev/null)" ]; }

if [ ${#suites[@]} -eq 0 ]; then
  for suite in "${order[@]}"; do
    if exists "$suite"; then suites+=("$suite"); fi
  done
fi
for suite in "${suites[@]}"; do
  if ! exists "$suite"; then
    echo "run.sh: there is no '$suite' suite in this release" >&2
    exit 2
  fi
done

total_passed=0
total_failed=0
total_skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The runner's summary: "   NAME  Total: 3, Errors: 0, Failed: 0, Skipped: 1, Not Run: 0, Time: 1.3s"
count() { sed -n "s/.*[ ,]$1: \([0-9]*\),.*/\1/p" "$log" | tail -n 1; }

for suite in "${suites[@]}"; do
  project=${projects[$suite]}
  echo "== $suite: $project"
  code=0
  : >"$log"
  # Under nohup SIGHUP is ignored by every child, and the node could not be told to reload.
  dotnet build "$project" -c Release -v quiet -nologo -clp:ErrorsOnly\;NoSummary && env --default-signal=HUP dotnet "$project/bin/Release/net10.0/$(basename "$project").dll" -noColor -noLogo "${options[@]}" 2>&1 \
    | tee "$log" || code=$?
  total=$(count Total)
  skipped=$(count Skipped)
  failures=$(count Failed)
  errors=$(count Errors)
  failed=$((${failures:-0} + ${errors:-0}))
  if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ] || [ "${total:-0}" -eq 0 ]; then
    echo "run.sh: the $suite suite broke off or held no test (exit code $code)" >&2
    failed=$((failed + 1))
    total=$((${total:-0} + 1))
  fi
  total_failed=$((total_failed + failed))
  total_skipped=$((total_skipped + ${skipped:-0}))
  total_passed=$((total_passed + total - failed - ${skipped:-0}))
done

echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" -eq 0 ]
