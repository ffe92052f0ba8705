#!/bin/bash
# BusyBox's own test-suite (or with -a its tests of ash) against box or any other
# binary, in private mount, pid and network namespaces because it does rash things
# as root.
#
#   busybox.sh SUITE BINARY [APPLET...]     SUITE is BusyBox's source folder
#   busybox.sh -a SUITE BINARY [FOLDER...]  ash_test's folders (all)
#
# It prints the suite's own lines and a count at the end. Without a .config in SUITE
# every option counts as on. VERBOSE=1 shows what a failed test did; LIMIT=SECONDS is for slow machines.
set -u
ash=
[ "${1-}" != -a ] || { ash=1; shift; }
[ $# -ge 2 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
# Some cases count the descriptors that they were given; 255 is this script.
for fd in /proc/$$/fd/*; do
	case ${fd##*/} in 0 | 1 | 2 | 255) ;; *) eval "exec ${fd##*/}>&-" ;; esac
done
suite=$(realpath "$1") binary=$(realpath "$2")
shift 2
dir=$(mktemp -d)
trap 'cd /; rm -rf --one-file-system "$dir"' EXIT
cp -r "$suite/testsuite" "$suite/scripts" "$dir/"
mkdir "$dir/shell"
cp -r "$suite/shell/ash_test" "$dir/shell/"
cp "$binary" "$dir/busybox"
if [ -f "$suite/.config" ]; then cp "$suite/.config" "$dir/"; else : >"$dir/.config"; fi

run() { # the suite's command, with everything private to it
	unshare -m -p -n -f --mount-proc --kill-child sh -c 'mount --make-rprivate /; ip link set lo up; exec timeout "${LIMIT:-900}" "$@"' sh "$@"
}
cd "$dir" || exit
if [ -n "$ash" ]; then
	cd shell/ash_test || exit
	run ./run-all "$@" 2>&1 | tee "$dir/log"
	if [ "${VERBOSE-}" = 1 ]; then
		for f in *.fail; do
			[ -f "$f" ] && { echo "=== $f"; cat "$f"; }
		done
	fi
	pass=$(grep -a -c ' ok$' "$dir/log") fail=$(grep -a -c ' fail' "$dir/log") skip=$(grep -a -c ' skip' "$dir/log")
else
	cd testsuite || exit
	run ./runtest ${VERBOSE:+-v} "$@" 2>&1 | tee "$dir/log"
	pass=$(grep -a -c '^PASS' "$dir/log") fail=$(grep -a -c '^FAIL' "$dir/log") skip=$(grep -a -c -E '^(SKIPPED|UNTESTED)' "$dir/log")
fi
echo "passed $pass, failed $fail, skipped $skip"
