// Package leak starts and removes 200 containers one after the other and looks
// for anything that they left: mounts, cgroups, processes, namespaces, files.
package leak

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"
)

const containers = 200

// mark is in the environment of everything that a test starts, so that its
// processes can be told from others'.
func mark(t *testing.T) string { return fmt.Sprintf("BANTAM_LEAK=%d-%s", os.Getpid(), t.Name()) }

func call(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), mark(t))
	// A file, not a pipe: a created container keeps it open.
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	text, _ := os.ReadFile(out.Name())
	if err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, text)
	}
	return strings.TrimSpace(string(text))
}

func TestRuntime(t *testing.T) {
	testenv.Root(t)
	oci := testenv.Bin(t, "bantam-oci")
	dir := t.TempDir()
	bundle := filepath.Join(dir, "bundle")
	unpack(t, filepath.Join(bundle, "rootfs"))
	config := fmt.Sprintf(spec, mark(t))
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "state")
	var ids []string
	t.Cleanup(func() {
		for _, id := range ids {
			if t.Failed() {
				exec.Command(oci, "--root", state, "delete", "--force", id).Run()
			}
		}
	})
	for i := range containers {
		id := fmt.Sprintf("leak-%d-%d", os.Getpid(), i)
		ids = append(ids, id)
		if i%2 == 0 {
			call(t, oci, "--root", state, "run", "--bundle", bundle, id)
			continue
		}
		call(t, oci, "--root", state, "create", "--bundle", bundle, id)
		call(t, oci, "--root", state, "start", id)
		call(t, oci, "--root", state, "delete", "--force", id)
	}
	nothingLeft(t, dir, ids)
	files, err := os.ReadDir(state)
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
	for _, f := range files {
		for _, id := range ids {
			if strings.Contains(f.Name(), id) {
				t.Errorf("file left: %s", f.Name())
			}
		}
	}
}

func TestEngine(t *testing.T) {
	testenv.Root(t)
	bantam := testenv.Bin(t, "bantam")
	testenv.Bin(t, "bantam-oci")
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	image := filepath.Join(dir, "image.tar")
	if err := os.WriteFile(image, busybox(t), 0o644); err != nil {
		t.Fatal(err)
	}
	call(t, bantam, "--root", root, "import", image, "box")
	var ids []string
	for i := range containers {
		file := filepath.Join(dir, fmt.Sprint("id", i))
		call(t, bantam, "--root", root, "run", "--rm", "--network", "none", "--cidfile", file, "box", "/bin/true")
		id, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, strings.TrimSpace(string(id)))
	}
	if left := call(t, bantam, "--root", root, "ps", "-aq"); left != "" {
		t.Errorf("containers left: %s", left)
	}
	nothingLeft(t, root, ids)
	noFiles(t, root, ids)
}

// nothingLeft looks for mounts below dir, cgroups named after the ids, and marked processes.
func nothingLeft(t *testing.T, dir string, ids []string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		if strings.Contains(line, dir) {
			t.Errorf("mount left: %s", line)
		}
	}
	noFiles(t, "/sys/fs/cgroup", ids)
	// A monitor may still be on its way out when the command has ended.
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left := processes(mark(t))
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Errorf("processes left:\n%s", strings.Join(left, "\n"))
			return
		}
	}
}

// noFiles looks for files and folders below dir whose names contain one of the ids. A monitor may still be deleting empty ones.
func noFiles(t *testing.T, dir string, ids []string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left := named(dir, ids)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Errorf("left: %s", strings.Join(left, "\n"))
			return
		}
	}
}

func named(dir string, ids []string) (found []string) {
	filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile
		}
		for _, id := range ids {
			if strings.Contains(filepath.Base(path), id) {
				found = append(found, path)
			}
		}
		return nil
	})
	return found
}

// processes lists those with the mark in their environment.
func processes(mark string) []string {
	var found []string
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, e := range environs {
		b, err := os.ReadFile(e)
		if err != nil || !bytes.Contains(b, []byte(mark+"\x00")) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(e), "cmdline"))
		found = append(found, filepath.Dir(e)+" "+strings.ReplaceAll(string(line), "\x00", " "))
	}
	return found
}

// spec is a container with all namespaces that any machine has; its %s is the mark.
const spec = `{"ociVersion":"1.2.0","process":{"user":{"uid":0,"gid":0},"args":["/bin/true"],"env":["PATH=/bin",%q],"cwd":"/",
"capabilities":{"bounding":["CAP_KILL"],"effective":["CAP_KILL"],"permitted":["CAP_KILL"]},"noNewPrivileges":true},
"root":{"path":"rootfs","readonly":true},"hostname":"leak",
"mounts":[{"destination":"/proc","type":"proc","source":"proc"},
{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mode=755","size=65536k"]},
{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620","gid=5"]},
{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]},
{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","relatime","ro"]}],
"linux":{"namespaces":[{"type":"pid"},{"type":"network"},{"type":"ipc"},{"type":"uts"},{"type":"mount"},{"type":"cgroup"}],
"maskedPaths":["/proc/kcore","/sys/firmware"],"readonlyPaths":["/proc/sys"]}}`

// busybox returns a tar file of a root file system.
func busybox(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile(testenv.Bin(t, "box"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeDir, Name: "bin/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "bin/true", Mode: 0o755, Size: int64(len(content))},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpack(t *testing.T, dir string) {
	t.Helper()
	content, err := os.ReadFile(testenv.Bin(t, "box"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"bin", "proc", "dev", "sys"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", "true"), content, 0o755); err != nil {
		t.Fatal(err)
	}
}
