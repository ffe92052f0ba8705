package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bantam/internal/testenv"
)

// networks are the rows of networks alone.
func (e *engines) networks() (rows []row, err error) {
	for _, more := range []func() ([]row, error){e.onBridge, e.traffic, e.crowds} {
		r, err := more()
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

// onBridge measures a run on the default bridge beside Docker's.
func (e *engines) onBridge() ([]row, error) {
	var rows []row
	for _, idle := range []time.Duration{0, 100 * time.Millisecond} {
		all := map[string]samples{}
		for range e.runs {
			if err := e.pair(all, idle, "bridge"); err != nil {
				return nil, err
			}
		}
		rows = append(rows, newRow("bantam run, default bridge", "engine", "ms", idle > 0, milliseconds, all))
	}
	return rows, nil
}

// crowd is how many containers run at once at the end of a curve, and peerCrowd how many of docker's do.
var crowd, peerCrowd = 1000, 200

// crowds starts containers with a published port each. The last fifty are compared with the first, and docker's curve stands beside.
func (e *engines) crowds() ([]row, error) {
	first := map[string]samples{}
	last := map[string]samples{}
	var ratio float64
	for who, prefix := range e.both() {
		n := crowd
		if who == "docker" {
			n = peerCrowd
		}
		s, err := e.curve(prefix, n)
		if err != nil {
			return nil, err
		}
		tenth := min(10, n/4)
		first[who], last[who] = s[tenth:min(n, tenth+50)], s[max(0, min(n, peerCrowd)-50):min(n, peerCrowd)]
		if who == "bantam" {
			ratio = s[max(0, n-50):].quantile(milliseconds, 0.5) / first[who].quantile(milliseconds, 0.5)
		}
	}
	return []row{
		newRow("container with a port, 10th on a bridge", "engine", "ms", false, milliseconds, first),
		newRow("container with a port, 200th on a bridge", "engine", "ms", false, milliseconds, last),
		ours("1,000th container on a bridge by 10th", "times", ratio),
	}, nil
}

// both are the command lines of bantam and of docker, if that is here.
func (e *engines) both() map[string][]string {
	m := map[string][]string{"bantam": e.bantam}
	if e.docker != nil {
		m["docker"] = e.docker
	}
	return m
}

// curve starts n containers and returns what each start cost.
func (e *engines) curve(prefix []string, n int) (s samples, err error) {
	defer func() {
		if ids, err := exec.Command(prefix[0], append(prefix[1:len(prefix):len(prefix)], "ps", "-aq")...).Output(); err == nil {
			_ = command(slices.Concat(prefix, []string{"rm", "-f"}, strings.Fields(string(ids))))
		}
	}()
	for i := range n {
		c, err := e.native.measure(0, os.Environ(), slices.Concat(prefix, []string{"run", "-d", "-p", fmt.Sprintf("%d:80", 20000+i), "box", "/bin/busybox", "sleep", "100000"})...)
		if err != nil {
			return nil, fmt.Errorf("container %d: %w", i+1, err)
		}
		s = append(s, c)
	}
	return s, nil
}

// traffic fetches 500 MB through a published port by the host's loopback, and from one container to another, and looks names up.
func (e *engines) traffic() ([]row, error) {
	www := filepath.Join(e.dir, "www")
	if err := os.MkdirAll(www, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(www + "/zero")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(500 << 20); err != nil {
		return nil, err
	}
	peers := map[string]*peer{}
	defer func() {
		for _, p := range peers {
			p.stop()
		}
	}()
	for who, prefix := range e.both() {
		peers[who] = &peer{e: e, prefix: prefix, port: map[string]string{"bantam": "18080", "docker": "18081"}[who]}
		if err := peers[who].start(www); err != nil {
			return nil, err
		}
	}
	through, between, lookups := map[string]samples{}, map[string]samples{}, map[string]samples{}
	for range 5 {
		for who, p := range peers {
			for _, x := range []struct {
				to   map[string]samples
				take func() (samples, error)
			}{{through, p.through}, {between, p.between}, {lookups, p.lookUps}} {
				s, err := x.take()
				if err != nil {
					return nil, fmt.Errorf("%s: %w", who, err)
				}
				x.to[who] = append(x.to[who], s...)
			}
		}
	}
	return []row{
		newRow("500 MB through a published port", "engine", "ms", false, milliseconds, through),
		newRow("500 MB between two containers", "engine", "ms", false, milliseconds, between),
		newRow("name lookup", "engine", "ms", false, milliseconds, lookups),
	}, nil
}

// peer is a server and a client on a network of an engine's.
type peer struct {
	e                  *engines
	prefix             []string
	port, address, pid string // of the server on the host, of the server, and of the client
}

func (p *peer) call(args ...string) error { return command(slices.Concat(p.prefix, args)) }

func (p *peer) ask(container, format string) string {
	out, _ := exec.Command(p.prefix[0], append(p.prefix[1:len(p.prefix):len(p.prefix)], "inspect", "-f", format, container)...).Output()
	return strings.TrimSpace(string(out))
}

func (p *peer) start(www string) error {
	for _, args := range [][]string{
		{"network", "create", "bench"},
		{"run", "-d", "--name", "server", "--network", "bench", "-p", p.port + ":80", "-v", www + ":/www", "box", "/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/www"},
		{"run", "-d", "--name", "client", "--network", "bench", "box", "/bin/busybox", "sleep", "100000"},
	} {
		if err := p.call(args...); err != nil {
			return err
		}
	}
	p.address, p.pid = p.ask("server", "{{.NetworkSettings.Networks.bench.IPAddress}}"), p.ask("client", "{{.State.Pid}}")
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if _, err := p.through(); err == nil || time.Now().After(end) {
			return err
		}
	}
}

func (p *peer) stop() {
	_ = p.call("rm", "-f", "server", "client")
	_ = p.call("network", "rm", "bench")
}

func (p *peer) through() (samples, error) { return p.fetch("127.0.0.1:" + p.port) }

func (p *peer) between() (samples, error) {
	return p.fetch(p.address, "nsenter", "-t", p.pid, "-n")
}

func (p *peer) lookUps() (samples, error) { return p.lookUp("server", 400) }

func (p *peer) fetch(from string, in ...string) (samples, error) {
	c, err := p.e.native.measure(0, os.Environ(), append(in, testenv.Find("busybox"), "wget", "-q", "-O", "/dev/null", "http://"+from+"/zero")...)
	return samples{c}, err
}
