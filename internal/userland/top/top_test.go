package top

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

// TestMain is the applet if it is told to be.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_APPLET") == "" {
		os.Exit(m.Run())
	}
	os.Exit(applet.Table{{Name: "top", Applet: &Applet}}.Main("test", os.Args[1:]))
}

func matches(pattern string) func(string) bool {
	re := regexp.MustCompile(pattern)
	return re.MatchString
}

func TestInteractive(t *testing.T) {
	busy := exec.Command("sh", "-c", "while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	defer busy.Wait()
	defer busy.Process.Kill()
	cmd := exec.Command(os.Args[0], "top", "d", "0.3")
	cmd.Env = []string{"RUN_APPLET=1"}
	p := testenv.NewTerminal(t, 80, 24, cmd)
	const header = `^Mem: \d+K used, \d+K free, \d+K shrd, \d+K buff, \d+K cached\nCPU: *[\d.]+% usr *[\d.]+% sys .*\nLoad average: [\d. /]+\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n`
	p.Until("the busy process first", matches(header+`(.*\n){0,3} *`+itoa(busy.Process.Pid)+` .* R .* sh -c while`))
	if p.Modes().Lflag&syscall.ICANON != 0 {
		t.Error("the terminal is not raw")
	}
	p.Type("1")
	p.Until("each processor", matches(`\nCPU0: `))
	p.Type("1nr")
	p.Until("the first process", matches(`COMMAND\n *1 `))
	p.Type("\x1b[B")
	p.Until("the second process", func(s string) bool { return !matches(`COMMAND\n *1 `)(s) })
	p.Type("\x1b[H")
	p.Until("the first process", matches(`COMMAND\n *1 `))
	p.Type("r")
	p.Until("another process", func(s string) bool { return !matches(`COMMAND\n *1 `)(s) })
	p.Type("s")
	p.Until("the memory", matches(`^Mem total:\d+ anon:\d+ map:\d+ free:\d+\n slab:\d+ buf:\d+ cache:\d+ dirty:\d+ write:\d+\nSwap total:\d+ free:\d+\n  PID   VSZ\^VSZRW\^  RSS`))
	p.Type("sr")
	p.Until("the memory", matches(`  PID   VSZ VSZRW___RSS_\(SHR\)`))
	p.Type("p")
	p.Until("processes", matches(header))
	p.Resize(60, 8)
	p.Until("a small screen", func(s string) bool {
		return strings.Count(s, "\n") == 8 && matches(`^Mem: .*\nCPU: .*\nLoad average: .*\n  PID`)(s)
	})
	p.Type("q")
	if p.Exit() != 0 || p.Modes().Lflag&syscall.ICANON == 0 {
		t.Error("the terminal is still raw")
	}
}

func itoa(n int) string {
	s := ""
	for ; n > 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		n, total uint64
		want     string
	}{{0, 10, "  0.0% "}, {1, 10, " 10.0% "}, {10, 10, "  100% "}, {1, 3, " 33.3% "}} {
		if got := percent(c.n, c.total); got != c.want {
			t.Errorf("%d of %d is %q, want %q", c.n, c.total, got, c.want)
		}
	}
}
