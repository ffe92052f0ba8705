package watch

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

// TestMain is the applet if it is told to be.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_APPLET") == "" {
		os.Exit(m.Run())
	}
	os.Exit(applet.Table{{Name: "watch", Applet: &Applet}}.Main("test", os.Args[1:]))
}

func TestWatch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, []byte("first\n"), 0o600)
	cmd := exec.Command(os.Args[0], "watch", "-n", "0.1", "cat", file+";", "echo 'a  b'")
	cmd.Env = append(os.Environ(), "RUN_APPLET=1", "TZ=UTC")
	p := testenv.NewTerminal(t, 80, 24, cmd)
	p.Wait("\n\nfirst\na  b\n")
	os.WriteFile(file, []byte("2\n"), 0o600)
	p.Until("the new content", func(s string) bool {
		return regexp.MustCompile(`^Every 0\.1s: cat /.*\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d\n\n2\na  b\n$`).MatchString(s)
	})
	p.Type("\x03")
	p.Exit()
}
