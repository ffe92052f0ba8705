#!/bin/bash
# sandbox.sh SECONDS COMMAND...: runs a command of an outside suite in mount and
# pid namespaces of its own, for at most so long, and puts the machine in order
# behind it: what is frozen is thawed (a frozen task would block the end of its pid
# namespace), what still runs is killed, the cgroups that it made are removed.
# CGROUP=2 gives it a view of cgroup v2 alone, CGROUP=1 one of v1 without the
# hybrid layout's "unified" (which Debian's crun refuses).
set -u
if [ "${1-}" != inside ]; then
	before=$(mktemp)
	after=$(mktemp)
	find /sys/fs/cgroup -xdev -maxdepth 2 -mindepth 1 -type d >"$before" 2>/dev/null
	unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$0" inside "$after" "$@" </dev/null
	status=$?
	# Names of cgroups that a task of the sandbox was in at its end, deepest first.
	sort -ur "$after" | while read -r dir; do
		grep -qxF "$dir" "$before" || find "$dir" -depth -xdev -type d -exec rmdir {} + 2>/dev/null
	done
	rm -f "$before" "$after"
	exit $status
fi
after=$2 seconds=$3
shift 3
case ${CGROUP:-} in
2) umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup ;;
1) mountpoint -q /sys/fs/cgroup/unified && umount /sys/fs/cgroup/unified ;;
esac

# folders lists the cgroup folders of every process here but ours.
folders() {
	for task in /proc/[0-9]*; do
		cmp -s "$task/cgroup" /proc/self/cgroup && continue
		while IFS=: read -r _ controllers path; do
			[ "$path" = / ] && continue
			for dir in /sys/fs/cgroup "/sys/fs/cgroup/${controllers#name=}" /sys/fs/cgroup/unified; do
				[ -d "$dir$path" ] && echo "$dir$path"
			done
		done <"$task/cgroup" 2>/dev/null
	done
}

timeout --kill-after=5 "$seconds" "$@" &
wait $!
status=$?
folders >"$after"
while read -r dir; do
	[ -e "$dir/freezer.state" ] && echo THAWED >"$dir/freezer.state"
	[ -e "$dir/cgroup.freeze" ] && echo 0 >"$dir/cgroup.freeze"
done <"$after" 2>/dev/null
kill -KILL -1 2>/dev/null
exit $status
