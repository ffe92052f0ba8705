package mount

import "golang.org/x/sys/unix"

type kind uint8

const (
	nothing     kind = iota
	set              // flags of mount(2) to set
	clear            // flags of mount(2) to clear
	propagation      // propagation change
	attrSet          // attribute for the whole tree
	attrClear
	idmap
	copyUp
)

type entry struct {
	name  string
	kind  kind
	flags uintptr
}

// table is sorted by name for find. Sources: runtime-spec config.md "Linux
// mount options", mount(8), mount_setattr(2).
var table = [...]entry{
	{"acl", set, unix.MS_POSIXACL},
	{"async", clear, unix.MS_SYNCHRONOUS},
	{"atime", clear, unix.MS_NOATIME},
	{"bind", set, unix.MS_BIND},
	{"defaults", nothing, 0},
	{"dev", clear, unix.MS_NODEV},
	{"diratime", clear, unix.MS_NODIRATIME},
	{"dirsync", set, unix.MS_DIRSYNC},
	{"exec", clear, unix.MS_NOEXEC},
	{"idmap", idmap, uintptr(IDMapOne)},
	{"iversion", set, unix.MS_I_VERSION},
	{"lazytime", set, unix.MS_LAZYTIME},
	{"loud", clear, unix.MS_SILENT},
	{"mand", set, unix.MS_MANDLOCK},
	{"noacl", clear, unix.MS_POSIXACL},
	{"noatime", set, unix.MS_NOATIME},
	{"nodev", set, unix.MS_NODEV},
	{"nodiratime", set, unix.MS_NODIRATIME},
	{"noexec", set, unix.MS_NOEXEC},
	{"noiversion", clear, unix.MS_I_VERSION},
	{"nolazytime", clear, unix.MS_LAZYTIME},
	{"nomand", clear, unix.MS_MANDLOCK},
	{"norelatime", clear, unix.MS_RELATIME},
	{"nostrictatime", clear, unix.MS_STRICTATIME},
	{"nosuid", set, unix.MS_NOSUID},
	{"nosymfollow", set, unix.MS_NOSYMFOLLOW},
	{"private", propagation, unix.MS_PRIVATE},
	{"ratime", attrClear, unix.MOUNT_ATTR_NOATIME},
	{"rbind", set, unix.MS_BIND | unix.MS_REC},
	{"rdev", attrClear, unix.MOUNT_ATTR_NODEV},
	{"rdiratime", attrClear, unix.MOUNT_ATTR_NODIRATIME},
	{"relatime", set, unix.MS_RELATIME},
	{"remount", set, unix.MS_REMOUNT},
	{"rexec", attrClear, unix.MOUNT_ATTR_NOEXEC},
	{"ridmap", idmap, uintptr(IDMapRecursive)},
	{"rnoatime", attrSet, unix.MOUNT_ATTR_NOATIME},
	{"rnodev", attrSet, unix.MOUNT_ATTR_NODEV},
	{"rnodiratime", attrSet, unix.MOUNT_ATTR_NODIRATIME},
	{"rnoexec", attrSet, unix.MOUNT_ATTR_NOEXEC},
	{"rnorelatime", attrClear, unix.MOUNT_ATTR_RELATIME},
	{"rnostrictatime", attrClear, unix.MOUNT_ATTR_STRICTATIME},
	{"rnosuid", attrSet, unix.MOUNT_ATTR_NOSUID},
	{"rnosymfollow", attrSet, unix.MOUNT_ATTR_NOSYMFOLLOW},
	{"ro", set, unix.MS_RDONLY},
	{"rprivate", propagation, unix.MS_PRIVATE | unix.MS_REC},
	{"rrelatime", attrSet, unix.MOUNT_ATTR_RELATIME},
	{"rro", attrSet, unix.MOUNT_ATTR_RDONLY},
	{"rrw", attrClear, unix.MOUNT_ATTR_RDONLY},
	{"rshared", propagation, unix.MS_SHARED | unix.MS_REC},
	{"rslave", propagation, unix.MS_SLAVE | unix.MS_REC},
	{"rstrictatime", attrSet, unix.MOUNT_ATTR_STRICTATIME},
	{"rsuid", attrClear, unix.MOUNT_ATTR_NOSUID},
	{"rsymfollow", attrClear, unix.MOUNT_ATTR_NOSYMFOLLOW},
	{"runbindable", propagation, unix.MS_UNBINDABLE | unix.MS_REC},
	{"rw", clear, unix.MS_RDONLY},
	{"shared", propagation, unix.MS_SHARED},
	{"silent", set, unix.MS_SILENT},
	{"slave", propagation, unix.MS_SLAVE},
	{"strictatime", set, unix.MS_STRICTATIME},
	{"suid", clear, unix.MS_NOSUID},
	{"symfollow", clear, unix.MS_NOSYMFOLLOW},
	{"sync", set, unix.MS_SYNCHRONOUS},
	{"tmpcopyup", copyUp, 0},
	{"unbindable", propagation, unix.MS_UNBINDABLE},
}

// find looks an option up by binary search.
func find(name string) *entry {
	lo, hi := 0, len(table)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if table[mid].name < name {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(table) && table[lo].name == name {
		return &table[lo]
	}
	return nil
}

// Names lists every option that Parse knows, sorted; `features` prints it.
func Names() []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].name
	}
	return names
}
