package seccomp

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSendListener(t *testing.T) {
	short, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	long := filepath.Join(short, strings.Repeat("d", 120))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Run("short path", func(t *testing.T) { checkSend(t, short) })
	t.Run("long path", func(t *testing.T) { checkSend(t, long) })
}

func checkSend(t *testing.T, dir string) {
	t.Chdir(dir)
	agent, err := net.ListenUnix("unix", &net.UnixAddr{Name: "s"})
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	file, err := os.CreateTemp(dir, "file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	state := bytes.Repeat([]byte("x"), 500_000)
	sent := make(chan error, 1)
	go func() { sent <- SendListener(filepath.Join(dir, "s"), int(file.Fd()), state) }()
	conn, err := agent.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got, fd := receive(t, conn)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, state) {
		t.Errorf("%d bytes arrived of %d", len(got), len(state))
	}
	arrived := os.NewFile(uintptr(fd), "arrived")
	defer arrived.Close()
	a, _ := arrived.Stat()
	if b, _ := file.Stat(); a == nil || !os.SameFile(a, b) {
		t.Error("another file arrived")
	}
}

func receive(t *testing.T, conn *net.UnixConn) (data []byte, fd int) {
	fd = -1
	buf, oob := make([]byte, 1<<16), make([]byte, unix.CmsgSpace(4))
	for {
		n, rights, _, _, err := conn.ReadMsgUnix(buf, oob)
		if n == 0 || err != nil {
			return data, fd
		}
		data = append(data, buf[:n]...)
		messages, err := unix.ParseSocketControlMessage(oob[:rights])
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			fds, err := unix.ParseUnixRights(&m)
			if err != nil {
				t.Fatal(err)
			}
			fd = fds[0]
		}
	}
}

func TestSendListenerErrors(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	if err := SendListener(absent, 0, []byte("{}")); err == nil || !strings.Contains(err.Error(), absent) {
		t.Errorf("absent agent: %v", err)
	}
	if err := SendListener(absent, 0, nil); err == nil {
		t.Error("empty state was sent")
	}
}
