package peers

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// apart is a mount namespace with empty /run and /var/lib, so that engines can keep their state where they do on anybody's
// machine without meeting this one's. It returns the words that enter it, and ends with the test.
func apart(t *testing.T, dir string) []string {
	t.Helper()
	testenv.Root(t)
	enter := testenv.Program(t, "nsenter")
	cmd := exec.Command(testenv.Program(t, "unshare"), "-m", "--propagation", "private", "sh", "-c",
		"mount -t tmpfs none /run && mount -t tmpfs none /var/lib && : >"+dir+"/apart && exec sleep 100000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	testenv.Until(t, "a mount namespace", func() bool {
		_, err := os.Stat(dir + "/apart")
		return err == nil
	})
	return []string{enter, "-t", strconv.Itoa(cmd.Process.Pid), "-m", "--"}
}

// besideSleep has bantam's tools look into the container of that name, which sleeps.
func besideSleep(t *testing.T, in []string, dir string, names ...string) {
	t.Helper()
	b := &engine{prefix: append(in[:len(in):len(in)], testenv.Bin(t, "bantam"), "--root", dir+"/bantam")}
	for _, name := range names {
		b.want(t, "1 /bin/sleep 1000\n/etc/plain", "debug", name, "sh", "-c", "ps -o pid,args | grep '[s]leep' | sed 's/^ *//'; ls /etc/plain")
		if o := b.must(t, "explain", name); !strings.Contains(o, "program          /bin/sleep 1000\n") || !strings.Contains(o, "\npid              its own\n") {
			t.Errorf("explain %s: %s", name, o)
		}
	}
	b.wantCode(t, 7, "debug", names[0], "sh", "-c", "exit 7")
}

// TestDebugContainerd looks into a container of containerd's, by its id.
func TestDebugContainerd(t *testing.T) {
	ctr := testenv.Program(t, "ctr")
	testenv.Program(t, "runc")
	dir := folder(t)
	in := apart(t, dir)
	socket := dir + "/containerd.sock"
	config := "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = \"" + socket + "\"\n"
	if err := os.WriteFile(dir+"/containerd.toml", []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	daemon(t, dir, "nsenter", append(in[1:len(in):len(in)], testenv.Program(t, "containerd"), "--config", dir+"/containerd.toml")...)
	e := &engine{prefix: append(in[:len(in):len(in)], ctr, "-a", socket)}
	e.ready(t, "containerd", "version")
	e.must(t, "image", "import", archive(t, dir))
	e.must(t, "run", "-d", "example.com/box:latest", "nest", "/bin/sleep", "1000")
	besideSleep(t, in, dir, "nest")
	e.must(t, "task", "kill", "-s", "SIGKILL", "nest")
	testenv.Until(t, "the task's end", func() bool { return e.try(t, "task", "delete", "nest").code != 1 })
	e.try(t, "container", "rm", "nest")
}

// TestDebugPodman looks into a container of podman's, by its name and by its id.
func TestDebugPodman(t *testing.T) {
	program := testenv.Program(t, "podman")
	testenv.Program(t, "conmon")
	dir := folder(t)
	in := apart(t, dir)
	config := dir + "/containers.conf"
	text := "[containers]\nnetns = \"none\"\n[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\nlock_type = \"file\"\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	storage := dir + "/storage.conf"
	if err := os.WriteFile(storage, []byte("[storage]\ndriver = \"vfs\"\ngraphroot = \"/var/lib/containers/storage\"\nrunroot = \"/run/containers/storage\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	e := &engine{
		prefix: append(in[:len(in):len(in)], program, "--runtime", runtimeUnderTest(t)),
		env:    []string{"CONTAINERS_CONF=" + config, "CONTAINERS_STORAGE_CONF=" + storage, "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir},
	}
	if o := e.try(t, "info"); o.code != 0 {
		testenv.Skip(t, "podman-starts", lastLines(o.stderr, 1))
	}
	e.must(t, "import", rootfsFile(t, dir), "box")
	id := e.must(t, "run", "-d", "--name", "nest", "--network", "none", "box", "/bin/sleep", "1000")
	besideSleep(t, in, dir, "nest", id[:12])
	e.must(t, "rm", "-f", "-t", "0", "nest")
}
