package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/testenv"
)

// few is how often the long commands are measured.
const few = 3

// boxLoops are the scripts of internal/shell/testdata/loops.
var boxLoops = []string{"basename", "cut", "expr", "sed"}

// boxTexts are the applets measured over boxInput's files, and what they may take
// of busybox's time. @ is the files' folder.
var boxTexts = []struct {
	name, args string
	most       float64
	code       int
}{
	{name: "sha256sum", args: "sha256sum @/text", most: 0.67},
	{name: "gzip", args: "gzip -c @/text", most: 0.67},
	{name: "gunzip", args: "gunzip -c @/text.gz", most: 1},
	{name: "sort", args: "sort @/text", most: 0.67},
	{name: "grep", args: "grep needle @/text", most: 0.67},
	{name: "wc", args: "wc @/text", most: 1},
	{name: "find, 5,000 files", args: "find @/tree -name *7", most: 1},
	{name: "tar c", args: "tar -c -f @/out.tar -C @ text", most: 1},
	{name: "sed s///", args: "sed s/alpha/ALPHA/ @/text", most: 1},
	{name: "awk, a sum", args: "awk {s+=$3}END{print(s)} @/text", most: 1},
	{name: "diff", args: "diff @/text @/changed", most: 1, code: 1},
}

func boxPromises() []promise {
	all := []promise{{name: "box true", most: 1.3, unit: "ms"}}
	for _, l := range boxLoops {
		all = append(all, promise{name: "box sh, loop of " + l, peer: "busybox", most: 0.2}, promise{name: "box sh, loop of " + l, peer: "dash", most: 0.2})
	}
	for _, t := range boxTexts {
		all = append(all, promise{name: "box " + t.name, peer: "busybox", most: t.most})
	}
	return append(all,
		promise{name: "box sleep in a container, by stats", most: 1.2, unit: "MiB"},
		promise{name: "box image box, unpacked", most: 4.3, unit: "MB"},
		promise{name: "box image box, compressed", most: 2.1, unit: "MB"},
		promise{name: "box image box:min, unpacked", most: 3, unit: "MB"},
		promise{name: "box image box:tls, unpacked", most: 7.5, unit: "MB"})
}

// userland measures the program box beside Debian's busybox and dash.
type userland struct {
	native       *native
	dir          string
	box, busybox string
	runs         int
}

// measureBox returns the rows of box whose names begin with only.
func measureBox(n *native, runs int, only string) ([]row, error) {
	dir, err := os.MkdirTemp(memoryDir(), "bantam-bench-box-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	box, err := filepath.Abs(filepath.Join("bin", "box"))
	if err != nil {
		return nil, err
	}
	u := &userland{native: n, dir: dir, box: box, busybox: testenv.Find("busybox"), runs: runs}
	var rows []row
	// The images' sizes come first: making them makes bin/box anew.
	for _, part := range []struct {
		name    string
		measure func(only string) ([]row, error)
	}{{"box image", u.sizes}, {"box true", u.start}, {"box sleep", u.memory}, {"box sh", u.loops}, {"box ", u.texts}} {
		if !strings.HasPrefix(part.name, only) && !strings.HasPrefix(only, part.name) {
			continue
		}
		r, err := part.measure(only)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

// memoryDir is a folder in memory with room for the files, or "" for the usual one.
func memoryDir() string {
	const shm, room = "/dev/shm", 2 << 30
	var fs unix.Statfs_t
	if unix.Statfs(shm, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	return shm
}

func (u *userland) start(string) ([]row, error) {
	var rows []row
	for _, idle := range []time.Duration{0, 100 * time.Millisecond} {
		all := map[string]samples{}
		for range u.runs {
			for _, who := range []struct{ name, path string }{{"box", u.box}, {"busybox", u.busybox}} {
				c, err := u.native.measure(idle, nil, who.path, "true")
				if err != nil {
					return nil, err
				}
				all[who.name] = append(all[who.name], c)
			}
		}
		rows = append(rows, newRow("box true", "box", "ms", idle > 0, milliseconds, all))
	}
	return rows, nil
}

// loops runs each script of 10,000 iterations with box, and with the peers, who
// take long, a tenth of it, of which the time is multiplied.
func (u *userland) loops(only string) ([]row, error) {
	for name, path := range map[string]string{"box": u.box, "busybox": u.busybox} {
		if err := linkApplets(filepath.Join(u.dir, "bin-"+name), path); err != nil {
			return nil, err
		}
	}
	shells := []struct {
		name, links string
		command     []string
		tenths      time.Duration
	}{
		{"box", "bin-box", []string{u.box, "sh"}, 10},
		{"busybox", "bin-busybox", []string{u.busybox, "ash"}, 1},
		{"dash", "bin-busybox", []string{testenv.Find("dash")}, 1},
	}
	var rows []row
	for _, l := range boxLoops {
		text, err := os.ReadFile("internal/shell/testdata/loops/" + l + ".sh")
		if err != nil || !strings.Contains(string(text), "10000") {
			return nil, fmt.Errorf("no loop of 10000 in %s: %w", l, err)
		}
		all := map[string]samples{}
		for range few {
			for _, s := range shells {
				script := filepath.Join(u.dir, s.name+".sh")
				turns := strings.ReplaceAll(string(text), "10000", strconv.Itoa(int(s.tenths)*1000))
				if err := os.WriteFile(script, []byte(turns), 0o644); err != nil {
					return nil, err
				}
				c, err := u.native.measure(0, []string{"PATH=" + filepath.Join(u.dir, s.links)}, append(s.command, script)...)
				if err != nil {
					return nil, err
				}
				c.wall *= 10 / s.tenths
				all[s.name] = append(all[s.name], c)
			}
		}
		rows = append(rows, newRow("box sh, loop of "+l, "box", "ms", false, milliseconds, all))
	}
	return chosen(rows, only), nil
}

// linkApplets makes a folder of links to a program, one for each of its applets.
func linkApplets(dir, program string) error {
	out, err := exec.Command(program, "--list").Output()
	if err != nil {
		return fmt.Errorf("%s --list: %w", program, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, name := range strings.Fields(string(out)) {
		if err := os.Symlink(program, filepath.Join(dir, filepath.Base(name))); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// texts runs the applets over the files that boxInput makes.
func (u *userland) texts(only string) ([]row, error) {
	if err := boxInput(u.dir); err != nil {
		return nil, err
	}
	if err := command([]string{u.busybox, "gzip", "-k", filepath.Join(u.dir, "text")}); err != nil {
		return nil, err
	}
	var rows []row
	for _, t := range boxTexts {
		if !strings.HasPrefix("box "+t.name, only) {
			continue
		}
		args := strings.Fields(strings.ReplaceAll(t.args, "@", u.dir))
		all := map[string]samples{}
		for range few {
			for _, who := range []struct{ name, path string }{{"box", u.box}, {"busybox", u.busybox}} {
				c, err := u.native.measure(0, []string{"LC_ALL=C"}, append([]string{who.path}, args...)...)
				if c.code != t.code || c.code == 0 && err != nil {
					return nil, fmt.Errorf("%s of %s, exit code %d: %w", t.name, who.name, c.code, err)
				}
				all[who.name] = append(all[who.name], c)
			}
		}
		rows = append(rows, newRow("box "+t.name, "box", "ms", false, milliseconds, all))
	}
	return rows, nil
}

func chosen(rows []row, only string) []row {
	var out []row
	for _, r := range rows {
		if strings.HasPrefix(r.Name, only) {
			out = append(out, r)
		}
	}
	return out
}
