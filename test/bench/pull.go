package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// registry serves a registry of our own with the big image in it, until stop is called.
func (l *library) registry() (name string, stop func(), err error) {
	prefix := []string{l.bantam[0], "--root", l.dir + "/registry"}
	cmd := exec.Command(prefix[0], append(prefix[1:], "registry", "serve", "-q", "-a", "127.0.0.1:0")...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("registry serve: %w", err)
	}
	name = strings.TrimSpace(strings.TrimPrefix(line, "listening on ")) + "/big:1"
	for _, args := range [][]string{{"load", "-q", "-i", l.archive}, {"tag", "big:1", name}, {"push", "-q", name}, {"rmi", "-f", "big:1", name}} {
		if _, err := l.run(l.bantam, args...); err != nil {
			stop()
			return "", nil, err
		}
	}
	return name, stop, nil
}

// pull pulls the image into empty stores. Docker has no part in it: its daemon is told of no registry.
func (l *library) pull() ([]row, error) {
	name, stop, err := l.registry()
	if err != nil {
		return nil, err
	}
	defer stop()
	all := map[string]samples{}
	for range l.runs {
		for who, verb := range map[string][]string{"bantam": {"pull", "-q"}, "podman": {"pull", "-q", "--tls-verify=false"}} {
			prefix := l.contestants()[who]
			if prefix == nil {
				continue
			}
			settle()
			c, err := l.run(prefix, append(slices.Clone(verb), name)...)
			if err != nil {
				return nil, err
			}
			all[who] = append(all[who], c)
			if _, err := l.run(prefix, "rmi", "-f", name); err != nil {
				return nil, err
			}
		}
	}
	own := map[string]samples{"bantam": all["bantam"]}
	return []row{newRow("images: pull", imagesView, "ms", false, milliseconds, all), newRow("images: pull, peak resident", imagesView, "KiB", false, kibibytes, own)}, nil
}
