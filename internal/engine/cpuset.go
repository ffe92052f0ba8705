package engine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
)

// cpuset checks that the processors and memory nodes that are asked for are online.
func cpuset(r *folder.Resources) error {
	if err := online("cpus", "CPUs", r.CpusetCpus, "/sys/devices/system/cpu/online"); err != nil {
		return err
	}
	return online("mems", "memory nodes", r.CpusetMems, "/sys/devices/system/node/online")
}

// online compares a list with the kernel's, where there is one.
func online(name, what, asked, file string) error {
	if asked == "" {
		return nil
	}
	wanted, err := spans(asked)
	if err != nil {
		return fmt.Errorf("Invalid value %s for cpuset %s: %w", asked, name, err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil // a kernel without memory nodes: it says itself what it can't do
	}
	text := strings.TrimSpace(string(b))
	there, err := spans(text)
	if err != nil {
		return nil
	}
	for _, w := range wanted {
		if !covered(w, there) {
			return fmt.Errorf("Requested %s are not available - requested %s, available: %s", what, asked, text)
		}
	}
	return nil
}

// maxNumber is the greatest that docker reads.
const maxNumber = 8192

// spans reads the kernel's form of a list of numbers: 0-3,7. The errors are docker's.
func spans(list string) (all [][2]int, err error) {
	for _, part := range strings.Split(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 31)
		last, errLast := strconv.ParseUint(to, 10, 31)
		switch {
		case err != nil || errLast != nil || last < first:
			return nil, errors.New("invalid format: " + list)
		case last > maxNumber:
			return nil, fmt.Errorf("value of out range, maximum is %d", maxNumber)
		}
		all = append(all, [2]int{int(first), int(last)})
	}
	return all, nil
}

// covered says whether the ranges, which are in order, have all numbers of one.
func covered(w [2]int, there [][2]int) bool {
	for _, r := range there {
		if r[0] <= w[0] && w[0] <= r[1] {
			w[0] = r[1] + 1
		}
	}
	return w[0] > w[1]
}
