package server

import (
	"os"
	"strings"
	"testing"
)

func TestListenUnix(t *testing.T) {
	path := t.TempDir() + "/sub/docker.sock"
	list, hint, err := listen(&Options{Hosts: []string{"unix://" + path}})
	if err != nil {
		t.Fatal(err)
	}
	if hint != "unix://"+path {
		t.Errorf("hint %q", hint)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if _, _, err := listen(&Options{Hosts: []string{"unix://" + path}}); err == nil || !strings.Contains(err.Error(), "another server answers there") {
		t.Errorf("a second server: %v", err)
	}
	list[0].Close()
	if list, _, err = listen(&Options{Hosts: []string{"unix://" + path}}); err != nil {
		t.Fatal(err)
	}
	list[0].Close()
}

func TestListenRefuses(t *testing.T) {
	t.Setenv("LISTEN_PID", "")
	for host, want := range map[string]string{
		"tcp://127.0.0.1:0": "whoever reaches this port is root on this machine",
		"fd://":             "no sockets found via socket activation",
		"http://x":          "invalid bind address",
	} {
		if _, _, err := listen(&Options{Hosts: []string{host}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", host, err)
		}
	}
	o := &Options{Hosts: []string{"tcp://127.0.0.1:0"}, TLS: TLSOptions{Verify: true, Cert: "c"}}
	if _, _, err := listen(o); err == nil || !strings.Contains(err.Error(), "TLS needs --tlscert and --tlskey") {
		t.Errorf("half a key pair: %v", err)
	}
	if _, _, err := listen(&Options{Hosts: []string{"unix://" + t.TempDir() + "/s"}, Group: "no-such-group"}); err == nil {
		t.Error("a group that isn't there")
	}
}

func TestInsecureTCP(t *testing.T) {
	list, hint, err := listen(&Options{Hosts: []string{"tcp://127.0.0.1:0"}, InsecureTCP: true})
	if err != nil {
		t.Fatal(err)
	}
	list[0].Close()
	if !strings.HasPrefix(hint, "tcp://127.0.0.1:") || strings.HasSuffix(hint, ":0") {
		t.Errorf("hint %q", hint)
	}
}
