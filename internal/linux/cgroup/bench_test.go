package cgroup

import (
	"os"
	"strconv"
	"testing"

	"bantam/internal/testenv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// BenchmarkGroup is what `run` pays for a group without limits: find the
// hierarchies, create, open, device rules of a default spec, remove. With
// BANTAM_TEST_CGROUP_VIEW=1 in a mount namespace it measures v2.
func BenchmarkGroup(b *testing.B) {
	testenv.Root(b)
	if os.Getenv(viewVar) != "" && typeOf(Root) != unix.CGROUP2_SUPER_MAGIC {
		testenv.Skip(b, "cgroup-v2-view", "not in one")
	}
	name := "/bantam-bench-" + strconv.Itoa(os.Getpid())
	for b.Loop() {
		once(b, name)
	}
}

func once(b *testing.B, name string) {
	g, err := New(Config{ID: "c", Path: name})
	if err != nil {
		b.Fatal(err)
	}
	if err := g.Create(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := g.Delete(); err != nil {
			b.Fatal(err)
		}
	}()
	if err := g.ApplyDevices(defaultDevices()); err != nil {
		b.Fatal(err)
	}
	if _, err := g.Tasks(); err != nil {
		b.Fatal(err)
	}
	if _, err := g.Dir(); err != nil {
		b.Fatal(err)
	}
	if err := g.ApplyLimits(&specs.LinuxResources{}); err != nil {
		b.Fatal(err)
	}
}

// defaultDevices are the rules of a default spec: deny all, then mknod of
// anything and the use of the usual nodes.
func defaultDevices() []specs.LinuxDeviceCgroup {
	list := []specs.LinuxDeviceCgroup{{Access: "rwm"}, {Allow: true, Type: "c", Access: "m"}, {Allow: true, Type: "b", Access: "m"}}
	for _, n := range [...][2]int64{{1, 3}, {1, 8}, {1, 7}, {5, 0}, {1, 5}, {1, 9}, {5, 2}} {
		list = append(list, specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: &n[0], Minor: &n[1], Access: "rwm"})
	}
	return append(list, specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: ptr(int64(136)), Access: "rwm"})
}
