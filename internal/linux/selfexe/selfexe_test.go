package selfexe

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// childEnv makes the test binary a program that seals itself.
const childEnv = "BANTAM_TEST_SELFEXE"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "seal":
		child(Seal())
	case "memory":
		child(sealInMemory())
	}
	os.Exit(m.Run())
}

// sealInMemory is Seal where no mount is allowed.
func sealInMemory() error {
	fd, err := unix.Open(self, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil || sealed(fd) {
		return err
	}
	again, err := inMemory(fd)
	if err != nil {
		return err
	}
	return start(again)
}

func child(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fd, err := unix.Open(self, unix.O_RDONLY, 0)
	fmt.Println(sealed(fd), err, strings.Join(os.Args[1:], " "))
	os.Exit(0)
}

func TestSeal(t *testing.T) {
	testenv.Kernel(t, 5, 12)
	for _, how := range []string{"seal", "memory"} {
		me, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(me, "two words", "x")
		cmd.Env = append(os.Environ(), childEnv+"="+how)
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != "true <nil> two words x\n" {
			t.Errorf("%s: %v: %s", how, err, out)
		}
	}
}

func TestNotSealed(t *testing.T) {
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if sealed(fd) {
		t.Error("a file that can be written counts as sealed")
	}
}

func TestNeeded(t *testing.T) {
	for _, verb := range []string{"run", "create", "exec", "monitor"} {
		if !Needed([]string{"--root", "/x", verb, "id"}) {
			t.Errorf("%s starts processes of containers", verb)
		}
	}
	if Needed([]string{"--root", "/run", "state", "running"}) {
		t.Error("state starts nothing")
	}
}
