package passwd

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/crypt"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/users"
)

// Chpasswd is chpasswd.
var Chpasswd = applet.Applet{
	Names: "chpasswd",
	Usage: "[-me] [-c ALG] [-R DIR]",
	About: "Read lines USER:PASSWORD from standard input and change the passwords",
	Options: `
-e, --encrypted	the passwords are hashed already
-m, --md5	hash with md5
-c, --crypt-method ALG	the algorithm: des, md5, sha256 or sha512 (default)
-R, --root DIR	in DIR
`,
	AtMost: applet.None,
	Dir:    "/usr/sbin",
	Run:    runChpasswd,
}

func runChpasswd(c *applet.Call) int {
	if syscall.Getuid() != 0 {
		return c.Complain("permission denied (are you root?)")
	}
	name := algorithm
	switch given := c.Last("e", "m", "c"); {
	case c.Has("e") && (c.Has("m") || c.Has("c")) || c.Has("m") && c.Has("c"):
		return c.UsageError("")
	case given == "m":
		name = "md5"
	case given == "c":
		name = c.Value("c")
	}
	if root, given := c.Given("R"); given {
		err := syscall.Chroot(root)
		if err == nil {
			err = syscall.Chdir("/")
		}
		if err != nil {
			return c.Warn("can't change root directory to '"+root+"'", err)
		}
	}
	for {
		p, ok := c.In.Line()
		if !ok {
			break
		}
		user, password, found := strings.Cut(string(p), ":")
		if !found {
			return c.Complain("missing new password")
		}
		if users.ByName(user) == nil {
			return c.Complain("unknown user " + user)
		}
		if !c.Has("e") {
			salt, _ := crypt.Salt(name)
			password, _ = crypt.Hash(password, salt)
		}
		n, err := accounts.SetPassword(c, user, password)
		if err != nil {
			return c.Complain("an error occurred updating password for " + user)
		}
		if n > 0 {
			tell(c, "password for '"+user+"' changed")
		}
	}
	return 0
}

// Cryptpw is cryptpw and mkpasswd.
var Cryptpw = applet.Applet{
	Names: "cryptpw mkpasswd",
	Usage: "[-P FD] [-m TYPE] [-S SALT] [PASSWORD] [SALT]",
	About: "Print PASSWORD hashed as by crypt(3)",
	Options: `
-P, --password-fd N	read the password from descriptor N
-m, -a, --method TYPE	the algorithm: des, md5, sha256 or sha512 (default)
-S, --salt SALT	the salt
-s, --stdin	ignored
`,
	AtMost: 2,
	Dir:    "/usr/bin",
	Run:    runCryptpw,
}

func runCryptpw(c *applet.Call) int {
	name := algorithm
	if m, given := c.Given("m"); given {
		name = m
	}
	salt, prefix := crypt.Salt(name)
	own, given := c.Given("S")
	if len(c.Args) > 1 && !given {
		own, given = c.Args[1], true
	}
	if given {
		salt = salt[:prefix] + own
	}
	in := c.In
	if text, given := c.Given("P"); given {
		fd, err := number.Int(text, 1<<20)
		if err != nil {
			return c.Complain("invalid number '" + text + "'")
		}
		in = applet.NewIn(fd)
	}
	password := ""
	switch {
	case len(c.Args) > 0:
		password = c.Args[0]
	case c.Name == "mkpasswd" && applet.IsTerminal(in.Fd()):
		var ok bool
		if password, ok = accounts.Ask(c, "Password: ", 0); !ok {
			return 0
		}
	default:
		line, ok := in.Line()
		if !ok {
			return 0
		}
		password = string(line)
	}
	hash, ok := crypt.Hash(password, salt)
	if !ok {
		return c.Complain("bad salt")
	}
	c.Out.Print(hash, "\n")
	return 0
}
