package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bantam/internal/testenv"
)

// contestant is a contestant: an OCI runtime with runc's command line.
type contestant struct {
	name, path, root string
	env              []string
	native           *native
	serial           int
}

// runtimes returns bantam-oci and the peers that are installed.
func runtimes(n *native, dir string) []*contestant {
	all := []*contestant{{name: "bantam-oci", path: filepath.Join("bin", "bantam-oci")}}
	if p := testenv.Find("crun"); p != "" {
		all = append(all, &contestant{name: "crun", path: p, env: []string{"LD_PRELOAD=" + n.memlock}})
	}
	if p := testenv.Find("runc"); p != "" {
		all = append(all, &contestant{name: "runc", path: p})
	}
	for _, r := range all {
		r.native = n
		r.root = filepath.Join(dir, "state-"+r.name)
		r.env = append(r.env, "PATH="+os.Getenv("PATH"))
	}
	return all
}

func (r *contestant) call(idle time.Duration, args ...string) (cost, error) {
	return r.native.measure(idle, r.env, append([]string{r.path, "--root", r.root}, args...)...)
}

func (r *contestant) id() string {
	r.serial++
	return fmt.Sprintf("bench-%s-%d", r.name, r.serial)
}

// measurement is one thing to measure: set up once for a contestant, sampled many
// times, cleaned up.
type measurement struct {
	name   string
	setUp  func(r *contestant) error
	sample func(r *contestant, idle time.Duration) (cost, error)
	close  func(r *contestant) error
}

// standing is the id of the container that exec and state work on.
func (r *contestant) standing() string { return "bench-standing-" + r.name }

func measurements(dir string) []measurement {
	bundle := func(name string) string { return filepath.Join(dir, name) }
	up := func(r *contestant) error {
		_, err := r.call(0, "run", "--detach", "--bundle", bundle("sleep"), r.standing())
		return err
	}
	down := func(r *contestant) error {
		_, err := r.call(0, "delete", "--force", r.standing())
		return err
	}
	run := func(name string) func(*contestant, time.Duration) (cost, error) {
		return func(r *contestant, idle time.Duration) (cost, error) {
			return r.call(idle, "run", "--bundle", bundle(name), r.id())
		}
	}
	return []measurement{
		{name: "run", sample: run("true")},
		{name: "run, Docker's seccomp profile", sample: run("seccomp")},
		{name: "exec", setUp: up, close: down, sample: func(r *contestant, idle time.Duration) (cost, error) {
			return r.call(idle, "exec", r.standing(), "/bin/true")
		}},
		{name: "create, start, delete -f", sample: func(r *contestant, idle time.Duration) (cost, error) {
			id := r.id()
			total, err := r.call(idle, "create", "--bundle", bundle("sleep"), id)
			for _, args := range [][]string{{"start", id}, {"delete", "--force", id}} {
				if err != nil {
					return total, err
				}
				var c cost
				c, err = r.call(0, args...)
				total = total.plus(c)
			}
			return total, err
		}},
		{name: "state", setUp: up, close: down, sample: func(r *contestant, idle time.Duration) (cost, error) {
			return r.call(idle, "state", r.standing())
		}},
	}
}

// makeBundles makes the bundles that the measurements name.
func makeBundles(dir string) error {
	if err := makeBundle(filepath.Join(dir, "true"), nil, "/bin/true"); err != nil {
		return err
	}
	if err := makeBundle(filepath.Join(dir, "sleep"), nil, "/bin/sleep", "1000"); err != nil {
		return err
	}
	return makeBundle(filepath.Join(dir, "seccomp"), dockerProfile, "/bin/true")
}
