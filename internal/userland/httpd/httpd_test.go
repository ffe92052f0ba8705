package httpd

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

// start starts a server for a folder on a port of the loopback.
func start(t *testing.T, dir string, args ...string) (url string, cmd *exec.Cmd) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd = exec.Command(testenv.Bin(t, "box"), append([]string{"httpd", "-f", "-p", address, "-h", dir}, args...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return "http://" + address, cmd
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("no server")
	return "", nil
}

func get(t *testing.T, url string) (string, int) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return "", 0
	}
	defer r.Body.Close()
	p, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return string(p), r.StatusCode
}

func TestManyClients(t *testing.T) {
	dir := t.TempDir()
	content := strings.Repeat("0123456789", 50000)
	os.WriteFile(filepath.Join(dir, "big"), []byte(content), 0o600)
	os.Mkdir(filepath.Join(dir, "cgi-bin"), 0o700)
	os.WriteFile(filepath.Join(dir, "cgi-bin/cat"), []byte("#!/bin/sh\necho; cat\n"), 0o700)
	os.WriteFile(filepath.Join(dir, "cgi-bin/deaf"), []byte("#!/bin/sh\necho; echo no\n"), 0o700)
	url, _ := start(t, dir)
	// Clients that say nothing, or half of a request, don't keep the others waiting.
	for i := range 50 {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			io.WriteString(c, "GET /big HTT")
		}
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 5 {
				if p, _ := get(t, url+"/big"); p != content {
					t.Errorf("%d bytes", len(p))
				}
				r, err := http.Post(url+"/cgi-bin/cat", "text/plain", strings.NewReader(content))
				if err != nil {
					t.Error(err)
					continue
				}
				if p, _ := io.ReadAll(r.Body); string(p) != content {
					t.Errorf("CGI: %d bytes", len(p))
				}
				r.Body.Close()
				if r, err := http.Post(url+"/cgi-bin/deaf", "text/plain", strings.NewReader(content)); err == nil {
					io.Copy(io.Discard, r.Body)
					r.Body.Close()
				}
			}
		})
	}
	all.Wait()
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "x"), []byte("x"), 0o600)
	conf := filepath.Join(t.TempDir(), "conf")
	os.WriteFile(conf, []byte("A:127.0.0.1\nD:*\n"), 0o600)
	url, cmd := start(t, dir, "-c", conf)
	if _, code := get(t, url+"/x"); code != 200 {
		t.Error(code)
	}
	os.WriteFile(conf, []byte("D:127.\n"), 0o600)
	cmd.Process.Signal(syscall.SIGHUP)
	code := 0
	for range 200 {
		// The refusal may be there before the request: Go's client takes that for an error.
		if r, err := http.Get(url + "/x"); err == nil {
			r.Body.Close()
			if code = r.StatusCode; code == 403 {
				break
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	if code != 403 {
		t.Error("after the reload: ", code)
	}
}

func TestForward(t *testing.T) {
	inner := t.TempDir()
	os.MkdirAll(filepath.Join(inner, "new"), 0o700)
	os.WriteFile(filepath.Join(inner, "new/x"), []byte("inner"), 0o600)
	to, _ := start(t, inner)
	outer := t.TempDir()
	os.WriteFile(filepath.Join(outer, "httpd.conf"), fmt.Appendf(nil, "P:/old:%s/new\n", to), 0o600)
	url, _ := start(t, outer, "-c", filepath.Join(outer, "httpd.conf"))
	if p, code := get(t, url+"/old/x"); p != "inner" || code != 200 {
		t.Error(p, code)
	}
}

func TestRules(t *testing.T) {
	for text, want := range map[string]rule{
		"172.20.":              {172<<24 | 20<<16, 0xffff0000, true},
		"10.0.0.0/25":          {10 << 24, 0xffffff80, true},
		"10.0.0.0/255.255.0.0": {10 << 24, 0xffff0000, true},
		"127.0.0.1":            {127<<24 | 1, 0xffffffff, true},
		"10.0.0.0/33":          {},
		"10.0.0.0/255.0.255.0": {},
		"x":                    {},
		"1.2.3.4.5":            {},
		"256.":                 {},
	} {
		k := &config{}
		if k.addRule(true, text); k.rules[0] != want {
			t.Errorf("%s: %+v", text, k.rules[0])
		}
	}
}

func TestPasswords(t *testing.T) {
	// From openssl passwd.
	for _, want := range []string{"abcd", "$1$abc$DxacYc10lOCxhylQ4UV6q0", encrypted("abcd")} {
		if !samePassword("abcd", want, false) || samePassword("abce", want, false) {
			t.Error(want)
		}
	}
	if samePassword("", "", true) || samePassword("!", "!", true) || samePassword("*", "*", true) {
		t.Error("an account without a password is open")
	}
}

func FuzzClean(f *testing.F) {
	f.Add("/a/../b//c/./d/..")
	f.Fuzz(func(t *testing.T, path string) {
		got := clean("/" + path)
		if got == "" {
			return
		}
		if got[0] != '/' || strings.Contains(got, "//") || strings.Contains(got+"/", "/../") || strings.Contains(got+"/", "/./") {
			t.Errorf("%q: %q", path, got)
		}
	})
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.0\r\n\r\n", "HEAD /httpd_test.go HTTP/1.1\r\nRange: bytes=1-2\r\nAuthorization: Basic YTpi\r\n\r\n",
		"GET /../x%2f%00 HTTP/1.0\nIf-None-Match: \"\"\n\n", "POST /testdata/ HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
	} {
		f.Add([]byte(s))
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > 60000 {
			return // more than a pipe holds
		}
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		out.Write(p)
		out.Close()
		defer in.Close()
		s := &server{
			Call:   &applet.Call{Applet: &Applet, Out: applet.Capture(), Err: applet.Capture()},
			config: &config{index: "index.html", auth: []pair{{"/secret", "a:b"}}},
		}
		r := &request{server: s, in: int(in.Fd()), out: int(null.Fd()), config: s.config, first: -1, size: -1}
		r.answer()
		if r.path != "" && (r.path[0] != '/' || strings.Contains(r.path+"/", "/../")) {
			t.Errorf("%q", r.path)
		}
	})
}
