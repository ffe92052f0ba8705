package cron

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

// Crontab is crontab.
var Crontab = applet.Applet{
	Names: "crontab",
	Usage: "[-c DIR] [-u USER] [-ler]|[FILE]",
	About: "List, edit, delete or replace a user's crontab.",
	Options: `
-c DIR	crontab directory
-u USER	user
-l	list crontab
-e	edit crontab
-r	delete crontab
-d	the same as -r
`,
	Notes:  "FILE	Replace crontab by FILE ('-': stdin)",
	AtMost: 1,
	Dir:    "/usr/bin",
	Run:    crontab,
}

func crontab(c *applet.Call) int {
	name, named := c.Given("u")
	dir, chosen := c.Given("c")
	if syscall.Getuid() != syscall.Geteuid() && (named || chosen) {
		return c.Complain("you must be root")
	}
	if !chosen {
		dir = crontabs
	}
	user := users.ByUID(uint32(syscall.Getuid()))
	if named {
		if user = users.ByName(name); user == nil {
			return c.Complain("unknown user " + name)
		}
	} else if user == nil {
		return c.Complain("unknown uid " + strconv.Itoa(syscall.Getuid()))
	}
	list, edit, remove := c.Has("l"), c.Has("e"), c.Has("r") || c.Has("d")
	replace := !list && !edit && !remove
	if list && edit || list && remove || edit && remove || replace && len(c.Args) == 0 {
		return c.UsageError("")
	}
	in := c.In
	if replace && c.Args[0] != "-" {
		fd, err := openAs(c.Args[0], user)
		if err != nil {
			return c.CantOpen(c.Args[0], err)
		}
		in = applet.NewIn(fd)
	}
	if err := syscall.Chdir(dir); err != nil {
		return c.Warn("can't change directory to '"+dir+"'", err)
	}
	switch {
	case list:
		return show(c, user.Name)
	case remove:
		syscall.Unlink(user.Name)
	case edit:
		data, status := edited(c, dir, user)
		if status != 0 {
			return status
		}
		in = applet.Memory(data)
		fallthrough
	default:
		if status := store(c, dir, user.Name, in); status != 0 {
			return status
		}
	}
	return bump(c, dir, user.Name)
}

// openAs opens a file with the rights of the user, as far as we have others.
func openAs(path string, user *users.User) (int, error) {
	uid, gid := syscall.Geteuid(), syscall.Getegid()
	if uint32(uid) == user.UID || syscall.Setegid(int(user.GID)) != nil || syscall.Seteuid(int(user.UID)) != nil {
		return applet.OpenFile(path, syscall.O_RDONLY, 0)
	}
	fd, err := applet.OpenFile(path, syscall.O_RDONLY, 0)
	syscall.Seteuid(uid)
	syscall.Setegid(gid)
	return fd, err
}

func show(c *applet.Call, name string) int {
	in, err := applet.Open(name)
	if err != nil {
		return c.CantOpen(name, err)
	}
	defer in.Close()
	c.Out.Copy(in)
	return 0
}

// store replaces the crontab in one step.
func store(c *applet.Call, dir, name string, in *applet.In) int {
	next := name + ".new"
	out, err := applet.Create(next, 0o600)
	if err != nil {
		return c.Complain("can't create " + dir + "/" + next)
	}
	_, err = out.Copy(in)
	if e := out.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = syscall.Rename(next, name)
	}
	if err != nil {
		syscall.Unlink(next)
		return c.Warn("can't write '"+dir+"/"+name+"'", err)
	}
	return 0
}

// edited lets the user edit a copy and returns what became of it.
func edited(c *applet.Call, dir string, user *users.User) (data []byte, status int) {
	path := dir + "." + strconv.Itoa(syscall.Getpid())
	data, _ = applet.ReadFile(user.Name)
	syscall.Unlink(path)
	fd, err := applet.OpenFile(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
	if err != nil {
		return nil, c.Warn("can't create '"+path+"'", err)
	}
	defer syscall.Unlink(path)
	syscall.Fchown(fd, int(user.UID), int(user.GID))
	err = applet.WriteFd(fd, data)
	syscall.Close(fd)
	if err != nil {
		return nil, c.Warn("can't write '"+path+"'", err)
	}
	editor := c.Getenv("VISUAL")
	if editor == "" {
		editor = c.Getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
	}
	c.SetEnviron(overlay(c.Environ(), []string{"LOGNAME=" + user.Name, "USER=" + user.Name, "HOME=" + user.Home, "SHELL=" + user.Shell}))
	attr := syscall.SysProcAttr{}
	if syscall.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: user.UID, Gid: user.GID, Groups: users.GroupsOf(user.Name, user.GID)}
	}
	pid, err := c.Start([]string{editor, path}, [3]int{c.In.Fd(), c.Out.Fd(), c.Err.Fd()}, &attr)
	if err != nil {
		return nil, c.Warn("can't execute '"+editor+"'", err)
	}
	applet.Wait(pid)
	// Editors may have put another file in its place.
	fd, err = openAs(path, user)
	if err != nil {
		return nil, c.CantOpen(path, err)
	}
	defer syscall.Close(fd)
	data, err = applet.ReadAll(fd)
	if err != nil {
		return nil, c.Warn(path, err)
	}
	return data, 0
}

// bump tells crond, which takes the file away when it has read it.
func bump(c *applet.Call, dir, name string) int {
	for {
		fd, err := applet.OpenFile(updates, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND, 0o600)
		if err != nil {
			return c.Complain("can't append to " + dir + "/" + updates)
		}
		applet.WriteFd(fd, []byte(name+"\n"))
		var st syscall.Stat_t
		err = syscall.Fstat(fd, &st)
		syscall.Close(fd)
		if err != nil || st.Nlink != 0 {
			return 0
		}
	}
}
