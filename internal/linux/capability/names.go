package capability

import "strconv"

// names stand by number, as in linux/capability.h.
var names = [Last + 1]string{
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
}

// Name is the name of a capability; one that is newer than this package is "CAP_" and its number.
func Name(bit int) string {
	if bit >= 0 && bit <= Last {
		return names[bit]
	}
	return "CAP_" + strconv.Itoa(bit)
}

// byName holds the numbers in the order of their names, for Bit.
var byName = [Last + 1]uint8{
	30, 37, 29, 36, 39, 40, 0, 1, 2, 3, 4, 14,
	15, 5, 28, 9, 33, 32, 27, 12, 10, 11, 13, 38,
	31, 6, 8, 7, 34, 21, 22, 18, 16, 23, 20, 19,
	17, 24, 25, 26, 35,
}

// Bit is the number of a capability's name.
func Bit(name string) (bit int, ok bool) {
	lo, hi := 0, len(byName)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if names[byName[mid]] < name {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(byName) && names[byName[lo]] == name {
		return int(byName[lo]), true
	}
	return 0, false
}

// Known lists the names of the capabilities up to the kernel's last one, by number; `features` prints them.
func Known(last int) []string {
	return append([]string(nil), names[:min(last, Last)+1]...)
}
