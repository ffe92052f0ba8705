#!/bin/bash
# crun.sh SUITE RUNTIME [FILE...]: runs crun's own tests (tests/test_*.py of a
# checkout of containers/crun) against a runtime, and prints "pass", "fail" or "skip" with
# each name. INIT names the suite's static helper, built from tests/init.c; see README.md.
# A test's output is a terminal (script(1)): without one the suite skips what is about terminals.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=$(cd "$1" && pwd) runtime=$(realpath "$(command -v "$2")")
shift 2
: "${INIT:?names the helper built from tests/init.c}"
cd "$suite"
[ $# -gt 0 ] || set -- $(cd tests && ls test_*.py)
out=$(mktemp -d)
trap 'rm -rf --one-file-system "$out"' EXIT
for file in "$@"; do
	OCI_RUNTIME="$runtime" script -qefc "exec '$here/sandbox.sh' ${SECONDS_EACH:-180} python3 'tests/$file'" /dev/null </dev/null 2>&1 |
		tr -d '\r' >"$out/$file" ||
		echo "not ok - $file itself" >>"$out/$file"
	sed -nE -e "s/^ok [0-9]+ - ([^ ]+) #SKIP.*/skip ${file%.py} \1/p;t" \
		-e "s/^ok [0-9]+ - ([^ ]+).*/pass ${file%.py} \1/p" \
		-e "s/^not ok [0-9]* ?- ([^ ]+).*/fail ${file%.py} \1/p" "$out/$file" | tee -a "$out/all"
	[ -z "${LOGS:-}" ] || cp "$out/$file" "$LOGS/$file.log"
	rm -rf --one-file-system "$suite"/.testsuite-run-*
done
for word in pass fail skip; do
	echo "$word: $(grep -c "^$word" "$out/all" || true)"
done
