package chmod

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"bantam/internal/userland/applet"
	"golang.org/x/sys/unix"
)

// Someone swaps a folder for a link to elsewhere while the tree is changed: nothing
// elsewhere may change.
func TestAgainstSwap(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	dir, link := filepath.Join(root, "t/d"), filepath.Join(root, "link")
	os.MkdirAll(filepath.Join(dir, "e"), 0o755)
	os.MkdirAll(filepath.Join(outside, "e"), 0o755)
	for _, name := range []string{"a", "b", "e/c"} {
		os.WriteFile(filepath.Join(dir, name), nil, 0o644)
		os.WriteFile(filepath.Join(outside, name), nil, 0o644)
	}
	os.Symlink(outside, link)
	done := make(chan bool)
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				unix.Renameat2(unix.AT_FDCWD, dir, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
			}
		}
	})
	run := func(a *applet.Applet, argv ...string) {
		new(applet.Call).Inside(a, argv, nil, applet.Memory(nil), applet.Capture(), applet.Capture())
	}
	for range 300 {
		run(&Chmod, "chmod", "-R", "u+x,o-r", filepath.Join(root, "t"))
		run(&Chmod, "chmod", "-R", "711", filepath.Join(root, "t"))
		if os.Getuid() == 0 {
			run(&Chown, "chown", "-R", "1:1", filepath.Join(root, "t"))
		}
	}
	close(done)
	swapping.Wait()
	for _, name := range []string{"a", "b", "e/c"} {
		var st syscall.Stat_t
		syscall.Stat(filepath.Join(outside, name), &st)
		if st.Mode&0o7777 != 0o644 || st.Uid != uint32(os.Getuid()) {
			t.Errorf("%s: mode %o, owner %d", name, st.Mode, st.Uid)
		}
	}
}
