#!/bin/bash
# The fast gate before a commit. Every step runs even if one before it failed.
set -u
cd "$(dirname "$0")/.."
failed=()
step() { # step NAME COMMAND...
	local name=$1 start=$SECONDS
	shift
	if "$@"; then
		printf 'ok    %-12s %3ds\n' "$name" $((SECONDS - start))
	else
		printf 'FAIL  %-12s %3ds\n' "$name" $((SECONDS - start))
		failed+=("$name")
	fi
}

formatted() {
	local bad
	bad=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l)
	[ -z "$bad" ] || { echo "not gofmt's form: $bad"; return 1; }
}

tools() { (cd tools && go build -o ../bin/tools/ tool); }

# The vulnerability database is not part of the module proxy: where it cannot be
# reached the step is skipped by name.
vulnerabilities() {
	local out
	if out=$(bin/tools/govulncheck ./... 2>&1); then return 0; fi
	if grep -q 'fetching vulnerabilities' <<<"$out"; then
		echo "skip: govulncheck: its database cannot be reached"
		return 0
	fi
	echo "$out"
	return 1
}

step gofmt formatted
step vet go vet ./...
step vet-arm64 env GOARCH=arm64 go vet ./...
step tools tools
step staticcheck bin/tools/staticcheck ./...
step govulncheck vulnerabilities
step tests go run ./test/runner check

[ ${#failed[@]} = 0 ] || { echo "check failed: ${failed[*]}"; exit 1; }
echo "check passed"
