#!/bin/bash
# distribution.sh SUITE BANTAM: runs the OCI distribution-spec's conformance tests (the
# folder conformance of a checkout of opencontainers/distribution-spec) against `bantam
# registry serve` over an empty store, and prints "pass", "fail" or "skip" with each name
# and a count at the end. Both forms of the suite will do: a program (since 2025), and
# Ginkgo's tests (tag v1.1.0). ALL=1 also asks for what a registry may leave out.
set -eu
suite=$(cd "$1" && pwd) bantam=$(realpath "$2")
dir=$(mktemp -d)
trap 'kill "$server" 2>/dev/null && wait "$server" || true; rm -rf --one-file-system "$dir"' EXIT
options=(--quiet -a 127.0.0.1:0)
[ -z "${ALL:-}" ] || options+=(--sparse)
"$bantam" --root "$dir/root" registry serve "${options[@]}" >"$dir/address" &
server=$!
until grep -q listening "$dir/address"; do kill -0 "$server" && sleep 0.1; done
address=$(sed -n 's/^listening on //p' "$dir/address")
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
mkdir "$dir/results"

if [ -f "$suite/main.go" ]; then
	(cd "$suite" && go build -o "$dir/suite" .)
	export OCI_REGISTRY=$address OCI_TLS=disabled OCI_RESULTS_DIR=$dir/results OCI_VERSION=${OCI_VERSION:-1.1}
	if [ -n "${ALL:-}" ]; then
		export OCI_VERSION=dev OCI_API_BLOBS_DIGEST_HEADER=true OCI_API_MANIFESTS_DIGEST_HEADER=true OCI_API_BLOBS_UPLOAD_CANCEL=true
		export OCI_API_MANIFESTS_TAG_PARAM=true OCI_DATA_SPARSE=true
	fi
	(cd "$dir" && ./suite >"$dir/log" 2>&1) || true
	sed -nE -e 's/^ *(OCI Conformance Test.*): Pass$/pass \1/p' -e 's/^ *(OCI Conformance Test.*): FAIL$/fail \1/p' -e 's/^ *(OCI Conformance Test.*): (Skip|Disabled)$/skip \1/p' "$dir/log" >"$dir/all"
else
	(cd "$suite" && go test -c -o "$dir/suite" .)
	export OCI_ROOT_URL=http://$address OCI_NAMESPACE=ours/first OCI_CROSSMOUNT_NAMESPACE=ours/second OCI_AUTOMATIC_CROSSMOUNT=1
	export OCI_TEST_PULL=1 OCI_TEST_PUSH=1 OCI_TEST_CONTENT_DISCOVERY=1 OCI_TEST_CONTENT_MANAGEMENT=1 OCI_REPORT_DIR=$dir/results
	(cd "$dir" && ./suite -ginkgo.no-color >"$dir/log" 2>&1) || true
	cat "$dir"/results/*.xml | tr '\n' ' ' | sed 's/<testcase/\n&/g' |
		sed -nE -e '/ReportAfterSuite/d' -e '/<skipped/s/^<testcase name="([^"]*)".*/skip \1/p;t' -e '/<failure/s/^<testcase name="([^"]*)".*/fail \1/p;t' -e 's/^<testcase name="([^"]*)".*/pass \1/p' >"$dir/all"
fi
[ -z "${LOGS:-}" ] || cp "$dir/log" "$LOGS/distribution.log"
cat "$dir/all"
for word in pass fail skip; do
	echo "$word: $(grep -c "^$word " "$dir/all" || true)"
done
