package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// debugs are the rows of debug and trace.
func (e *engines) debugs() ([]row, error) {
	prompt, err := e.prompts()
	if err != nil {
		return nil, err
	}
	traced, err := e.traced()
	return append(prompt, traced), err
}

// prompts measures how long it takes from the start of the command until a shell beside a running container shows its
// prompt: `bantam debug`, and docker's way, a toolkit in the container's namespaces.
func (e *engines) prompts() ([]row, error) {
	shells := map[string][]string{"bantam": slices.Concat(e.bantam, []string{"debug", "-it", "patient"})}
	if e.docker != nil {
		shells["docker"] = slices.Concat(e.docker, []string{"run", "-it", "--rm", "--pid", "container:patient", "--network", "container:patient", "box", "/bin/sh"})
	}
	for _, prefix := range e.both() {
		defer func() { _ = command(slices.Concat(prefix, []string{"rm", "-f", "patient"})) }()
		if err := command(slices.Concat(prefix, []string{"run", "-d", "--name", "patient", "--network", "none", "box", "/bin/busybox", "sleep", "100000"})); err != nil {
			return nil, err
		}
	}
	var rows []row
	for _, idle := range []time.Duration{0, 100 * time.Millisecond} {
		all := map[string]samples{}
		for i := range e.runs + 1 {
			for who, args := range shells {
				time.Sleep(idle)
				took, err := untilPrompt(args)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
				}
				if i > 0 { // the first one unpacks the tools
					all[who] = append(all[who], cost{wall: took})
				}
			}
		}
		rows = append(rows, newRow("bantam debug, to its prompt", "engine", "ms", idle > 0, milliseconds, all))
	}
	return rows, nil
}

// untilPrompt starts a shell in a terminal, waits for its prompt, ends it and returns how long the prompt took.
func untilPrompt(args []string) (time.Duration, error) {
	master, slave, err := openTerminal()
	if err != nil {
		return 0, err
	}
	defer master.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	start := time.Now()
	err = cmd.Start()
	slave.Close()
	if err != nil {
		return 0, err
	}
	watchdog := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	took, err := readPrompt(master, start)
	if err == nil {
		_, err = master.WriteString("exit\n")
	}
	for err == nil { // what it still prints; reading fails at the end of the last one who has the terminal open
		_, err = master.Read(make([]byte, 512))
	}
	if !errors.Is(err, unix.EIO) {
		cmd.Process.Kill()
		cmd.Wait()
		return 0, err
	}
	return took, cmd.Wait()
}

// readPrompt reads until the prompt of root's shell is there.
func readPrompt(terminal *os.File, start time.Time) (time.Duration, error) {
	text, b := "", make([]byte, 512)
	for {
		n, err := terminal.Read(b)
		if text += string(b[:n]); strings.Contains(text, "# ") {
			return time.Since(start), nil
		}
		if err != nil {
			return 0, fmt.Errorf("no prompt (%w): %q", err, text)
		}
	}
}

// openTerminal makes a pseudo-terminal (pts(4)).
func openTerminal() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	n := 0
	if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err == nil {
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
	}
	return master, slave, err
}

// traced compares the time in which a program opens 10,000 files while `bantam trace` prints them with the time that it takes
// when nobody watches, in turns.
func (e *engines) traced() (row, error) {
	dir := filepath.Join(e.dir, "opener")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return row{}, err
	}
	if err := os.Link(e.native.opener, filepath.Join(dir, "opener")); err != nil {
		return row{}, err
	}
	create := []string{"create", "--name", "opener", "--network", "none", "-v", dir + ":/o", "box", "/o/opener", "/files", "/o/time"}
	if err := command(slices.Concat(e.bantam, create)); err != nil {
		return row{}, err
	}
	defer func() { _ = command(slices.Concat(e.bantam, []string{"rm", "-f", "opener"})) }()
	var ratios []float64
	for i := range e.runs + 1 {
		alone, err := e.opens(dir, "start", "-a", "opener")
		if err != nil {
			return row{}, err
		}
		watched, err := e.opens(dir, "trace", "opener")
		if err != nil {
			return row{}, err
		}
		if i > 0 { // the first one makes the files
			ratios = append(ratios, watched/alone)
		}
	}
	slices.Sort(ratios)
	return row{Name: "bantam trace, 10,000 files opened", View: "engine", Unit: "times", Runs: e.runs,
		Medians: map[string]float64{"bantam": ratios[len(ratios)/2]}, Minima: map[string]float64{"bantam": ratios[0]}}, nil
}

// opens starts the program and returns how many milliseconds it needed. Nobody reads what is printed.
func (e *engines) opens(dir string, args ...string) (float64, error) {
	file := filepath.Join(dir, "time")
	_ = os.Remove(file)
	if err := exec.Command(e.bantam[0], slices.Concat(e.bantam[1:], args)...).Run(); err != nil {
		return 0, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(b)), 64)
}
