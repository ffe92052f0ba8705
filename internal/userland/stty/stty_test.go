package stty

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/term"
)

// TestMain is the applet that it is told to be.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_APPLET") == "" {
		os.Exit(m.Run())
	}
	table := applet.Table{{Name: "reset", Applet: &Reset}, {Name: "resize", Applet: &Resize}, {Name: "stty", Applet: &Stty}}
	os.Exit(table.Main("test", os.Args[1:]))
}

func start(t *testing.T, columns, rows int, args ...string) *testenv.Terminal {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "RUN_APPLET=1")
	return testenv.NewTerminal(t, columns, rows, cmd)
}

func TestResize(t *testing.T) {
	p := start(t, 81, 30, "resize")
	if p.Exit() != 0 {
		t.Error("status")
	}
	p.Wait("COLUMNS=81;LINES=30;export COLUMNS LINES;\n")
}

func TestReset(t *testing.T) {
	p := start(t, 80, 24, "reset")
	if p.Exit() != 0 || p.Screen() != "\n" {
		t.Errorf("%q", p.Output())
	}
}

func TestParity(t *testing.T) {
	var m term.Modes
	for _, c := range []struct {
		name     string
		reversed bool
		want     uint32
	}{
		{"evenp", false, unix.CS7 | unix.PARENB}, {"oddp", false, unix.CS7 | unix.PARENB | unix.PARODD},
		{"parity", true, unix.CS8 | unix.PARODD}, {"cs6", false, unix.CS6 | unix.PARODD}, {"pass8", false, unix.CS8 | unix.PARODD},
		{"litout", true, unix.CS7 | unix.PARENB | unix.PARODD}, {"sane", false, unix.CS7 | unix.PARENB | unix.PARODD | unix.CREAD},
	} {
		findMode(c.name).set(&m, c.reversed)
		if m.Cflag != c.want {
			t.Errorf("%s %v gives %o, want %o", c.name, c.reversed, m.Cflag, c.want)
		}
	}
	if m.Lflag&unix.ECHO == 0 || m.Cc[unix.VINTR] != 3 || m.Oflag&unix.OPOST == 0 {
		t.Errorf("insane: %+v", m)
	}
}

func TestSpeeds(t *testing.T) {
	for speed, want := range map[string]uint32{"0": unix.B0, "38400": unix.B38400, "57600": unix.B57600, "115200": unix.B115200, "4000000": unix.B4000000, "1152000": unix.B1152000} {
		if code, ok := term.SpeedCode(speed); !ok || code != want || term.SpeedOf(code) != speed {
			t.Errorf("%s is %o, want %o", speed, code, want)
		}
	}
}

func FuzzRestore(f *testing.F) {
	f.Add("500:5:bf:8a3b:3:1c:7f:15:4:0:1:0:11:13:1a:0:12:f:17:16:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0")
	f.Fuzz(func(t *testing.T, s string) {
		var m term.Modes
		restore(s, &m)
		takes(s, nil, &m)
		value(&characters[0], s)
	})
}
