package wget

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bantam/internal/userland/applet"
)

// use runs wget in this process and returns its output, messages and status.
func use(env []string, args ...string) (out, messages string, status int) {
	o, e := applet.Capture(), applet.Capture()
	status = new(applet.Call).Inside(&Applet, append([]string{"wget"}, args...), env, applet.Memory(nil), o, e)
	return string(o.Captured()), string(e.Captured()), status
}

// get downloads to a file and returns what is in it.
func get(t *testing.T, args ...string) (data, messages string, status int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out")
	_, messages, status = use(nil, append([]string{"-O", file}, args...)...)
	p, _ := os.ReadFile(file)
	return string(p), messages, status
}

func server(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	content := strings.Repeat("0123456789", 20000)
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	})
	mux.HandleFunc("/norange", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, content[:100]) })
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			io.WriteString(w, content)
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/dir/moved", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "../file")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/a/near", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "echo?x")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/a/echo", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.String()) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/loop", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/post", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %q %s", r.Method, r.Header.Get("Content-Type"), body, r.Header.Get("X-Test"))
	})
	mux.HandleFunc("/auth", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		fmt.Fprintf(w, "%s %s %s", user, password, r.UserAgent())
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestHTTP(t *testing.T) {
	s := server(t)
	for _, c := range []struct {
		path, want string
		args       []string
	}{
		{"/file", strings.Repeat("0123456789", 20000), nil},
		{"/chunked", strings.Repeat("0123456789", 60000), nil},
		{"/dir/../file", strings.Repeat("0123456789", 20000), nil},
		{"/a/near", "/a/echo?x", nil},
		{"/a/echo?b#c", "/a/echo?b", nil},
		{"/post", `POST application/x-www-form-urlencoded "a=b" `, []string{"--post-data", "a=b"}},
		{"/post", `POST text/x "a=b" y`, []string{"--post-data", "a=b", "--header", "content-type: text/x", "--header", "X-Test: y"}},
		{"/auth", "  Wget", nil},
		{"/auth", "  me", []string{"-U", "me"}},
	} {
		data, messages, status := get(t, append(c.args, "-q", s.URL+c.path)...)
		if data != c.want || status != 0 || messages != "" {
			t.Errorf("%s: %d, %q, %.80q (%d bytes)", c.path, status, messages, data, len(data))
		}
	}
	host := strings.TrimPrefix(s.URL, "http://")
	if data, _, _ := get(t, "-q", "http://me:my%20pass@"+host+"/auth"); data != "me my pass Wget" {
		t.Error(data)
	}
	if _, messages, status := get(t, "-q", s.URL+"/none"); status != 1 || messages != "wget: server returned error: HTTP/1.1 404 Not Found\n" {
		t.Error(status, messages)
	}
	if _, messages, status := get(t, "-q", s.URL+"/loop"); status != 1 || messages != "wget: too many redirections\n" {
		t.Error(status, messages)
	}
	if _, messages, status := use(nil, "--spider", s.URL+"/file"); status != 0 || !strings.HasSuffix(messages, "remote file exists\n") {
		t.Error(status, messages)
	}
}

func TestContinue(t *testing.T) {
	s := server(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, []byte("01234"), 0o600)
	if _, m, status := use(nil, "-q", "-c", "-P", dir, s.URL+"/file"); status != 0 {
		t.Error(m)
	}
	if p, _ := os.ReadFile(file); string(p) != strings.Repeat("0123456789", 20000) {
		t.Errorf("%d bytes", len(p))
	}
	file = filepath.Join(dir, "norange")
	os.WriteFile(file, bytes.Repeat([]byte("x"), 300), 0o600)
	if _, m, status := use(nil, "-q", "-c", "-P", dir, s.URL+"/norange"); status != 0 || m != "wget: restart failed\n" {
		t.Error(m)
	}
	if p, _ := os.ReadFile(file); string(p) != strings.Repeat("0123456789", 10) {
		t.Errorf("%d bytes", len(p))
	}
	if _, m, status := use(nil, "-q", "-P", dir, s.URL+"/file"); status != 1 || !strings.HasSuffix(m, "/file': File exists\n") {
		t.Error("an existing file: ", m, status)
	}
}

// canned serves one answer to everyone, and returns its URL.
func canned(t *testing.T, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			bufio.NewReader(c).ReadString('\n')
			io.WriteString(c, answer)
			if answer == "silence" {
				continue
			}
			c.Close()
		}
	}()
	return "http://" + l.Addr().String() + "/x"
}

func TestLies(t *testing.T) {
	for answer, want := range map[string]string{
		"": "wget: error getting response\n",
		"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nabc":                          "wget: connection closed prematurely\n",
		"HTTP/1.0 200 OK\r\nContent-Length: -5\r\n\r\nabc":                         "wget: content-length -5 is garbage\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n":               "wget: bad chunk length 'x'\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc":            "wget: error getting response\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: rot13\r\n\r\n":                      "wget: transfer encoding 'rot13' is not supported\n",
		"HTTP/1.0 200 OK\r\nno header\r\n\r\n":                                     "wget: bad header line: no header\n",
		"HTTP/1.0 500 \x1b[31mred\r\n\r\n":                                         "wget: server returned error: HTTP/1.0 500 \n",
		"HTTP/1.0 302 x\r\nLocation: file:///etc/passwd\r\n\r\n":                   "wget: not an http or ftp url: file:///etc/passwd\n",
		"HTTP/1.0 206 OK\r\n\r\n":                                                  "wget: server returned error: HTTP/1.0 206 OK\n",
		"HTTP/1.0 302 x\r\nLocation: http://127.0.0.1:1/\r\n\r\n":                  "wget: can't connect to remote host (127.0.0.1): Connection refused\n",
		"HTTP/1.0 200 OK\r\n" + "a: " + strings.Repeat("a", 200000) + "\r\n\r\nok": "",
	} {
		_, messages, _ := get(t, "-q", canned(t, answer))
		if messages != want {
			t.Errorf("%.60q: %.90q, want %q", answer, messages, want)
		}
	}
	if _, m, status := get(t, "-q", "-T", "1", canned(t, "silence")); status != 1 || m == "" {
		t.Error(m)
	}
}

func TestPasswordStays(t *testing.T) {
	got := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("Authorization") }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }))
	defer s.Close()
	get(t, "-q", strings.Replace(s.URL, "//", "//me:secret@", 1))
	if a := <-got; a != "" {
		t.Error("another server got ", a)
	}
}

func TestProxy(t *testing.T) {
	var seen, auth string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen, auth = r.Method+" "+r.RequestURI, r.Header.Get("Proxy-Authorization")
		io.WriteString(w, "by proxy")
	}))
	defer proxy.Close()
	env := []string{"http_proxy=" + strings.Replace(proxy.URL, "//", "//u:p@", 1), "ftp_proxy=" + proxy.URL}
	file := filepath.Join(t.TempDir(), "x")
	for _, u := range []string{"http://nowhere.test/a", "ftp://nowhere.test/b"} {
		if _, m, status := use(env, "-q", "-O", file, u); status != 0 || seen != "GET "+u {
			t.Error(m, status, seen)
		}
	}
	if _, m, status := use(env, "-q", "-O", file, "http://nowhere.test/a"); status != 0 || auth != "Basic dTpw" {
		t.Error(m, auth)
	}
	if _, _, status := use(env, "-q", "-Y", "off", "-O", file, "http://127.0.0.1:1/"); status != 1 {
		t.Error("-Y off")
	}
}

// ftpServer serves one file to one client.
func ftpServer(t *testing.T, content string, epsv bool) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	data, _ := net.Listen("tcp", "127.0.0.1:0")
	port := data.Addr().(*net.TCPAddr).Port
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in, start := bufio.NewReader(c), 0
		fmt.Fprint(c, "220-hello\r\n220 go\r\n")
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			switch f := strings.Fields(line); f[0] {
			case "USER":
				fmt.Fprint(c, "331 password\r\n")
			case "PASS":
				fmt.Fprint(c, "230 in\r\n")
			case "SIZE":
				fmt.Fprintf(c, "213 %d\r\n", len(content))
			case "EPSV":
				if epsv {
					fmt.Fprintf(c, "229 ok (|||%d|)\r\n", port)
				} else {
					fmt.Fprint(c, "500 no\r\n")
				}
			case "PASV":
				fmt.Fprintf(c, "227 ok (9,9,9,9,%d,%d)\r\n", port>>8, port&255)
			case "REST":
				fmt.Sscan(f[1], &start)
				fmt.Fprint(c, "350 ok\r\n")
			case "RETR":
				fmt.Fprint(c, "150 here\r\n")
				d, _ := data.Accept()
				io.WriteString(d, content[start:])
				d.Close()
				fmt.Fprint(c, "226 done\r\n")
			default:
				fmt.Fprint(c, "200 ok\r\n")
			}
		}
	}()
	return "ftp://" + l.Addr().String() + "/file"
}

func TestFTP(t *testing.T) {
	for _, epsv := range []bool{true, false} {
		if data, m, status := get(t, "-q", ftpServer(t, "content", epsv)); data != "content" || status != 0 {
			t.Error(data, m, status)
		}
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "file"), []byte("con"), 0o600)
	use(nil, "-q", "-c", "-P", dir, ftpServer(t, "content", true))
	if p, _ := os.ReadFile(filepath.Join(dir, "file")); string(p) != "content" {
		t.Errorf("%q", p)
	}
}

func FuzzResponse(f *testing.F) {
	f.Add("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nabcde")
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nabcde\r\n0\r\n\r\n")
	f.Add("HTTP/1.1 302 OK\r\nLocation: /x\r\n\r\n")
	f.Fuzz(func(t *testing.T, answer string) {
		w := &wget{Call: &applet.Call{Applet: &Applet, Out: applet.Capture(), Err: applet.Capture()}, log: applet.Capture(), quiet: true, fd: -1}
		s := &stream{ReadWriteCloser: memory{strings.NewReader(answer)}, link: &link{}, buf: make([]byte, 512)}
		null, _ := os.OpenFile("/dev/null", os.O_WRONLY, 0)
		defer null.Close()
		w.fd, w.fixed, w.toStdout = int(null.Fd()), true, true
		u, _ := w.parse("http://h/p")
		w.exchange(s, u, nil)
	})
}

type memory struct{ io.Reader }

func (memory) Write(p []byte) (int, error) { return len(p), nil }
func (memory) Close() error                { return nil }
