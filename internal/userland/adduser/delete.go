package adduser

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
)

// Deluser is deluser.
var Deluser = applet.Applet{
	Names:   "deluser",
	Usage:   "[--remove-home] USER",
	About:   "Take USER away from the system",
	Options: "--remove-home\tand the home directory with all that is in it",
	AtLeast: 1,
	AtMost:  1,
	Dir:     "/usr/sbin",
	Run:     runDeluser,
}

func runDeluser(c *applet.Call) int {
	if syscall.Geteuid() != 0 {
		return c.Complain(notRoot)
	}
	name := c.Args[0]
	u := users.ByName(name)
	if u == nil {
		return c.Complain("unknown user " + name)
	}
	var st syscall.Stat_t
	// Homes that are no folder, as /dev/null, are nobody's own.
	if c.Has("remove-home") && syscall.Stat(u.Home, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		r := tree.Removal{Failed: func(path string, err error) { c.Warn("can't remove '"+path+"'", err) }}
		r.Remove(u.Home)
	}
	if accounts.Delete(c, users.PasswdFile, name) != nil || accounts.Delete(c, users.ShadowFile, name) != nil {
		return 1
	}
	if _, err := accounts.DeleteMember(c, users.GroupFile, "", name); err != nil {
		return 1
	}
	// The group that adduser made for the user.
	if g := users.GroupByName(name); g != nil {
		return deleteGroup(c, g)
	}
	return 0
}

// Delgroup is delgroup.
var Delgroup = applet.Applet{
	Names:   "delgroup",
	Usage:   "[USER] GROUP",
	About:   "Take GROUP away from the system, or USER out of GROUP",
	AtLeast: 1,
	AtMost:  2,
	Dir:     "/usr/sbin",
	Run:     runDelgroup,
}

func runDelgroup(c *applet.Call) int {
	if syscall.Geteuid() != 0 {
		return c.Complain(notRoot)
	}
	group := c.Args[len(c.Args)-1]
	g := users.GroupByName(group)
	if g == nil {
		return c.Complain("unknown group " + group)
	}
	if len(c.Args) == 1 {
		return deleteGroup(c, g)
	}
	for _, path := range [2]string{users.GroupFile, accounts.GShadowFile} {
		n, err := accounts.DeleteMember(c, path, group, c.Args[0])
		if err != nil {
			return 1
		}
		if n == 0 && path == users.GroupFile {
			c.Complain("can't find " + c.Args[0] + " in " + path)
		}
	}
	return 0
}

// deleteGroup takes a group away that is nobody's first one.
func deleteGroup(c *applet.Call, g *users.Group) int {
	inUse := ""
	users.Users(func(u *users.User) bool {
		if u.GID == g.GID {
			inUse = u.Name
		}
		return inUse == ""
	})
	if inUse != "" {
		return c.Complain("'" + inUse + "' still has '" + g.Name + "' as their primary group!")
	}
	if accounts.Delete(c, users.GroupFile, g.Name) != nil || accounts.Delete(c, accounts.GShadowFile, g.Name) != nil {
		return 1
	}
	return 0
}
