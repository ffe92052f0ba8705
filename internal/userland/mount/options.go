package mount

import (
	"strings"

	"golang.org/x/sys/unix"
)

// Words of fstab(5) that are for mount alone live above the kernel's 32 flags.
const (
	forUsers = 1 << (iota + 32)
	noFail
	noAuto
	isSwap

	kernelFlags = 1<<32 - 1
	propagation = unix.MS_SHARED | unix.MS_SLAVE | unix.MS_PRIVATE | unix.MS_UNBINDABLE
)

// word is an option that mount understands: the flags that it sets, or clears.
type word struct {
	name  string
	flags uint64
	off   bool
}

var words = [...]word{
	{"loop", 0, false},
	{"defaults", 0, false},
	{"noauto", noAuto, false},
	{"sw", isSwap, false},
	{"swap", isSwap, false},
	{"user", forUsers, false},
	{"users", forUsers, false},
	{"nofail", noFail, false},
	{"_netdev", 0, false},
	{"nosuid", unix.MS_NOSUID, false},
	{"suid", unix.MS_NOSUID, true},
	{"dev", unix.MS_NODEV, true},
	{"nodev", unix.MS_NODEV, false},
	{"exec", unix.MS_NOEXEC, true},
	{"noexec", unix.MS_NOEXEC, false},
	{"sync", unix.MS_SYNCHRONOUS, false},
	{"dirsync", unix.MS_DIRSYNC, false},
	{"async", unix.MS_SYNCHRONOUS, true},
	{"atime", unix.MS_NOATIME, true},
	{"noatime", unix.MS_NOATIME, false},
	{"diratime", unix.MS_NODIRATIME, true},
	{"nodiratime", unix.MS_NODIRATIME, false},
	{"relatime", unix.MS_RELATIME, false},
	{"norelatime", unix.MS_RELATIME, true},
	{"strictatime", unix.MS_STRICTATIME, false},
	{"nostrictatime", unix.MS_STRICTATIME, true},
	{"lazytime", unix.MS_LAZYTIME, false},
	{"nolazytime", unix.MS_LAZYTIME, true},
	{"nosymfollow", unix.MS_NOSYMFOLLOW, false},
	{"mand", unix.MS_MANDLOCK, false},
	{"nomand", unix.MS_MANDLOCK, true},
	{"loud", unix.MS_SILENT, true},
	{"rbind", unix.MS_BIND | unix.MS_REC, false},
	{"bind", unix.MS_BIND, false},
	{"move", unix.MS_MOVE, false},
	{"shared", unix.MS_SHARED, false},
	{"slave", unix.MS_SLAVE, false},
	{"private", unix.MS_PRIVATE, false},
	{"unbindable", unix.MS_UNBINDABLE, false},
	{"rshared", unix.MS_SHARED | unix.MS_REC, false},
	{"rslave", unix.MS_SLAVE | unix.MS_REC, false},
	{"rprivate", unix.MS_PRIVATE | unix.MS_REC, false},
	{"runbindable", unix.MS_UNBINDABLE | unix.MS_REC, false},
	{"ro", unix.MS_RDONLY, false},
	{"rw", unix.MS_RDONLY, true},
	{"remount", unix.MS_REMOUNT, false},
}

func lookup(option string) *word {
	// The long options of util-linux: --make-rslave.
	option = strings.TrimPrefix(option, "make-")
	for i := range words {
		if strings.EqualFold(words[i].name, option) {
			return &words[i]
		}
	}
	return nil
}

// parse turns a list of options into flags and what is left for the file system.
func parse(options string) (flags uint64, data string) {
	flags = unix.MS_SILENT
	for options != "" {
		var option string
		option, options, _ = strings.Cut(options, ",")
		switch w := lookup(option); {
		case w != nil && w.off:
			flags &^= w.flags
		case w != nil:
			flags |= w.flags
		case len(option) >= 8 && strings.EqualFold(option[:8], "comment="):
		default:
			data = join(data, option)
		}
	}
	return flags, data
}

// join puts an option at the end of a list.
func join(list, option string) string {
	if list == "" || option == "" {
		return list + option
	}
	return list + "," + option
}

// merge adds those options of more that the list doesn't have yet.
func merge(list, more string) string {
	if list == "" {
		return more
	}
	for more != "" {
		var option string
		option, more, _ = strings.Cut(more, ",")
		if !contains(list, option) {
			list = join(list, option)
		}
	}
	return list
}

func contains(list, option string) bool {
	for list != "" {
		var one string
		if one, list, _ = strings.Cut(list, ","); one == option {
			return true
		}
	}
	return false
}

// matches says whether a line of fstab has all the options of -O, and none of those
// that stand there with "no" before them.
func matches(options, wanted string) bool {
	for wanted != "" {
		var want string
		want, wanted, _ = strings.Cut(wanted, ",")
		rest, without := strings.CutPrefix(want, "no")
		if contains(options, rest) == without {
			return false
		}
	}
	return true
}

// cutNumber takes every NAME=NUMBER out of the list and returns the last number.
func cutNumber(list, name string) (rest string, n uint64, ok bool) {
	for list != "" {
		var option string
		option, list, _ = strings.Cut(list, ",")
		value, found := strings.CutPrefix(option, name+"=")
		if !found {
			rest = join(rest, option)
			continue
		}
		if n, ok = number(value); !ok {
			return option, 0, false
		}
	}
	return rest, n, true
}
