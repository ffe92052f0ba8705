package proc

import (
	"bytes"
	"strconv"

	"bantam/internal/userland/applet"
)

// Names turns the numbers of users and groups into names, each looked up once.
type Names struct {
	known [2][]known
}

type known struct {
	id   uint32
	name string
}

// User is a user's name, or its number if it has none.
func (n *Names) User(uid uint32) string { return n.name(0, uid, "/etc/passwd") }

// Group is a group's name, or its number if it has none.
func (n *Names) Group(gid uint32) string { return n.name(1, gid, "/etc/group") }

func (n *Names) name(kind int, id uint32, file string) string {
	for _, k := range n.known[kind] {
		if k.id == id {
			return k.name
		}
	}
	name := find(file, strconv.FormatUint(uint64(id), 10))
	n.known[kind] = append(n.known[kind], known{id, name})
	return name
}

// find looks for an id in the third field of a file and returns the first one.
func find(file, id string) string {
	in, err := applet.Open(file)
	if err != nil {
		return id
	}
	defer in.Close()
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		name, rest, _ := bytes.Cut(line, []byte(":"))
		_, rest, _ = bytes.Cut(rest, []byte(":"))
		if field, _, _ := bytes.Cut(rest, []byte(":")); string(field) == id && len(name) > 0 {
			return string(name)
		}
	}
	return id
}

// UserID is the number of a user given by name.
func UserID(name string) (id uint32, found bool) {
	in, err := applet.Open("/etc/passwd")
	if err != nil {
		return 0, false
	}
	defer in.Close()
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		first, rest, _ := bytes.Cut(line, []byte(":"))
		_, rest, _ = bytes.Cut(rest, []byte(":"))
		field, _, _ := bytes.Cut(rest, []byte(":"))
		if n, err := strconv.ParseUint(string(field), 10, 32); string(first) == name && err == nil {
			return uint32(n), true
		}
	}
	return 0, false
}
