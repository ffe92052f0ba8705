package peers

import (
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// TestDebugDocker has bantam's tools look into docker's containers: one that runs, one that has crashed.
func TestDebugDocker(t *testing.T) {
	bantam := testenv.Bin(t, "bantam")
	d := docker(t)
	b := &engine{prefix: []string{bantam, "--root", folder(t) + "/root"}, env: []string{"DOCKER_HOST=" + d.prefix[2]}}

	d.must(t, "run", "-d", "--name", "egg", "--network", "none", "--hostname", "bird", "--cap-drop", "ALL", "box", "/bin/sleep", "1000")
	b.want(t, "bird\n1 /bin/sleep 1000", "debug", "egg", "sh", "-c", "hostname; ps -o pid,args | grep '[s]leep' | sed 's/^ *//'")
	if o := b.must(t, "explain", "egg"); !strings.HasPrefix(o, "program          /bin/sleep 1000\n") || !strings.Contains(o, "\ncapabilities     none\n") {
		t.Errorf("explain: %s", o)
	}
	if o := b.must(t, "explain", "--diff", "box", "egg"); !strings.Contains(o, "+ capabilities     none\n") {
		t.Errorf("explain --diff: %s", o)
	}
	d.must(t, "rm", "-f", "egg")

	d.wantCode(t, 78, "run", "--name", "crashed", "--network", "none", "-v", "crop:/crop", "-w", "/etc", "box", "/bin/sh", "-c",
		"echo no config >&2; echo x >/etc/left; echo y >/crop/left; rm /etc/plain; exit 78")
	o := b.wantCode(t, 1, "debug", "crashed", "sh", "-c", "pwd; cat /etc/left /crop/left; echo z >/etc/left; ls /etc/plain")
	if o.stdout != "/etc\nx\ny\n" || !strings.Contains(o.stderr, "container crashed ended at ") || !strings.Contains(o.stderr, " with exit code 78\nbantam: its last lines were:\nno config\n") {
		t.Errorf("debug of a crashed one: %q %q", o.stdout, o.stderr)
	}
	if o := d.must(t, "diff", "crashed"); !strings.Contains(o, "D /etc/plain") || strings.Contains(o, ".bantam") {
		t.Errorf("diff: %s", o)
	}
	b.want(t, "x", "debug", "crashed", "cat", "/etc/left")
	d.must(t, "rm", "-f", "-v", "crashed")
	if o := b.wantCode(t, 125, "debug", "crashed", "true"); !strings.Contains(o.stderr, "No such container: crashed") {
		t.Errorf("debug of none: %q", o.stderr)
	}
}
