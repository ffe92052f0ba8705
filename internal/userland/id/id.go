// Package id is the applets id and groups.
package id

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

// Id is id.
var Id = applet.Applet{
	Names: "id",
	Usage: "[-ugGnr] [USER]",
	About: "Show the IDs of USER, or of the current user",
	Options: `
-u	the user ID
-g	the group ID
-G	the IDs of all groups
-n	names in place of numbers
-r	the real ID, not the effective one
`,
	AtMost: 1,
	Quick:  true,
	Min:    true,
	Dir:    "/usr/bin",
	Run:    runID,
}

// Groups is groups.
var Groups = applet.Applet{
	Names:  "groups",
	Usage:  "[USER]",
	About:  "Show the groups of USER, or of the current user",
	AtMost: 1,
	Quick:  true,
	Dir:    "/usr/bin",
	Run:    runGroups,
}

// ids are a user's IDs.
type ids struct {
	c                      *applet.Call
	uid, euid, gid, egid   uint32
	groups                 []uint32
	names, numbers, failed bool
}

func runID(c *applet.Call) int {
	asked := 0
	for _, key := range [3]string{"u", "g", "G"} {
		if c.Has(key) {
			asked++
		}
	}
	if asked > 1 || asked == 0 && (c.Has("n") || c.Has("r")) {
		return c.UsageError("")
	}
	d := ids{c: c, names: c.Has("n") || asked == 0, numbers: !c.Has("n")}
	if !d.find() {
		return 1
	}
	if c.Has("r") {
		d.euid = d.uid
		d.egid = d.gid
	}
	switch {
	case c.Has("u"):
		d.user("", d.euid)
	case c.Has("g"):
		d.group("", d.egid)
	case c.Has("G"):
		d.all()
	default:
		d.everything()
	}
	return d.end(asked > 0)
}

func runGroups(c *applet.Call) int {
	d := ids{c: c, names: true}
	if !d.find() {
		return 1
	}
	d.all()
	return d.end(true)
}

func (d *ids) end(strict bool) int {
	d.c.Out.Print("\n")
	if d.failed && strict {
		return 1
	}
	return 0
}

// find finds the IDs.
func (d *ids) find() bool {
	if len(d.c.Args) > 0 {
		name := d.c.Args[0]
		u := users.ByName(name)
		if u == nil {
			d.c.Complain("unknown user " + name)
			return false
		}
		d.uid, d.euid, d.gid, d.egid = u.UID, u.UID, u.GID, u.GID
		d.groups = users.GroupsOf(name, u.GID)
		return true
	}
	d.uid, d.euid = uint32(syscall.Getuid()), uint32(syscall.Geteuid())
	d.gid, d.egid = uint32(syscall.Getgid()), uint32(syscall.Getegid())
	groups, err := syscall.Getgroups()
	if err != nil {
		d.c.Warn("can't get groups", err)
		return false
	}
	for _, g := range groups {
		d.groups = append(d.groups, uint32(g))
	}
	return true
}

// all prints all groups, the user's own ones first.
func (d *ids) all() {
	d.group("", d.gid)
	if d.egid != d.gid {
		d.group(" ", d.egid)
	}
	for _, g := range d.groups {
		if g != d.gid && g != d.egid {
			d.group(" ", g)
		}
	}
}

// everything prints what id prints without options.
func (d *ids) everything() {
	d.user("uid=", d.uid)
	d.group(" gid=", d.gid)
	if d.euid != d.uid {
		d.user(" euid=", d.euid)
	}
	if d.egid != d.gid {
		d.group(" egid=", d.egid)
	}
	for i, g := range d.groups {
		before := ","
		if i == 0 {
			before = " groups="
		}
		d.group(before, g)
	}
}

func (d *ids) user(before string, id uint32) {
	name := ""
	if d.names {
		if u := users.ByUID(id); u != nil {
			name = u.Name
		}
	}
	d.print(before, id, name)
}

func (d *ids) group(before string, id uint32) {
	name := ""
	if d.names {
		if g := users.GroupByGID(id); g != nil {
			name = g.Name
		}
	}
	d.print(before, id, name)
}

// print prints a number, a name, or both.
func (d *ids) print(before string, id uint32, name string) {
	number := strconv.FormatUint(uint64(id), 10)
	d.c.Out.Print(before)
	if d.numbers || name == "" {
		d.c.Out.Print(number)
	}
	switch {
	case d.numbers && name != "":
		d.c.Out.Print("(", name, ")")
	case name != "":
		d.c.Out.Print(name)
	case d.names && !d.numbers:
		d.failed = true
		d.c.Complain("unknown ID " + number)
	}
}
