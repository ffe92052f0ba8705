package tree

import (
	"bytes"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Next says how a walk goes on after a file.
type Next uint8

const (
	Into Next = iota // into the folder, if it is one
	Over             // not into it
	Stop             // no further at all
)

// Follow says which symbolic links a walk goes through.
type Follow uint8

const (
	Never Follow = iota
	Operands
	Always
)

// Walk is a walk through a tree in the file system's order.
type Walk struct {
	// Visit is called for every file, for a folder before its content.
	Visit func(*Node) Next
	// Leave, if set, is called for a folder that Visit returned Into for, after its
	// content. Node.Err says that the content couldn't be read.
	Leave func(*Node) Next
	// Failed is called for a file that can't be looked at and a folder that can't be read.
	Failed func(*Node, error)
	// Follow is which symbolic links are taken for what they lead to.
	Follow Follow
	// Dangling makes a link that leads nowhere a link for a walk that follows links;
	// otherwise it is a failure.
	Dangling bool

	stack   Stack
	frames  []*frame
	path    []byte
	buf     []byte
	stopped bool
	links   int // how many folders were entered through links
}

// frame is a folder that is being walked through: its entries, each a byte for the
// type and a name with a zero, and the one that is at hand.
type frame struct {
	entries []byte
	node    Node
}

// Node is a file of a walk. It and its Name are valid during the call only.
type Node struct {
	// Dir is the descriptor of the folder that it is in, AT_FDCWD for an operand, and
	// Name its name there.
	Dir  int
	Name string
	// Depth is 0 for an operand.
	Depth int
	// Type is DT_REG and so on: never DT_UNKNOWN, and what a followed link leads to.
	Type uint8
	// Linked says that Type and Stat are those of what a link leads to.
	Linked bool
	// Err is why a folder couldn't be entered, for Leave.
	Err error

	walk *Walk
	end  int
	has  bool
	stat unix.Stat_t
}

// Path is the path from the operand, for messages.
func (n *Node) Path() string { return string(n.walk.path[:n.end]) }

// PathBytes is Path without a copy, valid during the call.
func (n *Node) PathBytes() []byte { return n.walk.path[:n.end] }

// Follows says whether links are followed at the node.
func (n *Node) Follows() bool {
	return n.walk.Follow == Always || n.walk.Follow == Operands && n.Depth == 0
}

// Stat returns the file's status, that of a link itself if it isn't followed.
func (n *Node) Stat() (*unix.Stat_t, error) {
	if n.has {
		return &n.stat, nil
	}
	flags := unix.AT_SYMLINK_NOFOLLOW
	if n.Follows() && (n.Type == syscall.DT_UNKNOWN || n.Type == syscall.DT_LNK || n.Linked) {
		flags = 0
	}
	err := unix.Fstatat(n.Dir, n.Name, &n.stat, flags)
	if err != nil && flags == 0 && n.walk.Dangling && (err == syscall.ENOENT || err == syscall.ELOOP) {
		err = unix.Fstatat(n.Dir, n.Name, &n.stat, unix.AT_SYMLINK_NOFOLLOW)
	}
	n.has = err == nil
	return &n.stat, err
}

// Forget makes the next Stat ask the kernel again.
func (n *Node) Forget() { n.has = false }

// TypeOf is the DT_ value of a mode.
func TypeOf(mode uint32) uint8 { return uint8(mode >> 12 & 15) }

// Run walks through an operand. It returns false if a call returned Stop.
func (w *Walk) Run(operand string) bool {
	w.stopped = false
	w.path = append(w.path[:0], operand...)
	n := &Node{Dir: unix.AT_FDCWD, Name: operand, walk: w, end: len(w.path)}
	w.visit(n)
	w.stack.Close()
	return !w.stopped
}

// visit handles one file.
func (w *Walk) visit(n *Node) {
	link := n.Type == syscall.DT_LNK
	if n.Type == syscall.DT_UNKNOWN || link && n.Follows() {
		st, err := n.Stat()
		if err != nil {
			w.fail(n, err)
			return
		}
		n.Type = TypeOf(st.Mode)
		n.Linked = n.Follows() && (link || n.Depth == 0) && n.Type != syscall.DT_LNK
	}
	switch next := w.Visit(n); {
	case next == Stop:
		w.stopped = true
	case next == Into && n.Type == syscall.DT_DIR:
		w.enter(n)
	}
}

func (w *Walk) fail(n *Node, err error) {
	if w.Failed != nil {
		w.Failed(n, err)
	}
}

// enter walks through a folder's content.
func (w *Walk) enter(n *Node) {
	n.Err = nil
	// A circle needs a link, but need not close with it.
	if n.Linked && n.Depth > 0 {
		w.links++
		defer func() { w.links-- }()
	}
	if w.links > 0 {
		if st, err := n.Stat(); err == nil && w.stack.Holds(uint64(st.Dev), st.Ino) {
			n.Err = syscall.ELOOP
		}
	}
	if n.Err == nil {
		n.Err = w.stack.Enter(n.Name, n.Linked)
	}
	if n.Err == nil {
		w.content(n)
	} else {
		w.fail(n, n.Err)
	}
	if !w.stopped && w.Leave != nil && w.Leave(n) == Stop {
		w.stopped = true
	}
}

// content visits the entries of the folder that the stack stands in.
func (w *Walk) content(n *Node) {
	if len(w.frames) == n.Depth {
		w.frames = append(w.frames, new(frame))
	}
	f := w.frames[n.Depth]
	if err := w.read(f); err != nil {
		n.Err = err
		w.fail(n, err)
	}
	w.path = w.path[:n.end]
	if n.end > 0 && w.path[n.end-1] != '/' {
		w.path = append(w.path, '/')
	}
	base := len(w.path)
	child := &f.node
	for rest := f.entries; len(rest) > 0 && !w.stopped; {
		end := 1 + bytes.IndexByte(rest[1:], 0)
		name := rest[1:end]
		child.Dir, child.Name = w.stack.Top(), unsafe.String(&name[0], len(name))
		child.Depth, child.Type = n.Depth+1, rest[0]
		child.Linked, child.Err, child.has, child.walk = false, nil, false, w
		w.path = append(w.path[:base], name...)
		child.end = len(w.path)
		w.visit(child)
		rest = rest[end+1:]
	}
	w.path = w.path[:n.end]
	if err := w.stack.Leave(); err != nil {
		w.fail(n, err)
		w.stopped = true
	}
	if n.Dir != unix.AT_FDCWD {
		n.Dir = w.stack.Top()
	}
}

// read reads the folder's entries into the frame.
func (w *Walk) read(f *frame) error {
	f.entries = f.entries[:0]
	if w.buf == nil {
		w.buf = make([]byte, 64<<10)
	}
	for {
		n, err := unix.Getdents(w.stack.Top(), w.buf)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return err
		}
		for p := w.buf[:n]; len(p) > 0; {
			d := (*syscall.Dirent)(unsafe.Pointer(&p[0]))
			name := p[unsafe.Offsetof(d.Name):d.Reclen]
			name = name[:bytes.IndexByte(name, 0)+1]
			if len(name) > 3 || name[0] != '.' || len(name) == 3 && name[1] != '.' {
				f.entries = append(f.entries, d.Type)
				f.entries = append(f.entries, name...)
			}
			p = p[d.Reclen:]
		}
	}
}
