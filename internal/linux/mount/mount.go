// Package mount reads the option strings of a mount (mount(8), runtime-spec
// "Linux mount options") into the flags of mount(2) and the attributes of
// mount_setattr(2). It makes no system call.
package mount

import (
	"strings"

	"golang.org/x/sys/unix"
)

// IDMap says whether a mount's owners are mapped.
type IDMap uint8

const (
	IDMapNone      IDMap = iota
	IDMapOne             // option idmap: the mount alone
	IDMapRecursive       // option ridmap: with the mounts below it
)

// Attr is a change of mount attributes, as mount_setattr(2) takes it: bits of Clear go, then bits
// of Set come. Where a bit of the access time group is in Set the whole group is in Clear.
type Attr struct{ Set, Clear uint64 }

// Zero says that nothing changes.
func (a Attr) Zero() bool { return a == Attr{} }

// Options is a mount's option list in the kernel's terms.
type Options struct {
	// Flags are the MS_* flags that the options set, MS_BIND, MS_REC and MS_REMOUNT among them.
	Flags uintptr
	// Cleared are the MS_* flags that an option asks to be off ("rw", "dev", "exec").
	Cleared uintptr
	// Propagation holds the propagation changes in their order: MS_PRIVATE, MS_SHARED, MS_SLAVE or
	// MS_UNBINDABLE, each with MS_REC or without.
	Propagation []uintptr
	// Recursive is what "rro" and its kin ask for, for mount_setattr(2) with AT_RECURSIVE.
	Recursive Attr
	IDMap     IDMap
	// CopyUp asks for the content of the directory below a tmpfs to be copied into it.
	CopyUp bool
	// Data holds the options that the file system itself reads, in their order.
	Data []string
}

// DataString joins Data for the last argument of mount(2).
func (o *Options) DataString() string { return strings.Join(o.Data, ",") }

// Bind says that the mount is a bind mount.
func (o *Options) Bind() bool { return o.Flags&unix.MS_BIND != 0 }

// Parse reads an option list. An option that is not in the table is the file
// system's own and goes to Data; those for user space alone ("x-...", mount(8)) are dropped.
// A later option overrides an earlier one that contradicts it.
func Parse(options []string) Options {
	var o Options
	for _, name := range options {
		if e := find(name); e != nil {
			o.apply(e)
		} else if name != "" && !strings.HasPrefix(name, "x-") && !strings.HasPrefix(name, "X-") {
			o.Data = append(o.Data, name)
		}
	}
	return o
}

func (o *Options) apply(e *entry) {
	switch e.kind {
	case set:
		o.Flags |= e.flags
		o.Cleared &^= e.flags
	case clear:
		o.Flags &^= e.flags
		o.Cleared |= e.flags
	case propagation:
		o.Propagation = append(o.Propagation, e.flags)
	case attrSet:
		o.Recursive.on(uint64(e.flags))
	case attrClear:
		o.Recursive.off(uint64(e.flags))
	case idmap:
		o.IDMap = IDMap(e.flags)
	case copyUp:
		o.CopyUp = true
	case nothing:
	}
}

// on sets one attribute. The access time attributes are values of one field, and relatime is its
// zero, so the whole field is cleared with them.
func (a *Attr) on(flag uint64) {
	if isAtime(flag) {
		a.Clear |= unix.MOUNT_ATTR__ATIME
		a.Set = a.Set&^unix.MOUNT_ATTR__ATIME | flag
		return
	}
	a.Set |= flag
	a.Clear &^= flag
}

// off takes one attribute away. Of the access time group only the value named is taken; the kernel's default, relatime, stays.
func (a *Attr) off(flag uint64) {
	if !isAtime(flag) {
		a.Set &^= flag
		a.Clear |= flag
		return
	}
	a.Clear |= unix.MOUNT_ATTR__ATIME
	if a.Set&unix.MOUNT_ATTR__ATIME == flag {
		a.Set &^= unix.MOUNT_ATTR__ATIME
	}
}

func isAtime(flag uint64) bool { return flag&^unix.MOUNT_ATTR__ATIME == 0 }
