package namespace

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Thread calls do on a thread of its own that has entered other namespaces by enter, such as setns(2),
// and ends afterwards. The mount namespace is among those that may be entered.
func Thread(enter func() error, do func() (int, error)) (n int, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread can't end. While it is held here the next goroutine gets another.
			n, err = Thread(enter, do)
			runtime.UnlockOSThread()
			return
		}
		if err = unix.Unshare(unix.CLONE_FS); err != nil {
			err = os.NewSyscallError("unshare", err)
			return
		}
		if err = enter(); err == nil {
			n, err = do()
		}
	}()
	<-done
	return n, err
}
