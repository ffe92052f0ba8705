package pstree

import (
	"testing"

	"bantam/internal/userland/applet"
)

// TestShape compares with what BusyBox and psmisc draw for the same processes.
func TestShape(t *testing.T) {
	for _, c := range []struct {
		pids  bool
		width int
		want  string
	}{
		{false, 80, "init-+-getty\n" +
			"     |-sh-+-2*[sleep]\n" +
			"     |    `-vi---{thread}\n" +
			"     `-2*[web---worker]\n"},
		{true, 80, "init(1)-+-getty(2)\n" +
			"        |-sh(3)-+-sleep(4)\n" +
			"        |       |-sleep(5)\n" +
			"        |       `-vi(6)---{thread}(7)\n" +
			"        |-web(8)---worker(9)\n" +
			"        `-web(10)---worker(11)\n"},
		{false, 14, "init-+-getty\n" +
			"     |-sh-+-2+\n" +
			"     |    `-v+\n" +
			"     `-2*[web+\n"},
	} {
		out := applet.Capture()
		tr := tree{out: out, pids: c.pids, width: c.width}
		tr.add("init", 1, 0, 0)
		tr.add("sh", 3, 1, 0)
		tr.add("getty", 2, 1, 0)
		tr.add("sleep", 4, 3, 0)
		tr.add("vi", 6, 3, 0)
		tr.add("sleep", 5, 3, 0)
		tr.add("{thread}", 7, 6, 0)
		tr.add("worker", 9, 8, 0) // before its parent
		tr.add("web", 8, 1, 0)
		tr.add("web", 10, 1, 0)
		tr.add("worker", 11, 10, 0)
		tr.dump(tr.find(1), 0, 1, true, true, 0)
		if got := string(out.Captured()); got != c.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
		}
	}
	if got := visible("a\\b\x01"); got != `a\\b\001` {
		t.Error(got)
	}
}
