package archtest

import (
	"slices"
	"strings"
	"testing"
)

// floors numbers the rooms. A room imports only rooms of lower floors, so
// siblings do not know each other. A new room is a line here and in ARCHITECTURE.md.
var floors = map[string]int{
	"cmd": 7, "packaging": 7,

	"internal/cli": 6, "internal/server": 6,

	"internal/engine": 5,

	"internal/container": 4, "internal/build": 4,

	"internal/image": 3, "internal/network": 3, "internal/volume": 3, "internal/launch": 3,

	"internal/plan": 2, "internal/userland/applet": 2,

	"internal/oci": 1, "internal/statefile": 1, "internal/compress": 1, // and each package of internal/linux

	"internal/parallel": 0,

	// The userland is a building of its own: an applet (each a room, as each package
	// of internal/linux is) stands on the frame and on linux, and so does the shell.
	"internal/shell": appletFloor,
}

// appletFloor is where the applets are, each package below internal/userland but the frame.
const appletFloor = 3

// tests are the rooms that no program may import.
var tests = []string{"internal/testenv", "internal/archtest", "test"}

// room returns the room of a package, named from the module's root. Each
// package of internal/linux and each program is a room of its own.
func room(path string) (name string, floor int, known bool) {
	if rest, ok := strings.CutPrefix(path, "internal/linux/"); ok {
		facility, _, _ := strings.Cut(rest, "/")
		return "internal/linux/" + facility, 1, true
	}
	if rest, ok := strings.CutPrefix(path, "internal/userland/"); ok && rest != "applet" && !strings.HasPrefix(rest, "applet/") {
		name, _, _ := strings.Cut(rest, "/")
		return "internal/userland/" + name, appletFloor, true
	}
	if strings.HasPrefix(path, "cmd/") {
		return path, floors["cmd"], true
	}
	for name, floor := range floors {
		if path == name || strings.HasPrefix(path, name+"/") {
			return name, floor, true
		}
	}
	return path, 0, false
}

func isTestRoom(path string) bool {
	return slices.ContainsFunc(tests, func(t string) bool {
		return path == t || strings.HasPrefix(path, t+"/")
	})
}

func TestDirectionOfImports(t *testing.T) {
	for _, p := range packages(t) {
		path := relative(p.ImportPath)
		if isTestRoom(path) {
			continue
		}
		from, floor, known := room(path)
		if !known {
			t.Errorf("%s is in no room: add it to floors in direction_test.go and to ARCHITECTURE.md", path)
			continue
		}
		for _, i := range p.Imports {
			if !strings.HasPrefix(i, module+"/") {
				continue
			}
			if bad := forbidden(from, floor, relative(i)); bad != "" {
				t.Errorf("%s imports %s: %s", path, relative(i), bad)
			}
		}
	}
}

// forbidden says why a room on the given floor may not import the package, or "".
func forbidden(from string, floor int, imported string) string {
	if isTestRoom(imported) {
		return "it is for tests alone"
	}
	to, below, _ := room(imported)
	switch {
	case from == to, below < floor:
		return ""
	case below == floor:
		return "siblings do not import each other"
	}
	return "imports go downwards: cmd, cli and server, engine, container and build, image network volume launch, plan, linux and oci"
}

func TestForbiddenKnowsUpAndDown(t *testing.T) {
	for _, c := range []struct {
		from  string
		floor int
		to    string
		ok    bool
	}{
		{"internal/plan", 2, "internal/linux/mount", true},
		{"internal/image", 3, "internal/image/blob", true},
		{"internal/plan", 2, "internal/launch", false},
		{"internal/linux/mount", 1, "internal/linux/seccomp", false},
		{"internal/engine", 5, "internal/testenv", false},
		{"internal/userland/tar", 3, "internal/userland/applet/tree", true},
		{"internal/userland/tar", 3, "internal/userland/gzip", false},
		{"internal/userland/mount", 3, "internal/linux/mount", true},
		{"internal/userland/applet", 2, "internal/userland/cat", false},
	} {
		if got := forbidden(c.from, c.floor, c.to) == ""; got != c.ok {
			t.Errorf("%s imports %s: allowed %v, want %v", c.from, c.to, got, c.ok)
		}
	}
}

// A name that says nothing collects everything.
func TestPackageNames(t *testing.T) {
	banned := []string{"util", "utils", "common", "lib", "libs", "helper", "helpers", "misc"}
	for _, p := range packages(t) {
		for _, element := range strings.Split(p.ImportPath, "/") {
			if slices.Contains(banned, element) || slices.Contains(banned, p.Name) {
				t.Errorf("%s: a package's name says what it is about; %q does not", p.ImportPath, element)
			}
		}
	}
}
