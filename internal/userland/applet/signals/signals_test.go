package signals

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestNumber(t *testing.T) {
	for name, want := range map[string]int{
		"TERM": 15, "sigterm": 15, "SigKill": 9, "9": 9, "0": 0, "64": 64, "IO": 29, "iot": 6, "exit": 0, "PWR": 30,
		"RTMIN": 34, "RTMIN+3": 37, "RTMAX": 64, "SIGRTMAX-1": 63, "65": -1, "": -1, "SIG": -1, "XX": -1, "-1": -1, "+1": -1,
		"RTMIN+31": -1, "RTMAX-31": -1, "RTMAX-": -1, "TERM ": -1, "HUP INT": -1,
	} {
		got, ok := Number(name)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("Number(%q) = %d, want %d", name, got, want)
		}
	}
}

func TestName(t *testing.T) {
	for n := 0; n < 65; n++ {
		if back, ok := Number(Name(n)); !ok || back != n {
			t.Errorf("%d is %s is %d", n, Name(n), back)
		}
	}
	if s := syscall.SIGSYS; Name(int(s)) != "SYS" || Name(int(syscall.SIGUSR2)) != "USR2" {
		t.Error("names are not in the order of the numbers")
	}
	if l := List(); !strings.HasPrefix(l, " 1) HUP\n") || !strings.HasSuffix(l, "34) RTMIN\n64) RTMAX\n") {
		t.Errorf("%q", l)
	}
}

func TestPipe(t *testing.T) {
	fd, err := Pipe(syscall.SIGUSR1)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); {
		if n, _ := unix.Poll(p, 100); n == 1 {
			var b [4]byte
			if n, err := syscall.Read(fd, b[:]); n != 1 || b[0] != byte(syscall.SIGUSR1) {
				t.Fatal(n, err, b)
			}
			return
		}
	}
	t.Fatal("the signal didn't arrive")
}
