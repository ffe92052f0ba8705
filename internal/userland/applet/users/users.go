// Package users looks users and groups up in /etc/passwd and /etc/group, line by
// line, so that the files may be of any size.
package users

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// The files.
const (
	PasswdFile = "/etc/passwd"
	GroupFile  = "/etc/group"
	ShadowFile = "/etc/shadow"
)

// User is a line of the passwd file.
type User struct {
	Name, Password string
	UID, GID       uint32
	Gecos, Home    string
	Shell          string
}

// Group is a line of the group file.
type Group struct {
	Name, Password string
	GID            uint32
	Members        string // separated by commas
}

// Has says whether the user is a listed member.
func (g *Group) Has(user string) bool {
	for rest := g.Members; rest != ""; {
		var member string
		if member, rest, _ = strings.Cut(rest, ","); member == user {
			return true
		}
	}
	return false
}

// Field cuts the next field off a line.
func Field(line string) (field, rest string) {
	field, rest, _ = strings.Cut(line, ":")
	return field, rest
}

// number is a field that is an id.
func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil
}

// ParseUser reads a line of a passwd file.
func ParseUser(line string) (u User, ok bool) {
	if strings.Count(line, ":") != 6 || line[0] == '#' {
		return u, false
	}
	var uid, gid string
	u.Name, line = Field(line)
	u.Password, line = Field(line)
	uid, line = Field(line)
	gid, line = Field(line)
	u.Gecos, line = Field(line)
	u.Home, u.Shell = Field(line)
	var okGID bool
	u.UID, ok = number(uid)
	u.GID, okGID = number(gid)
	return u, ok && okGID && u.Name != ""
}

// ParseGroup reads a line of a group file.
func ParseGroup(line string) (g Group, ok bool) {
	if strings.Count(line, ":") != 3 || line[0] == '#' {
		return g, false
	}
	var gid string
	g.Name, line = Field(line)
	g.Password, line = Field(line)
	gid, g.Members = Field(line)
	g.GID, ok = number(gid)
	return g, ok && g.Name != ""
}

// Lines calls f for every line of a file until it returns false.
func Lines(path string, f func(line string) bool) error {
	in, err := applet.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	for {
		line, ok := in.Line()
		if !ok {
			return in.Err()
		}
		if !f(string(line)) {
			return nil
		}
	}
}

// Users calls f for every user until it returns false.
func Users(f func(*User) bool) {
	Lines(PasswdFile, func(line string) bool {
		u, ok := ParseUser(line)
		return !ok || f(&u)
	})
}

// Groups calls f for every group until it returns false.
func Groups(f func(*Group) bool) {
	Lines(GroupFile, func(line string) bool {
		g, ok := ParseGroup(line)
		return !ok || f(&g)
	})
}

// ByName finds a user, or returns nil.
func ByName(name string) (found *User) {
	Users(func(u *User) bool {
		if u.Name == name {
			found = u
		}
		return found == nil
	})
	return found
}

// ByUID finds the first user of that number, or returns nil.
func ByUID(uid uint32) (found *User) {
	Users(func(u *User) bool {
		if u.UID == uid {
			found = u
		}
		return found == nil
	})
	return found
}

// GroupByName finds a group, or returns nil.
func GroupByName(name string) (found *Group) {
	Groups(func(g *Group) bool {
		if g.Name == name {
			found = g
		}
		return found == nil
	})
	return found
}

// GroupByGID finds the first group of that number, or returns nil.
func GroupByGID(gid uint32) (found *Group) {
	Groups(func(g *Group) bool {
		if g.GID == gid {
			found = g
		}
		return found == nil
	})
	return found
}

// GroupsOf returns the numbers of all groups of a user, the first one first.
func GroupsOf(user string, first uint32) []uint32 {
	gids := []uint32{first}
	Groups(func(g *Group) bool {
		if g.GID != first && g.Has(user) {
			gids = append(gids, g.GID)
		}
		return true
	})
	return gids
}

// UID is the number for a user's name or a number, names first.
func UID(name string) (uint32, bool) {
	if u := ByName(name); u != nil {
		return u.UID, true
	}
	return number(name)
}

// GID is the number for a group's name or a number, names first.
func GID(name string) (uint32, bool) {
	if g := GroupByName(name); g != nil {
		return g.GID, true
	}
	return number(name)
}

// Unchanged is the id that chown(2) takes for leaving it alone.
const Unchanged = ^uint32(0)

// Owner reads USER[:[GROUP]] or :GROUP as chown does: "USER:" is the user's own
// group. What is missing is Unchanged. unknown says what isn't known, in BusyBox's
// words: "unknown user x".
func Owner(text string) (uid, gid uint32, unknown string) {
	uid, gid = Unchanged, Unchanged
	user, group, colon := strings.Cut(text, ":")
	ok := true
	if user != "" || !colon {
		if uid, ok = UID(user); !ok && !colon {
			return uid, gid, "unknown user " + text
		}
	}
	switch {
	case group != "":
		var okGroup bool
		if gid, okGroup = GID(group); !okGroup && user == "" {
			return uid, gid, "unknown group " + group
		}
		ok = ok && okGroup
	case colon && ok && user != "":
		gid = uid
		if u := ByUID(uid); u != nil {
			gid = u.GID
		}
	}
	if !ok {
		return uid, gid, "unknown user/group " + text
	}
	return uid, gid, ""
}

// Names remembers the names of the numbers that were asked for: a listing asks for
// the same few again and again.
type Names struct {
	users, groups []known
}

type known struct {
	id   uint32
	name string
}

// User returns the user's name, or the number if there is none.
func (n *Names) User(uid uint32) string {
	return lookup(&n.users, uid, func() string {
		if u := ByUID(uid); u != nil {
			return u.Name
		}
		return ""
	})
}

// Group returns the group's name, or the number if there is none.
func (n *Names) Group(gid uint32) string {
	return lookup(&n.groups, gid, func() string {
		if g := GroupByGID(gid); g != nil {
			return g.Name
		}
		return ""
	})
}

func lookup(list *[]known, id uint32, find func() string) string {
	for i := range *list {
		if k := (*list)[i]; k.id == id {
			if i > 0 {
				// The one asked for last is likely the next one, too.
				(*list)[i], (*list)[0] = (*list)[0], k
			}
			return k.name
		}
	}
	name := find()
	if name == "" {
		name = strconv.FormatUint(uint64(id), 10)
	}
	*list = append(*list, known{id, name})
	return name
}
