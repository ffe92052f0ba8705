package shell

import (
	"path/filepath"
	"testing"

	"bantam/internal/testenv"
)

// As process 1 the shell takes the processes that others leave behind out of the process table, also while it waits, and
// keeps the status of its own.
func TestAdopts(t *testing.T) {
	testenv.Root(t)
	unshare := testenv.Program(t, "unshare")
	sh := filepath.Join(links(t), "sh")
	const orphan = "/bin/sh -c '/bin/sleep 0.1 & exec /bin/true'\n"
	const zombies = `/bin/cat /proc/[0-9]*/stat 2>/dev/null | /bin/grep ") Z"`
	for name, c := range map[string]struct{ script, want string }{
		"foreground": {orphan + "(exit 3) & own=$!\n/bin/sh -c '/bin/sleep 1; " + zombies + "'; wait $own; echo $?", "3\n"},
		"wait":       {orphan + "(/bin/sleep 1; " + zombies + "; exit 4) & wait $!; echo $?", "4\n"},
		"wait all":   {orphan + "trap 'echo child' CHLD; trap - CHLD; (/bin/sleep 1; " + zombies + "; exit 4) & wait; echo $?", "0\n"},
		"trap":       {"trap 'echo told' TERM; (/bin/sleep 0.3; kill -TERM 1; /bin/sleep 5) & " + orphan + "wait $!; echo $?", "told\n143\n"},
		"after":      {orphan + "echo | /bin/sleep 1; jobs; " + zombies + "; echo $?", "1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runScript(t, []string{unshare, "-pf", "--mount-proc", "--kill-child", sh}, c.script, "/usr/bin:/bin")
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
