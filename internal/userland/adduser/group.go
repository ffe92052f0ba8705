package adduser

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/users"
)

// Addgroup is addgroup.
var Addgroup = applet.Applet{
	Names: "addgroup",
	Usage: "[-g GID] [-S] [USER] GROUP",
	About: "Make a new group, or add USER to GROUP",
	Options: `
-g, --gid GID	the group ID
-S, --system	a system group
`,
	AtLeast: 1,
	AtMost:  2,
	Dir:     "/usr/sbin",
	Run:     runAddgroup,
}

func runAddgroup(c *applet.Call) int {
	if syscall.Geteuid() != 0 {
		return c.Complain(notRoot)
	}
	if len(c.Args) == 2 {
		if c.Has("g") {
			return c.UsageError("")
		}
		return addMember(c, c.Args[0], c.Args[1])
	}
	name := c.Args[0]
	wrong := badName(name)
	if wrong == "" && users.GroupByName(name) != nil {
		wrong = "group '" + name + "' in use"
	}
	gid, given := uint32(0), false
	if wrong == "" {
		gid, given, wrong = id(c, "g")
	}
	if wrong != "" {
		return c.Complain(wrong)
	}
	most := gid
	if !given {
		gid, most = between(c)
	}
	for users.GroupByGID(gid) != nil {
		switch {
		case given:
			return c.Complain("gid '" + strconv.Itoa(int(gid)) + "' in use")
		case gid == most:
			return c.Complain("no gids left")
		}
		gid++
	}
	return newGroup(c, name, gid)
}

func newGroup(c *applet.Call, name string, gid uint32) int {
	line := name + ":x:" + strconv.FormatUint(uint64(gid), 10) + ":"
	if accounts.Append(c, users.GroupFile, line) != nil {
		return 1
	}
	accounts.Append(c, accounts.GShadowFile, name+":!::")
	return 0
}

// addMember adds an existing user to an existing group.
func addMember(c *applet.Call, user, group string) int {
	if users.ByName(user) == nil {
		return c.Complain("unknown user " + user)
	}
	g := users.GroupByName(group)
	if g == nil {
		return c.Complain("unknown group " + group)
	}
	if g.Has(user) {
		return 0
	}
	if _, err := accounts.AddMember(c, users.GroupFile, group, user); err != nil {
		return 1
	}
	accounts.AddMember(c, accounts.GShadowFile, group, user)
	return 0
}
