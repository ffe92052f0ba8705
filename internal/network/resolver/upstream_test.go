package resolver

import (
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"
)

// The host's name servers are followed: its file is rewritten, replaced, taken away.
func TestHostIsFollowed(t *testing.T) {
	path := t.TempDir() + "/resolv.conf"
	servers := Host(path)
	expect := func(what string, want ...string) {
		t.Helper()
		var got []string
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(lookEvery / 4) {
			got = nil
			for _, u := range servers() {
				got = append(got, u.Addr.String())
			}
			if slices.Equal(got, want) {
				return
			}
		}
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect("no file")
	write(path, "nameserver 192.0.2.1\n")
	expect("made", "192.0.2.1")
	write(path, "nameserver 192.0.2.2\nnameserver 192.0.2.3\n")
	expect("rewritten", "192.0.2.2", "192.0.2.3")
	write(path+".new", "nameserver 192.0.2.4\nnameserver 127.0.0.53\n")
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	expect("replaced", "192.0.2.4", "127.0.0.53")
	if list := servers(); list[0].Host || !list[1].Host || list[0].Addr != netip.MustParseAddr("192.0.2.4") {
		t.Errorf("who is asked from the host: %v", list)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("taken away", "192.0.2.4", "127.0.0.53")
}
