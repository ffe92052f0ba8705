package cgroup

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/linux/cgroup/systemd"
	"bantam/internal/testenv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// startManager starts a real systemd as a user's manager in a group of its own
// and returns its D-Bus address. Everything of it is in the test's mount namespace.
func startManager(t *testing.T) (address string, env []string) {
	t.Helper()
	program := "/lib/systemd/systemd"
	testenv.Need(t, "systemd", exists(program))
	for _, dir := range []string{"/run"} {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
			testenv.Skip(t, "mount", err.Error())
		}
	}
	home := t.TempDir()
	run := filepath.Join(home, "run")
	for _, dir := range []string{"/run/systemd/system", run, home + "/units"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(home+"/units/default.target", []byte("[Unit]\nDescription=nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	top := filepath.Join(Root, "bantam-test-systemd-"+strconv.Itoa(os.Getpid()))
	manager := &Group{state: State{Mode: V2, Members: []Member{{Unified, top}}}, dir: -1}
	inner := manager.Sub(0, "manager")
	if err := os.MkdirAll(inner.unified(), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := inner.Dir()
	if err != nil {
		t.Fatal(err)
	}
	env = []string{"PATH=/usr/bin:/bin", "HOME=" + home, "XDG_RUNTIME_DIR=" + run, "XDG_CONFIG_HOME=" + home + "/c", "XDG_DATA_HOME=" + home + "/d", "SYSTEMD_UNIT_PATH=" + home + "/units", "SYSTEMD_LOG_TARGET=console"}
	cmd := exec.Command(program, "--user")
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: dir, Pdeathsig: syscall.SIGKILL}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		inner.Close()
		if err := manager.Delete(); err != nil {
			t.Errorf("remove the manager's group: %v", err)
		}
		<-done
		unix.Unmount("/run", unix.MNT_DETACH)
	})
	address = "unix:path=" + run + "/systemd/private"
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := systemd.Dial(address)
		if err == nil {
			c.Close()
			return address, env
		}
		if time.Now().After(end) {
			testenv.Skip(t, "systemd-user", "it does not answer: "+err.Error())
		}
	}
}

// The whole life of a group that a real systemd keeps.
func TestSystemdDriver(t *testing.T) {
	if !inView(t) {
		return
	}
	address, env := startManager(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	g, err := New(Config{ID: "c1", Path: "pods.slice:bantam:c1", Systemd: true, Rootless: true, Bus: []string{address},
		Annotations: map[string]string{"org.systemd.property.CollectMode": "'inactive-or-failed'"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Create(); err != nil {
		t.Fatal(err)
	}
	if dir := g.unified(); !strings.HasSuffix(dir, "/manager/pods.slice/bantam-c1.scope") || !exists(dir) {
		t.Errorf("group is at %s", dir)
	}
	rules := []specs.LinuxDeviceCgroup{{Access: "rwm"}, {Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(3)), Access: "rw"}}
	if err := g.ApplyDevices(rules); err != nil {
		t.Fatal(err)
	}
	if err := g.setUnitProperties(&specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(17))}, CPU: &specs.LinuxCPU{Cpus: "0", Quota: ptr(int64(50000))}}); err != nil {
		t.Fatal(err)
	}
	cmd := start(t, g, testenv.Program(t, "sleep"), "1000")
	g.Close()
	show := exec.Command(testenv.Program(t, "systemctl"), "--user", "show", "bantam-c1.scope", "-p", "TasksMax,CPUQuotaPerSecUSec,DevicePolicy,DeviceAllow,CollectMode,Delegate,ActiveState,AllowedCPUs")
	show.Env = env
	out, err := show.CombinedOutput()
	for _, want := range []string{"TasksMax=17", "CPUQuotaPerSecUSec=500ms", "DevicePolicy=strict", "DeviceAllow=/dev/char/1:3 rw", "CollectMode=inactive-or-failed", "Delegate=yes", "ActiveState=active", "AllowedCPUs=0"} {
		if !strings.Contains(string(out), want+"\n") {
			t.Errorf("systemd does not say %s: %v\n%s", want, err, out)
		}
	}
	again := Load(g.State())
	if pids, err := again.Pids(true); err != nil || len(pids) != 1 || pids[0] != cmd.Process.Pid {
		t.Errorf("pids %v, %v", pids, err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	if err := again.Delete(); err != nil {
		t.Fatal(err)
	}
	<-done
	checkGone(t, g)
	// The name is free again, and a creation that fails behind the unit takes it away.
	g, err = New(Config{ID: "c1", Path: "pods.slice:bantam:c1", Systemd: true, Rootless: true, Bus: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	g.host.Hierarchies = append(g.host.Hierarchies, Hierarchy{Controllers: PerfEvent, Mount: "/proc/self/no-such-place"})
	if err := g.Create(); err == nil {
		t.Error("creation did not fail")
	}
	checkGone(t, g)
}

func TestSystemdNotRunning(t *testing.T) {
	testenv.Need(t, "no-systemd", !systemd.Running())
	host := &Host{Mode: V2, Hierarchies: []Hierarchy{{Unified, Root, "/"}}}
	_, err := New(Config{Host: host, ID: "c", Systemd: true})
	if err == nil || !strings.Contains(err.Error(), "systemd is not running here") {
		t.Errorf("got %v", err)
	}
}
