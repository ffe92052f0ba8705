package trace

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

func TestEventText(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 60e6, time.UTC)
	for _, e := range []Event{
		{Time: at, Pid: 1, Command: "sh", Kind: Exec, Text: "/bin/sh"},
		{Time: at, Pid: 0, Command: "", Kind: Open, Text: "/é", Flags: syscall.O_RDWR | syscall.O_CREAT},
		{Time: at, Pid: 123456, Command: "a-long-name-of-a", Kind: Connect, Text: "[::1]:80", Errno: syscall.ECONNREFUSED},
		{Time: at, Pid: 99999, Command: "größe", Kind: Send, Text: "@x"},
	} {
		want := fmt.Sprintf("%s %5d %-15s %-7s %s", e.Time.Format("15:04:05.000"), e.Pid, e.Command, e.Kind, e.Text)
		if e.Kind == Open {
			want += " (read, write, create)"
		}
		if e.Errno != 0 {
			want += ": connection refused"
		}
		if got := e.String(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func BenchmarkEventText(b *testing.B) {
	e := &Event{Time: time.Now(), Pid: 1, Command: "opener", Kind: Open, Text: "/files/1234"}
	var line []byte
	for b.Loop() {
		line = e.Append(line[:0])
	}
}
