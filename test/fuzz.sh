#!/bin/bash
# Fuzzes every target of the module, one after the other, for FUZZTIME each. An input that finds something new is made
# smaller by 20 attempts at most: Go's default, a minute, is longer than the whole time, and left some targets with 20 inputs.
set -eu -o pipefail
cd "$(dirname "$0")/.."
time=${FUZZTIME:-10s}
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' internal test | sort | while read -r file; do
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -c6- | while read -r target; do
		echo "=== $target in ${file%/*} for $time"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 20x "./${file%/*}" </dev/null
	done
done
