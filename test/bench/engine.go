package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/testenv"
)

// engines measures bantam beside Docker, whose daemons it starts and stops.
type engines struct {
	native  *native
	dir     string
	bantam  []string // command line in front of a verb
	docker  []string // or nil
	runs    int
	daemons []*exec.Cmd
}

func newEngines(n *native, dir string, runs int) (*engines, error) {
	e := &engines{native: n, dir: dir, runs: runs, bantam: []string{"bin/bantam", "--root", filepath.Join(dir, "bantam")}}
	tar := filepath.Join(dir, "root.tar")
	if err := rootTar(tar); err != nil {
		return nil, err
	}
	if err := command(append(e.bantam, "import", tar, "box")); err != nil {
		return nil, err
	}
	if err := e.startDocker(tar); err != nil {
		fmt.Fprintln(os.Stderr, "bench: docker is not measured:", err)
		e.docker = nil
	}
	return e, nil
}

func command(args []string) error {
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (e *engines) startDocker(tar string) error {
	for _, p := range []string{"docker", "dockerd", "containerd"} {
		if testenv.Find(p) == "" {
			return fmt.Errorf("%s is not installed", p)
		}
	}
	d := filepath.Join(e.dir, "docker")
	if err := os.Mkdir(d, 0o755); err != nil {
		return err
	}
	os.Setenv("DOCKER_CONFIG", d)
	if err := os.WriteFile(d+"/config.json", []byte("{}"), 0o600); err != nil { // which podman wants where the variable is set
		return err
	}
	config := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = %q\n", d+"/root", d+"/state", d+"/c.sock")
	if err := os.WriteFile(d+"/c.toml", []byte(config), 0o644); err != nil {
		return err
	}
	if err := e.daemon("containerd", "--config", d+"/c.toml"); err != nil {
		return err
	}
	host := "unix://" + d + "/d.sock"
	if err := e.daemon("dockerd", "--host", host, "--containerd", d+"/c.sock", "--data-root", d+"/data", "--exec-root", d+"/exec",
		"--pidfile", d+"/pid", "--config-file", "", "--cgroup-parent", "/bantam-bench"); err != nil {
		return err
	}
	e.docker = []string{testenv.Find("docker"), "-H", host}
	if err := answers("dockerd", append(e.docker, "version")); err != nil {
		return err
	}
	return command(append(e.docker, "import", tar, "box"))
}

// answers waits until a command that asks a daemon succeeds.
func answers(daemon string, ask []string) error {
	for end := time.Now().Add(2 * time.Minute); command(ask) != nil; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New(daemon + " does not answer")
		}
	}
	return nil
}

func (e *engines) daemon(name string, args ...string) error {
	path := name // of this tree
	if !strings.Contains(name, "/") {
		path = testenv.Find(name)
	}
	cmd := exec.Command(path, args...)
	log, err := os.Create(filepath.Join(e.dir, filepath.Base(name)+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	e.daemons = append(e.daemons, cmd)
	return nil
}

// close stops the daemons, the last one first.
func (e *engines) close() {
	for i := len(e.daemons) - 1; i >= 0; i-- {
		e.daemons[i].Process.Signal(unix.SIGTERM)
		e.daemons[i].Wait()
	}
	dirs, _ := filepath.Glob("/sys/fs/cgroup/*/bantam-bench")
	for _, d := range dirs {
		os.Remove(d)
	}
}

// group is measurements of the engines that are taken together.
type group struct {
	name    string
	measure func(*engines) ([]row, error)
}

var groups = []group{
	{"bantam run", (*engines).alone},
	{"bantam version", one((*engines).version)},
	{"bantam exec", one((*engines).exec)},
	{"container, 4 in flight", one((*engines).rate)},
	{"debug", (*engines).debugs},
	{"200th", one((*engines).twoHundred)},
	{"log lines", one((*engines).logs)},
	{"network", (*engines).networks},
	{"scale", (*engines).scale},
	{"build", (*engines).builds},
	{"api", (*engines).api},
}

// one makes a group of a single row.
func one(measure func(*engines) (row, error)) func(*engines) ([]row, error) {
	return func(e *engines) ([]row, error) {
		r, err := measure(e)
		return []row{r}, err
	}
}

// measure returns the rows of the groups whose names begin with only. A group that fails takes no other with it.
func (e *engines) measure(only string) ([]row, error) {
	var rows []row
	var failed error
	for _, g := range groups {
		if !strings.HasPrefix(g.name, only) {
			continue
		}
		r, err := g.measure(e)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", g.name, err))
			continue
		}
		rows = append(rows, r...)
	}
	return rows, failed
}

// alone measures a run without a network.
func (e *engines) alone() ([]row, error) {
	var rows []row
	for _, idle := range []time.Duration{0, 100 * time.Millisecond} {
		all := map[string]samples{}
		for i := 0; i < e.runs; i++ {
			if err := e.pair(all, idle, "none"); err != nil {
				return nil, err
			}
		}
		rows = append(rows, newRow("bantam run --network none", "engine", "ms", idle > 0, milliseconds, all))
	}
	return rows, nil
}

func (e *engines) pair(all map[string]samples, idle time.Duration, network string) error {
	for who, prefix := range map[string][]string{"bantam": e.bantam, "docker": e.docker} {
		if prefix == nil {
			continue
		}
		c, err := e.native.measure(idle, os.Environ(), append(append([]string{}, prefix...), "run", "--rm", "--network", network, "box", "/bin/true")...)
		if err != nil {
			return err
		}
		all[who] = append(all[who], c)
	}
	return nil
}

func (e *engines) version() (row, error) {
	var s samples
	for i := 0; i < e.runs; i++ {
		c, err := e.native.measure(0, os.Environ(), e.bantam[0], "version")
		if err != nil {
			return row{}, err
		}
		s = append(s, c)
	}
	return newRow("bantam version, processor time", "engine", "ms", false, cpuMilliseconds, map[string]samples{"bantam": s}), nil
}

func (e *engines) oneRun() (cost, error) {
	return e.native.measure(0, os.Environ(), append(append([]string{}, e.bantam...), "run", "--rm", "--network", "none", "box", "/bin/true")...)
}

// rate starts containers with 4 in flight and returns the time that each took on
// average: 10 ms is a hundred containers a second.
func (e *engines) rate() (row, error) {
	const inFlight, each = 4, 50
	start := time.Now()
	if err := inParallel(inFlight*each, inFlight, func(int) error {
		_, err := e.oneRun()
		return err
	}); err != nil {
		return row{}, err
	}
	per := float64(time.Since(start)) / float64(time.Millisecond) / (inFlight * each)
	return row{Name: "container, 4 in flight", View: "engine", Unit: "ms", Runs: inFlight * each,
		Medians: map[string]float64{"bantam": per}, Minima: map[string]float64{"bantam": per}}, nil
}

// twoHundred runs 200 containers one after the other and compares the last
// with the first, 25 each. That nothing is left behind is test/leak's to say.
func (e *engines) twoHundred() (row, error) {
	var s samples
	for i := 0; i < 200; i++ {
		c, err := e.oneRun()
		if err != nil {
			return row{}, err
		}
		s = append(s, c)
	}
	ratio := s[175:].quantile(milliseconds, 0.5) / s[:25].quantile(milliseconds, 0.5)
	return row{Name: "bantam run, 200th by 1st", View: "engine", Unit: "times", Runs: 200,
		Medians: map[string]float64{"bantam": ratio}, Minima: map[string]float64{"bantam": ratio}}, nil
}
