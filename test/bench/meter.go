package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed native/meter.c
var meterSource []byte

//go:embed native/memlock.c
var memlockSource []byte

//go:embed native/spew.c
var spewSource []byte

//go:embed native/opener.c
var openerSource []byte

// native is the folder's compiled helpers (native/*.c say why they are in C).
type native struct{ meter, memlock, spew, opener string }

func compileNative(dir string) (*native, error) {
	n := &native{filepath.Join(dir, "meter"), filepath.Join(dir, "memlock.so"), filepath.Join(dir, "spewer"), filepath.Join(dir, "open")}
	if err := gcc(dir, "meter.c", meterSource, "-O2", "-static", "-o", n.meter); err != nil {
		return nil, err
	}
	if err := gcc(dir, "spew.c", spewSource, "-O2", "-static", "-o", n.spew); err != nil {
		return nil, err
	}
	if err := gcc(dir, "opener.c", openerSource, "-O2", "-static", "-o", n.opener); err != nil {
		return nil, err
	}
	return n, gcc(dir, "memlock.c", memlockSource, "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", n.memlock)
}

func gcc(dir, name string, source []byte, args ...string) error {
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, source, 0o644); err != nil {
		return err
	}
	if out, err := exec.Command("gcc", append(args, file)...).CombinedOutput(); err != nil {
		return fmt.Errorf("compile %s: %w: %s", name, err, out)
	}
	return nil
}

// cost is what one run of a command took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // KiB
	code      int
}

func (c cost) plus(d cost) cost {
	return cost{c.wall + d.wall, c.cpu + d.cpu, max(c.peak, d.peak), max(c.code, d.code)}
}

// measure runs a command after an idle time. A code other than 0 is an error.
func (n *native) measure(idle time.Duration, env []string, args ...string) (cost, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, n.meter, append([]string{strconv.Itoa(int(idle.Milliseconds()))}, args...)...)
	cmd.Env = env
	// A file, not a pipe: a container that stays keeps it open.
	stderr, err := os.CreateTemp(filepath.Dir(n.meter), "stderr-")
	if err != nil {
		return cost{}, err
	}
	defer os.Remove(stderr.Name())
	defer stderr.Close()
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if err != nil {
		return cost{}, fmt.Errorf("measure %s: %w", strings.Join(args, " "), err)
	}
	var wall, cpu, peak int64
	var code int
	if _, err := fmt.Sscan(string(out), &wall, &peak, &cpu, &code); err != nil {
		return cost{}, fmt.Errorf("measure %s: %q: %w", args[0], out, err)
	}
	c := cost{time.Duration(wall), time.Duration(cpu) * time.Microsecond, peak, code}
	if code != 0 {
		text, _ := os.ReadFile(stderr.Name())
		return c, fmt.Errorf("%s: exit code %d: %s", strings.Join(args, " "), code, strings.TrimSpace(string(text)))
	}
	return c, nil
}
