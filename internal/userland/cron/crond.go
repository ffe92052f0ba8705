// Package cron has the applets crond and crontab.
package cron

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/background"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/users"
)

// Crond is crond.
var Crond = applet.Applet{
	Names: "crond",
	Usage: "[-fbS] [-l N] [-d N] [-L LOGFILE] [-c DIR]",
	About: "Run the commands of users' crontabs at their times.",
	Options: `
-f	foreground
-b	background (default)
-S	log to syslog (default)
-l N	set log level. Most verbose 0, default 8
-d N	set log level, log to stderr
-L FILE	log to FILE
-c DIR	cron dir. Default: /var/spool/cron/crontabs
`,
	AtMost: applet.None,
	Dir:    "/usr/sbin",
	Run:    run,
}

const (
	spool      = "/var/spool/cron"
	crontabs   = spool + "/crontabs"
	updates    = "cron.update" // names the crontabs that have changed
	rebootFile = "/var/run/crond.reboot"
	pidFile    = "/var/run/crond.pid"
)

// cron is a running crond.
type cron struct {
	*applet.Call
	dir      string
	level    int
	toSyslog bool
	zone     *time.Location
	modified syscall.Timespec // of dir
	tables   []*table
	// What the tests have others for.
	now   func() time.Time
	sleep func(time.Duration)
	start func(user string, j *job) int
	ended func(pid int) bool
}

// table is a user's crontab.
type table struct {
	user string
	jobs []*job
	gone bool // but some of its jobs run
}

// job is a line of it.
type job struct {
	schedule
	command, shell, path string
	pid                  int
	wanted               bool
}

func run(c *applet.Call) int {
	if c.Last("f", "b") != "f" {
		return background.Start(c, "f", -1)
	}
	x := &cron{Call: c, dir: crontabs, level: 8, zone: dates.Local(c), now: time.Now, sleep: time.Sleep}
	x.start, x.ended = x.spawn, ended
	if dir, given := c.Given("c"); given {
		x.dir = dir
	}
	const maxLevel = 1 << 30
	for _, option := range []string{"l", "d"} {
		if text, given := c.Given(option); given {
			n, err := number.Int(text, maxLevel)
			if err != nil {
				return c.Complain("invalid number '" + text + "'")
			}
			x.level = n
		}
	}
	x.toSyslog = !c.Has("d") && c.Last("L", "S") != "L"
	x.openLog()
	if err := syscall.Chdir(x.dir); err != nil {
		x.fail("can't change directory to '" + x.dir + "': " + applet.Reason(err))
		return 1
	}
	x.log(8, "crond (box "+c.Version+") started, log level "+strconv.Itoa(x.level))
	x.rescan()
	background.WritePid(pidFile)
	if fd, err := applet.OpenFile(rebootFile, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0); err == nil {
		syscall.Close(fd)
		x.startReboot()
	}
	x.loop(nil)
	return 0
}

// openLog makes the log file our standard error, again every minute: it may be rotated.
func (x *cron) openLog() {
	if file, given := x.Given("L"); given && !x.toSyslog {
		fd, err := applet.OpenFile(file, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND, 0o666)
		if err != nil {
			x.CantOpen(file, err)
			return
		}
		syscall.Dup3(fd, 2, 0)
		if fd != 2 {
			syscall.Close(fd)
		}
	}
}

// log tells what is at least as important as the level.
func (x *cron) log(level int, text string) {
	if level >= x.level {
		x.tell(syslog.Info, text)
	}
}

func (x *cron) fail(text string) { x.tell(syslog.Error, text) }

func (x *cron) tell(priority int, text string) {
	if x.toSyslog {
		syslog.Send(syslog.Cron|priority, "crond["+strconv.Itoa(syscall.Getpid())+"]", text)
		return
	}
	x.Complain(text)
}

// loop wakes up at the beginning of every minute, or every ten seconds while a job
// runs, until stop says so.
func (x *cron) loop(stop func() bool) {
	const scans = 60 // minutes between readings of all crontabs
	last, rescan, pause := x.now(), scans, time.Minute
	for stop == nil || !stop() {
		x.sleep(pause - x.now().Sub(x.now().Truncate(pause)))
		now := x.now()
		x.openLog()
		var st syscall.Stat_t
		syscall.Stat(x.dir, &st)
		if st.Mtim != x.modified {
			x.modified, rescan = st.Mtim, 1
		}
		if rescan--; rescan <= 0 {
			rescan = scans
			x.rescan()
		}
		x.update()
		pause = x.advance(last, now)
		last = now
	}
}

// advance runs what was due after the one time up to the other, and returns how long
// to sleep. After a jump of more than an hour nothing is run, after a
// smaller one backwards nothing until the time is reached again.
func (x *cron) advance(last, now time.Time) time.Duration {
	passed := now.Sub(last)
	x.log(5, "wakeup dt="+strconv.Itoa(int(passed/time.Second)))
	switch {
	case passed < -time.Hour || passed > time.Hour:
		x.log(8, "time disparity of "+strconv.Itoa(int(passed/time.Minute))+" minutes detected")
		return time.Minute
	case passed <= 0:
		return time.Minute
	}
	for t := last.Truncate(time.Minute); !t.After(now); t = t.Add(time.Minute) {
		if t.After(last) {
			x.flag(t.In(x.zone))
		}
	}
	x.startWanted()
	if x.running() {
		return 10 * time.Second
	}
	return time.Minute
}

// flag marks the jobs that are due.
func (x *cron) flag(t time.Time) {
	for _, table := range x.tables {
		for _, j := range table.jobs {
			if table.gone || !j.due(t) {
				continue
			}
			if j.pid > 0 {
				x.log(8, "user "+table.user+": process already running: "+j.command)
			} else {
				j.wanted = true
			}
		}
	}
}

func (x *cron) startReboot() {
	for _, table := range x.tables {
		for _, j := range table.jobs {
			j.wanted = j.reboot
		}
	}
	x.startWanted()
}

func (x *cron) startWanted() {
	for _, table := range x.tables {
		for _, j := range table.jobs {
			if !j.wanted {
				continue
			}
			j.wanted = false
			j.pid = x.start(table.user, j)
			pid := strconv.Itoa(j.pid)
			x.log(8, "USER "+table.user+" pid "+"   "[min(3, len(pid)):]+pid+" cmd "+j.command)
		}
	}
}

// running takes note of the jobs that ended, and says whether others run.
func (x *cron) running() bool {
	any := false
	kept := x.tables[:0]
	for _, table := range x.tables {
		busy := false
		for _, j := range table.jobs {
			if j.pid > 0 && x.ended(j.pid) {
				j.pid = 0
			}
			busy = busy || j.pid > 0
		}
		any = any || busy
		if busy || !table.gone {
			kept = append(kept, table)
		}
	}
	x.tables = kept
	return any
}

func ended(pid int) bool {
	for {
		got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		if err != syscall.EINTR {
			return got == pid || err != nil
		}
	}
}

// spawn starts a job as its user and returns its pid, 0 if that fails.
func (x *cron) spawn(name string, j *job) int {
	user := users.ByName(name)
	if user == nil {
		x.fail("can't get uid for " + name)
		return 0
	}
	shell := j.shell
	if shell == "" {
		shell = users.Shell(x.Call)
	}
	set := []string{"LOGNAME=" + user.Name, "USER=" + user.Name, "HOME=" + user.Home, "SHELL=" + shell}
	if j.path != "" {
		set = append(set, "PATH="+j.path)
	}
	dir := user.Home
	if syscall.Access(dir, 1) != nil {
		x.fail("can't change directory to '" + dir + "'")
		dir = spool
	}
	attr := syscall.SysProcAttr{Setpgid: true}
	if uint32(syscall.Geteuid()) != user.UID || syscall.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: user.UID, Gid: user.GID, Groups: users.GroupsOf(user.Name, user.GID)}
	}
	x.log(5, "child running "+shell)
	pid, err := applet.ForkExec(shell, []string{shell, "-c", j.command}, &syscall.ProcAttr{
		Dir: dir, Env: overlay(x.Environ(), set), Files: []uintptr{0, 1, 2}, Sys: &attr,
	})
	if err != nil {
		x.fail("can't execute '" + shell + "' for user " + name + ": " + applet.Reason(err))
		return 0
	}
	return pid
}

// overlay sets variables in an environment.
func overlay(env, set []string) []string {
	result := set
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		taken := false
		for _, s := range set {
			taken = taken || strings.HasPrefix(s, name+"=")
		}
		if !taken {
			result = append(result, e)
		}
	}
	return result
}
