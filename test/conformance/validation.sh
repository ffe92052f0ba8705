#!/bin/bash
# validation.sh SUITE RUNTIME [TEST...]: runs opencontainers/runtime-tools'
# validation programs against a runtime, and prints "pass" or "fail" with
# each name. SUITE is a checkout in which runtimetest and the programs (in
# bin/) have been built; see README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
suite=$(cd "$1" && pwd) runtime=$(command -v "$2")
shift 2
[ $# -gt 0 ] || set -- $(ls "$suite/bin")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$suite"

# passes reads a program's output: some print only failures, as a diagnostic under an empty plan.
passes() {
	! grep -q '^not ok' "$1" && { ! grep -q '^1\.\.0' "$1" || ! grep -q '"error":' "$1"; }
}

passed=0 count=0
for name in "$@"; do
	count=$((count + 1))
	if RUNTIME="$runtime" "$here/sandbox.sh" "${SECONDS_EACH:-60}" "$suite/bin/$name" >"$out/$name" 2>&1 && passes "$out/$name"; then
		passed=$((passed + 1))
		echo "pass $name"
	else
		echo "fail $name: $(grep -m1 -E '^not ok' "$out/$name" || grep -m1 '"error":' "$out/$name" || tail -1 "$out/$name")"
	fi
	[ -z "${LOGS:-}" ] || cp "$out/$name" "$LOGS/$name"
done
echo "$passed of $count passed"
