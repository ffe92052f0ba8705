package cron

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

func TestFields(t *testing.T) {
	for text, want := range map[string]uint64{
		"*":                    span(0, 6),
		"0":                    1,
		"7":                    1,
		"mon-fri":              span(1, 5),
		"Sat-sun":              1<<6 | 1,
		"5-7":                  1<<5 | 1<<6 | 1,
		"1,3,fri":              1<<1 | 1<<3 | 1<<5,
		"*/2":                  1<<0 | 1<<2 | 1<<4 | 1<<6,
		"1-5/2":                1<<1 | 1<<3 | 1<<5,
		"6-2/2":                1<<6 | 1<<1,
		"":                     0,
		"8":                    0,
		"-1":                   0,
		"1-":                   0,
		"*/0":                  0,
		"1,":                   0,
		"mond":                 0,
		"1-3-5":                0,
		"+1":                   0,
		"*-3":                  0,
		"1/2/3":                0,
		"99999999999999999999": 0,
	} {
		got, ok := parseField(text, 0, 6, weekdayNames)
		if ok != (want != 0) || ok && got != want {
			t.Errorf("%q: %b %v, want %b", text, got, ok, want)
		}
	}
}

func TestDue(t *testing.T) {
	for line, want := range map[string]string{
		"0 0 * * *":      "no",
		"30 12 * * *":    "yes",
		"*/15 * * * *":   "yes",
		"30 12 29 2 *":   "yes",
		"30 12 1 * thu":  "yes", // either
		"30 12 1 * *":    "no",
		"30 12 * * fri":  "no",
		"30 12 * feb 4":  "yes",
		"30 12 * 3 4":    "no",
		"30 12 29 * fri": "yes",
	} {
		s, _, ok := parseSchedule(strings.Fields(line))
		got := "no"
		if s.due(time.Date(2024, 2, 29, 12, 30, 0, 0, time.UTC)) {
			got = "yes"
		}
		if !ok || got != want {
			t.Errorf("%s: %s %v, want %s", line, got, ok, want)
		}
	}
	for name, want := range map[string]string{"hourly": "00:00 01:00", "daily": "00:00", "weekly": "", "reboot": ""} {
		s, ok := special(name)
		got := ""
		for m := range 120 {
			at := time.Date(2024, 2, 29, 0, m, 0, 0, time.UTC)
			if s.due(at) {
				got += " " + at.Format("15:04")
			}
		}
		if !ok || strings.TrimSpace(got) != want {
			t.Errorf("@%s: %q", name, got)
		}
	}
}

// world is a crond whose clock, sleep and processes are the test's.
type world struct {
	cron
	t       *testing.T
	clock   time.Time
	log     *applet.Out
	started []string
	running map[int]bool
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, clock: time.Date(2024, 1, 1, 11, 58, 30, 0, time.UTC), log: applet.Capture(), running: map[int]bool{}}
	w.cron = cron{
		Call: &applet.Call{Name: "crond", Out: applet.Capture(), Err: w.log}, dir: t.TempDir(), level: 8, zone: time.UTC,
		now:   func() time.Time { return w.clock },
		sleep: func(d time.Duration) { w.clock = w.clock.Add(d) },
		start: func(user string, j *job) int {
			w.started = append(w.started, w.clock.Format("15:04 ")+j.command)
			return len(w.started)
		},
		ended: func(pid int) bool { return !w.running[pid] },
	}
	return w
}

func (w *world) crontab(text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "root"), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// until lets the time go on.
func (w *world) until(hour, minute int) {
	w.loop(func() bool { return !w.clock.Before(time.Date(2024, 1, 1, hour, minute, 0, 0, time.UTC)) })
}

func (w *world) want(want ...string) {
	w.t.Helper()
	if got := strings.Join(w.started, "|"); got != strings.Join(want, "|") {
		w.t.Errorf("started %q, want %q\n%s", w.started, want, w.log.Captured())
	}
	w.started = nil
}

func TestTime(t *testing.T) {
	testenv.Root(t) // crontabs are root's
	w := newWorld(t)
	w.crontab("# comment\nSHELL=/bin/x\n59 11 * * * first\n0,2 12 * * * even  more\n* 12 * * mon each\nbad * * * * x\n61 * * * * x\n@hourly hour\n@nonsense y\n@reboot boot\n")
	w.rescan()
	w.startReboot()
	w.want("11:58 boot")
	w.until(12, 2)
	w.want("11:59 first", "12:00 even  more", "12:00 each", "12:00 hour", "12:01 each", "12:02 even  more", "12:02 each")
	if !strings.Contains(string(w.log.Captured()), "user root: parse error at bad") {
		t.Errorf("log: %s", w.log.Captured())
	}
	if j := w.tables[0].jobs[0]; j.shell != "/bin/x" {
		t.Errorf("shell %q", j.shell)
	}
	// Ten minutes late: what was missed runs, once.
	w.clock = w.clock.Add(10 * time.Minute)
	w.until(12, 13)
	w.want("12:13 each")
	// Back by 20 minutes: nothing until then is run again at the first step.
	w.clock = w.clock.Add(-20 * time.Minute)
	w.until(11, 54)
	w.want()
	// Two hours: nothing is made up for.
	w.clock = w.clock.Add(2 * time.Hour)
	w.until(13, 55)
	w.want()
}

func TestChanges(t *testing.T) {
	testenv.Root(t)
	w := newWorld(t)
	w.crontab("* * * * * old\n")
	w.rescan()
	w.until(12, 0)
	w.want("11:59 old", "12:00 old")
	w.crontab("* * * * * new\n")
	if err := os.WriteFile(filepath.Join(w.dir, updates), []byte("root\n../../etc/passwd\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until(12, 1)
	w.want("12:01 new")
	if _, err := os.Stat(filepath.Join(w.dir, updates)); err == nil {
		t.Error(updates + " is left")
	}
	if err := os.Remove(filepath.Join(w.dir, "root")); err != nil {
		t.Fatal(err)
	}
	w.until(12, 3)
	w.want()
}

func TestStillRunning(t *testing.T) {
	testenv.Root(t)
	w := newWorld(t)
	w.crontab("* * * * * long\n")
	w.rescan()
	w.running[1] = true
	w.until(12, 2)
	w.want("11:59 long")
	if !strings.Contains(string(w.log.Captured()), "user root: process already running: long") {
		t.Errorf("log: %s", w.log.Captured())
	}
	w.running[1] = false
	w.until(12, 4)
	w.want("12:04 long")
}

func FuzzParse(f *testing.F) {
	f.Add("*/5 1-3,7 * jan mon-fri command\n@daily x\nPATH=a\n")
	w := cron{Call: &applet.Call{Name: "crond", Out: applet.Capture(), Err: applet.Capture()}, level: 99}
	f.Fuzz(func(t *testing.T, text string) {
		for _, j := range w.parse("daemon", text).jobs {
			j.due(time.Now())
		}
	})
}
