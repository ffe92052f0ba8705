package chmod

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

const chownOptions = `
-h, --no-dereference	change links, not what they lead to
-L	go through all links to folders
-H	go through links among the operands
-P	go through no links (default)
-R, --recursive	also what is in folders
-c, --changes	tell what is changed
-v, --verbose	tell everything
-f, --silent, --quiet	don't tell errors
--dereference	change what links lead to (default)
`

// Chown is chown.
var Chown = applet.Applet{
	Names:   "chown",
	Usage:   "[-RhLHPcvf]... USER[:[GRP]] FILE...",
	About:   "Change the owner and the group of each FILE",
	Options: chownOptions,
	AtLeast: 2,
	Quick:   true,
	Min:     true,
	Run:     runChown,
}

// Chgrp is chgrp.
var Chgrp = applet.Applet{
	Names:   "chgrp",
	Usage:   "[-RhLHPcvf]... GROUP FILE...",
	About:   "Change the group of each FILE",
	Options: chownOptions,
	AtLeast: 2,
	Quick:   true,
	Min:     true,
	Run:     runChgrp,
}

// owner is what chown was told to do.
type owner struct {
	c        *applet.Call
	uid, gid uint32
	deref    bool
	status   int
}

func runChown(c *applet.Call) int {
	uid, gid, unknown := users.Owner(c.Args[0])
	if unknown != "" {
		return c.Complain(unknown)
	}
	return changeOwner(c, uid, gid)
}

func runChgrp(c *applet.Call) int {
	gid, ok := users.GID(c.Args[0])
	if !ok {
		return c.Complain("unknown group " + c.Args[0])
	}
	return changeOwner(c, users.Unchanged, gid)
}

func changeOwner(c *applet.Call, uid, gid uint32) int {
	recurse := c.Has("R")
	o := owner{c: c, uid: uid, gid: gid}
	w := tree.Walk{Failed: o.failed}
	switch {
	case c.Has("L"):
		w.Follow = tree.Always
	case c.Has("H"):
		w.Follow = tree.Operands
	}
	o.deref = !c.Has("h") && (!recurse || w.Follow != tree.Never)
	w.Visit = func(n *tree.Node) tree.Next {
		if recurse && n.Type == syscall.DT_DIR {
			return tree.Into
		}
		o.change(n)
		return tree.Over
	}
	w.Leave = func(n *tree.Node) tree.Next {
		// A folder goes after its content, as with GNU's chown; one that can't be
		// read was told already.
		o.change(n)
		return tree.Into
	}
	for _, file := range c.Args[1:] {
		w.Run(file)
	}
	return o.status
}

func (o *owner) failed(n *tree.Node, err error) {
	o.status = 1
	if !o.c.Has("f") {
		o.c.Warn(n.Path(), err)
	}
}

// change changes one file's owner. A link in the tree is followed only if the walk
// follows it.
func (o *owner) change(n *tree.Node) {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if o.deref && (n.Depth == 0 || n.Linked) {
		flags = 0
	}
	tells := o.c.Has("v") || o.c.Has("c")
	uid, gid := o.uid, o.gid
	changed := false
	if tells {
		st, err := n.Stat()
		if err != nil {
			o.failed(n, err)
			return
		}
		if uid == users.Unchanged {
			uid = st.Uid
		}
		if gid == users.Unchanged {
			gid = st.Gid
		}
		changed = uid != st.Uid || gid != st.Gid
	}
	if err := unix.Fchownat(n.Dir, n.Name, int(int32(uid)), int(int32(gid)), flags); err != nil {
		o.failed(n, err)
		return
	}
	if o.c.Has("v") || changed {
		o.c.Out.Print("changed ownership of '", n.Path(), "' to ",
			strconv.FormatUint(uint64(uid), 10), ":", strconv.FormatUint(uint64(gid), 10), "\n")
	}
}
