package container

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/linux/cgroup"

	"golang.org/x/sys/unix"
)

// Pids lists the container's processes, by the runtime's pid namespace.
func (rt *Runtime) Pids(id string) ([]int, error) {
	f, err := rt.open(id)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	g := cgroup.Load(f.Cgroup)
	if g.Empty() {
		return nil, errors.New("the container has no cgroup to list the processes of")
	}
	return g.Pids(true)
}

// PS runs ps(1) with the options given and keeps the lines of the container's processes.
func (rt *Runtime) PS(id string, options []string) ([]byte, error) {
	pids, err := rt.Pids(id)
	if err != nil {
		return nil, err
	}
	if len(options) == 0 {
		options = []string{"-ef"}
	}
	out, err := output("ps", options)
	if err != nil {
		return nil, errors.New("ps: " + err.Error())
	}
	return keepPids(out, pids)
}

// output runs a program of PATH and returns what it prints.
func output(name string, args []string) ([]byte, error) {
	path := ""
	for dir := range strings.SplitSeq(os.Getenv("PATH")+":/bin:/usr/bin", ":") {
		if strings.HasPrefix(dir, "/") && unix.Access(dir+"/"+name, unix.X_OK) == nil {
			path = dir + "/" + name
			break
		}
	}
	if path == "" {
		return nil, errors.New("executable file not found in $PATH")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	proc, err := os.StartProcess(path, append([]string{name}, args...), &os.ProcAttr{Files: []*os.File{nil, w, os.Stderr}})
	w.Close()
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(r)
	state, e := proc.Wait()
	if err == nil {
		err = e
	}
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	return out, err
}

// keepPids finds the column PID in the first line and filters by it.
func keepPids(out []byte, pids []int) ([]byte, error) {
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	column := slices.Index(strings.Fields(lines[0]), "PID")
	if column < 0 {
		return nil, errors.New("ps: the output has no column PID: ask for it in the options")
	}
	kept := bytes.NewBufferString(lines[0] + "\n")
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) <= column {
			continue
		}
		if pid, err := strconv.Atoi(fields[column]); err == nil && slices.Contains(pids, pid) {
			kept.WriteString(line + "\n")
		}
	}
	return kept.Bytes(), nil
}
