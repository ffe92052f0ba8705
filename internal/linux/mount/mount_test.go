package mount

import (
	"reflect"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTableIsSorted(t *testing.T) {
	names := Names()
	for i := 1; i < len(names); i++ {
		if names[i-1] >= names[i] {
			t.Errorf("%q stands before %q", names[i-1], names[i])
		}
	}
	for _, n := range names {
		if e := find(n); e == nil || e.name != n {
			t.Errorf("find(%q) = %v", n, e)
		}
	}
	for _, n := range []string{"", "a", "ro ", "zz", "mode=755"} {
		if e := find(n); e != nil {
			t.Errorf("find(%q) = %v", n, e)
		}
	}
}

// The list is runtime-spec's (config.md, "Linux mount options") and runc's acl and noacl.
func TestEveryOptionOfTheSpec(t *testing.T) {
	for _, n := range []string{
		"async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime",
		"loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand",
		"norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev",
		"rdiratime", "relatime", "remount", "rexec", "rnoatime", "rnodiratime", "rnoexec", "rnorelatime",
		"rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared",
		"rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave",
		"strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable", "idmap", "ridmap", "rnodev",
	} {
		if !slices.Contains(Names(), n) {
			t.Errorf("%s is not known", n)
		}
	}
}

func TestParse(t *testing.T) {
	const atimes = unix.MOUNT_ATTR__ATIME
	for _, c := range []struct {
		in   []string
		want Options
	}{
		{nil, Options{}},
		{[]string{"defaults", ""}, Options{}},
		{[]string{"nosuid", "strictatime", "mode=755", "size=65536k"},
			Options{Flags: unix.MS_NOSUID | unix.MS_STRICTATIME, Data: []string{"mode=755", "size=65536k"}}},
		{[]string{"ro", "rw"}, Options{Cleared: unix.MS_RDONLY}},
		{[]string{"rw", "ro"}, Options{Flags: unix.MS_RDONLY}},
		{[]string{"rbind", "rprivate", "shared"}, Options{Flags: unix.MS_BIND | unix.MS_REC,
			Propagation: []uintptr{unix.MS_PRIVATE | unix.MS_REC, unix.MS_SHARED}}},
		{[]string{"rro", "rnosuid", "rexec"}, Options{Recursive: Attr{
			Set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID, Clear: unix.MOUNT_ATTR_NOEXEC}}},
		{[]string{"rro", "rrw"}, Options{Recursive: Attr{Clear: unix.MOUNT_ATTR_RDONLY}}},
		{[]string{"rnoatime"}, Options{Recursive: Attr{Set: unix.MOUNT_ATTR_NOATIME, Clear: atimes}}},
		{[]string{"rnoatime", "rstrictatime"}, Options{Recursive: Attr{Set: unix.MOUNT_ATTR_STRICTATIME, Clear: atimes}}},
		{[]string{"rnoatime", "ratime"}, Options{Recursive: Attr{Clear: atimes}}},
		{[]string{"rrelatime"}, Options{Recursive: Attr{Clear: atimes}}},
		{[]string{"rnoatime", "rnostrictatime"}, Options{Recursive: Attr{Set: unix.MOUNT_ATTR_NOATIME, Clear: atimes}}},
		{[]string{"idmap", "ridmap", "tmpcopyup", "x-systemd.automount"}, Options{IDMap: IDMapRecursive, CopyUp: true}},
	} {
		if got := Parse(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("Parse(%q)\n got %+v\nwant %+v", c.in, got, c.want)
		}
	}
}

func TestAttributes(t *testing.T) {
	for _, c := range []struct {
		options []string
		fresh   uint64
		change  Attr
	}{
		{[]string{"ro", "nosuid"}, unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID,
			Attr{Set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}},
		{[]string{"rw", "dev"}, 0, Attr{Clear: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV}},
		{[]string{"noatime"}, unix.MOUNT_ATTR_NOATIME, Attr{Set: unix.MOUNT_ATTR_NOATIME, Clear: unix.MOUNT_ATTR__ATIME}},
		{[]string{"strictatime", "noatime"}, unix.MOUNT_ATTR_STRICTATIME,
			Attr{Set: unix.MOUNT_ATTR_STRICTATIME, Clear: unix.MOUNT_ATTR__ATIME}},
		{[]string{"relatime", "nodiratime", "nosymfollow"}, unix.MOUNT_ATTR_NODIRATIME | unix.MOUNT_ATTR_NOSYMFOLLOW,
			Attr{Set: unix.MOUNT_ATTR_NODIRATIME | unix.MOUNT_ATTR_NOSYMFOLLOW, Clear: unix.MOUNT_ATTR__ATIME}},
	} {
		o := Parse(c.options)
		if got := Attributes(o.Flags); got != c.fresh {
			t.Errorf("%q: attributes %#x, want %#x", c.options, got, c.fresh)
		}
		if got := o.Change(); got != c.change {
			t.Errorf("%q: change %+v, want %+v", c.options, got, c.change)
		}
	}
}

func TestSuperFlags(t *testing.T) {
	o := Parse([]string{"ro", "sync", "noexec", "lazytime"})
	if got := SuperFlags(o.Flags); !slices.Equal(got, []string{"ro", "sync", "lazytime"}) {
		t.Errorf("got %q", got)
	}
}

func TestPropagation(t *testing.T) {
	for name, want := range map[string]uintptr{"": 0, "rslave": unix.MS_SLAVE | unix.MS_REC, "shared": unix.MS_SHARED} {
		if got, ok := Propagation(name); !ok || got != want {
			t.Errorf("%q: %#x %v, want %#x", name, got, ok, want)
		}
	}
	for _, name := range []string{"ro", "Shared", "none"} {
		if _, ok := Propagation(name); ok {
			t.Errorf("%q is taken", name)
		}
	}
}

func TestFlagNames(t *testing.T) {
	if got := FlagNames(unix.MS_BIND | unix.MS_REC | unix.MS_RDONLY); got != "bind,ro,rec" {
		t.Errorf("got %q", got)
	}
	if got := FlagNames(unix.MS_PRIVATE); got != "private" {
		t.Errorf("got %q", got)
	}
}
