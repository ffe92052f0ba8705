#!/bin/bash
# Installs from Debian what the tests drive. What cannot be installed is no
# failure here: the tests that need it skip by name, and the skips are counted.
set -u
export DEBIAN_FRONTEND=noninteractive

if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "packages: no apt-get or not root; tests that need a peer will skip"
	exit 0
fi

wanted=(busybox-static gcc libc6-dev runc crun conmon podman containerd docker.io
	buildah skopeo qemu-system-x86 apparmor strace iproute2 util-linux xz-utils zstd bzip2 musl-tools docker-compose python3-docker nftables
	containernetworking-plugins iptables firewalld dbus)
[ "${BANTAM_NIGHTLY-}" = 1 ] && wanted+=(debootstrap qemu-user-static)

missing=()
for p in "${wanted[@]}"; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} = 0 ] && exit 0

# A container engine's package must not start its service.
if [ ! -e /usr/sbin/policy-rc.d ]; then
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
log=$(mktemp)
echo "packages: installing ${missing[*]}"
apt-get update >"$log" 2>&1 || echo "packages: apt-get update failed: $(tail -n 1 "$log")"
if ! apt-get install -y --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1; then
	# One that is not to be had must not keep the others out.
	for p in "${missing[@]}"; do
		apt-get install -y --no-install-recommends "$p" </dev/null >"$log" 2>&1 ||
			echo "packages: $p not installed: $(grep -m 1 '^E:' "$log")"
	done
fi
rm -f "$log"
exit 0
