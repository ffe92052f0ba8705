// Package mount has the applets mount and umount.
package mount

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/mounttable"
	"bantam/internal/userland/applet/volumeid"

	"golang.org/x/sys/unix"
)

// Applet is mount.
var Applet = applet.Applet{
	Names: "mount",
	Usage: "[OPTIONS] [-o OPT] DEVICE NODE",
	About: "Mount a file system. Without arguments: show what is mounted.",
	Options: `
-a	mount all file systems in fstab
-f	dry run
-i	don't run a mount helper
-n	ignored: there is no /etc/mtab
-s	ignored
-v	verbose; -vv: show the system calls
-r	read-only mount
-w	read-write mount, never falling back to a read-only one
-t FSTYPE[,...]	file system types; noTYPE with -a: all but these
-T FILE	read FILE instead of /etc/fstab
-O OPT	mount only file systems with option OPT (-a only)
-o OPT	options:
	loop		ignored (loop devices are set up for files)
	[a]sync		writes are [a]synchronous
	[no]atime	disable/enable updates to inode access times
	[no]diratime	disable/enable atime updates to directories
	[no]relatime	disable/enable atime updates relative to modification time
	[no]dev		(dis)allow use of special device files
	[no]exec	(dis)allow use of executable files
	[no]suid	(dis)allow set-user-id-root programs
	[r]shared	convert [recursively] to a shared subtree
	[r]slave	convert [recursively] to a slave subtree
	[r]private	convert [recursively] to a private subtree
	[un]bindable	make mount point [un]able to be bind mounted
	[r]bind		bind a file or directory [recursively] to another location
	move		relocate an existing mount point
	remount		remount a mounted file system, changing flags
	ro		same as -r
`,
	Notes: `There are file system specific -o options. --OPT is the same as -o OPT.
Returns 0 for success, the number of failed mounts for -a, or 255 for one failed mount.`,
	Form: applet.Plain,
	Min:  true,
	Run:  run,
}

// mounter is one run of mount.
type mounter struct {
	*applet.Call
	verbose int
	// suid: somebody else than root runs us with root's rights.
	suid bool
	// writable: never fall back to a read-only mount.
	writable bool
	// types are what /proc/filesystems has for devices, once asked for.
	types []string
}

const mustBeRoot = "you must be root"

func run(c *applet.Call) int {
	// --bind and its kin are -o bind: so --remount,rw works as well.
	long, args := "", make([]string, 0, len(c.Args))
	for _, a := range c.Args {
		if rest, ok := strings.CutPrefix(a, "--"); ok {
			long = merge(long, rest)
		} else {
			args = append(args, a)
		}
	}
	if !c.Reparse(args) {
		return 1
	}
	if len(c.Args) > 2 {
		return c.UsageError("")
	}
	options := long
	for _, o := range c.Values("o") {
		options = merge(options, o)
	}
	m := mounter{Call: c, verbose: c.Count("v"), suid: syscall.Getuid() != syscall.Geteuid()}
	if c.Has("r") {
		options = merge(options, "ro")
	}
	if c.Has("w") {
		options, m.writable = merge(options, "rw"), true
	}
	switch {
	case len(c.Args) == 0 && !c.Has("a"):
		return m.list()
	case m.suid && (len(c.Args) != 1 || options != ""):
		return c.Complain(mustBeRoot)
	case len(c.Args) == 2:
		return m.one(request{c.Args[0], c.Args[1], c.Value("t"), options}, false)
	}
	return m.fromTable(options)
}

// list shows what is mounted.
func (m *mounter) list() int {
	entries, err := mounttable.Read(mounttable.Mounts)
	if err != nil {
		return m.Complain("no " + mounttable.Mounts)
	}
	for _, e := range entries {
		if t := m.Value("t"); t == "" || t == e.Type {
			m.Out.Print(e.Source, " on ", e.Dir, " type ", e.Type, " (", e.Options, ")\n")
		}
	}
	return 0
}

// fromTable mounts what stands in fstab: everything, or what the only operand names.
func (m *mounter) fromTable(options string) int {
	flags, _ := parse(options)
	m.writable = m.writable || contains(options, "rw")
	if flags&propagation != 0 && len(m.Args) == 1 {
		// A change of the propagation needs no table.
		if err := m.mount("", m.Args[0], "", flags&kernelFlags, ""); err != nil {
			return m.Warn(m.Args[0], err)
		}
		return 0
	}
	table := m.Value("T")
	switch {
	case flags&unix.MS_REMOUNT != 0:
		table = mounttable.Mounts
	case table == "" || m.suid:
		table = "/etc/fstab"
	}
	entries, err := mounttable.Read(table)
	if err != nil {
		return m.Warn("can't read '"+table+"'", err)
	}
	if len(m.Args) == 0 {
		return m.all(entries)
	}
	name, full := m.Args[0], absolute(m.Args[0])
	// Something later may be mounted over it: the last one counts.
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		if e.Source != name && e.Source != full && e.Dir != name && e.Dir != full {
			continue
		}
		if f, _ := parse(e.Options); m.suid && f&forUsers == 0 {
			return m.Complain(mustBeRoot)
		}
		return m.one(request{e.Source, e.Dir, e.Type, merge(e.Options, options)}, false)
	}
	return m.Complain("can't find " + name + " in " + table)
}

// all is mount -a. It returns the number of failures.
func (m *mounter) all(entries []mounttable.Entry) int {
	failed := 0
	for _, e := range entries {
		flags, _ := parse(e.Options)
		if !mounttable.TypeMatches(e.Type, m.Value("t")) || flags&(noAuto|isSwap) != 0 ||
			strings.EqualFold(e.Type, "swap") || !matches(e.Options, m.Value("O")) {
			continue
		}
		// What is mounted already would be mounted again and again.
		mounts, _ := mounttable.Read(mounttable.Mounts)
		if at, mounted := mounttable.At(mounts, e.Dir); mounted {
			if m.verbose > 0 {
				m.Complain("according to " + mounttable.Mounts + ", " + at.Source + " is already mounted on " + at.Dir)
			}
			continue
		}
		if m.one(request{e.Source, e.Dir, e.Type, e.Options}, true) != 0 {
			failed++
		}
	}
	return failed
}

// absolute makes the path absolute and takes ".", ".." and double slashes out of it,
// links or not.
func absolute(path string) string {
	if !strings.HasPrefix(path, "/") {
		dir, _ := syscall.Getwd()
		path = dir + "/" + path
	}
	var kept []string
	for _, part := range strings.Split(path, "/") {
		switch part {
		case "", ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, part)
		}
	}
	return "/" + strings.Join(kept, "/")
}

// mount is mount(2), shown with -vv.
func (m *mounter) mount(source, dir, fstype string, flags uint64, data string) error {
	err := syscall.Mount(source, dir, fstype, uintptr(flags), data)
	if m.verbose >= 2 {
		result := "0"
		if err != nil {
			result = "-1: " + applet.Reason(err)
		}
		m.Complain("mount(" + arguments(source, dir, fstype, flags, data) + "):" + result)
	}
	return err
}

func arguments(source, dir, fstype string, flags uint64, data string) string {
	hex := strconv.FormatUint(flags, 16)
	return "'" + source + "','" + dir + "','" + fstype + "',0x" + "00000000"[min(8, len(hex)):] + hex + ",'" + data + "'"
}

func number(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 0, 64)
	return n, err == nil
}

// resolve is the device of LABEL= and UUID=.
func resolve(source string) string { return volumeid.Resolve(source) }
