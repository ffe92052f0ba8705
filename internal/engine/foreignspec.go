package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/oci"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// foreignSpec is the spec of a running container of another engine, with its namespaces as they are.
func foreignSpec(name string) (*specs.Spec, error) {
	pid, err := foreign(name)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(bundleOf(pid) + "/config.json")
	if err != nil {
		return nil, fmt.Errorf("container %s is process %d, but its OCI spec is not beside its parent: %w", name, pid, err)
	}
	s, err := oci.DecodeSpec(b)
	if err == nil {
		err = oci.Validate(s)
	}
	if err != nil {
		return nil, fmt.Errorf("spec of container %s: %w", name, err)
	}
	s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return !apart(pid, n.Type) })
	for i := range s.Linux.Namespaces { // an engine that makes one itself names it by path
		s.Linux.Namespaces[i].Path = ""
	}
	return s, nil
}

// bundleOf is the OCI bundle of a container by its first process: the working folder of containerd's shim, or what conmon,
// podman's monitor, has been given with -b.
func bundleOf(pid int) string {
	parent := "/proc/" + strconv.Itoa(parentOf(pid))
	line, _ := os.ReadFile(parent + "/cmdline")
	words := strings.Split(string(line), "\x00")
	if i := slices.Index(words, "-b"); filepath.Base(words[0]) == "conmon" && i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return parent + "/cwd"
}

func parentOf(pid int) int {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range strings.SplitSeq(string(b), "\n") {
		if text, ok := strings.CutPrefix(line, "PPid:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(text))
			return n
		}
	}
	return 0
}

// apart says whether a process has another namespace of a kind than we.
func apart(pid int, kind specs.LinuxNamespaceType) bool {
	name := string(kind)
	switch kind {
	case specs.NetworkNamespace:
		name = "net"
	case specs.MountNamespace:
		name = "mnt"
	}
	var its, own unix.Stat_t
	if unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/"+name, &its) != nil || unix.Stat("/proc/self/ns/"+name, &own) != nil {
		return true
	}
	return its.Ino != own.Ino || its.Dev != own.Dev
}
