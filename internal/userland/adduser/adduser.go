// Package adduser is the applets adduser, addgroup, deluser and delgroup.
package adduser

import (
	"strconv"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/transfer"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// The numbers that are given out.
const (
	firstSystem = 100
	lastSystem  = 999
	last        = 60000
)

const notRoot = "permission denied (are you root?)"

// Adduser is adduser.
var Adduser = applet.Applet{
	Names: "adduser",
	Usage: "[OPTIONS] USER [GROUP]",
	About: "Make a new user, or add USER to GROUP",
	Options: `
-h, --home DIR	the home directory
-g, --gecos GECOS	the full name and so on
-s, --shell SHELL	the login shell
-G, --ingroup GRP	the group
-S, --system	a system user
-D, --disabled-password, --empty-password	don't ask for a password
-H, --no-create-home	make no home directory
-u, --uid UID	the user ID
-k, --skel SKEL	what is copied to the home directory (/etc/skel)
`,
	AtLeast: 1,
	AtMost:  2,
	Dir:     "/usr/sbin",
	Run:     runAdduser,
}

func runAdduser(c *applet.Call) int {
	if syscall.Geteuid() != 0 {
		return c.Complain(notRoot)
	}
	options := 0
	c.Each(func(string, string) { options++ })
	if options == 0 && len(c.Args) == 2 {
		return addMember(c, c.Args[0], c.Args[1])
	}
	u := users.User{Name: c.Args[0], Password: "x", Gecos: "Linux User,,,", Home: "/home/" + c.Args[0], Shell: shell(c)}
	system := c.Has("S")
	if system && !c.Has("s") {
		u.Shell = "/bin/false"
	}
	for _, o := range [3]struct {
		key string
		to  *string
	}{{"h", &u.Home}, {"g", &u.Gecos}, {"s", &u.Shell}} {
		if value, given := c.Given(o.key); given {
			*o.to = value
		}
	}
	group, hasGroup := c.Given("G")
	if system && !hasGroup {
		group, hasGroup = "nogroup", true
	}
	wrong := badName(u.Name)
	if wrong == "" && hasGroup {
		gid, ok := users.GID(group)
		if u.GID = gid; !ok {
			wrong = "unknown group " + group
		}
	}
	if wrong == "" {
		wrong = findUID(c, &u, !hasGroup)
	}
	if wrong != "" {
		return c.Complain(wrong)
	}
	return add(c, &u, group, hasGroup)
}

// shell is what new users get: the caller's.
func shell(c *applet.Call) string {
	if shell := c.Getenv("SHELL"); shell != "" {
		return shell
	}
	if u := users.ByUID(uint32(syscall.Getuid())); u != nil && u.Shell != "" {
		return u.Shell
	}
	return "/bin/sh"
}

// badName says what is wrong with a name: it goes into paths and lines.
func badName(name string) string {
	for i := range len(name) {
		c := name[i]
		alone := c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if alone || i > 0 && (c == '-' || c == '.' || c == '$' && i == len(name)-1) {
			continue
		}
		return "illegal character with code " + strconv.Itoa(int(c)) + " at position " + strconv.Itoa(i)
	}
	switch {
	case name == "":
		return "illegal character with code 0 at position 0"
	case len(name) >= 256:
		return "name is too long"
	}
	return ""
}

// id reads an option that is a number.
func id(c *applet.Call, key string) (n uint32, given bool, wrong string) {
	text, given := c.Given(key)
	if !given {
		return 0, false, ""
	}
	value, wrong := number.Signed(text, 0, last)
	return uint32(value), true, wrong
}

// between is the range that numbers are given out from.
func between(c *applet.Call) (first, most uint32) {
	if c.Has("S") {
		return firstSystem, lastSystem
	}
	return lastSystem + 1, last
}

// findUID finds the number, and if the user gets a group that is named as it is, the
// same for that.
func findUID(c *applet.Call, u *users.User, ownGroup bool) (wrong string) {
	if users.ByName(u.Name) != nil {
		return "user '" + u.Name + "' in use"
	}
	uid, given, wrong := id(c, "u")
	if wrong != "" {
		return wrong
	}
	most := uid
	if !given {
		uid, most = between(c)
	}
	for users.ByUID(uid) != nil || ownGroup && users.GroupByGID(uid) != nil {
		switch {
		case given:
			return "uid '" + strconv.Itoa(int(uid)) + "' in use"
		case uid == most:
			return "no uids left"
		}
		uid++
	}
	u.UID = uid
	if ownGroup {
		u.GID = uid
		if users.GroupByName(u.Name) != nil {
			return "group '" + u.Name + "' in use"
		}
	}
	return ""
}

// add adds the user to the files and makes the home directory.
func add(c *applet.Call, u *users.User, group string, hasGroup bool) int {
	text := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	line := u.Name + ":x:" + text(u.UID) + ":" + text(u.GID) + ":" + u.Gecos + ":" + u.Home + ":" + u.Shell
	if accounts.Append(c, users.PasswdFile, line) != nil {
		return 1
	}
	day := strconv.FormatInt(time.Now().Unix()/86400, 10)
	accounts.Append(c, users.ShadowFile, u.Name+":!:"+day+":0:99999:7:::")
	if hasGroup {
		addMember(c, u.Name, group)
	} else {
		newGroup(c, u.Name, u.GID)
	}
	if !c.Has("H") {
		home(c, u)
	}
	if c.Has("D") || c.Has("S") {
		return 0
	}
	return c.Exec([]string{"passwd", "--", u.Name})
}

// home makes the home directory after the skeleton and gives it to the user.
func home(c *applet.Call, u *users.User) {
	err := syscall.Mkdir(u.Home, 0o755)
	if err == nil {
		skeleton, given := c.Given("k")
		if !given {
			skeleton = "/etc/skel"
		}
		if given || applet.Exists(skeleton) {
			k := transfer.Copier{Call: c, Recurse: true}
			k.Copy(skeleton, u.Home)
		}
		w := tree.Walk{
			Visit: func(n *tree.Node) tree.Next {
				unix.Fchownat(n.Dir, n.Name, int(u.UID), int(u.GID), unix.AT_SYMLINK_NOFOLLOW)
				return tree.Into
			},
		}
		w.Run(u.Home)
	}
	if err == nil || err == syscall.EEXIST {
		err = syscall.Chown(u.Home, int(u.UID), int(u.GID))
	}
	if err == nil {
		err = syscall.Chmod(u.Home, 0o2755)
	}
	if err != nil {
		c.Warn(u.Home, err)
	}
}
