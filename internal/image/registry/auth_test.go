package registry

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"bantam/internal/image/digest"
)

func known(c *Credential) func(string) (*Credential, error) {
	return func(string) (*Credential, error) { return c, nil }
}

// guarded lets a handler see only requests with the header.
func guarded(authorization, challenge string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != authorization {
			w.Header().Set("WWW-Authenticate", challenge)
			refuse(401, "UNAUTHORIZED", "authentication required")(w, r)
			return
		}
		h(w, r)
	}
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestBasicAuth(t *testing.T) {
	f := newFake(t)
	m := image(t)
	const challenge = `Basic realm="x"`
	f.handlers["GET /v2/"] = guarded(basic("hen", "egg"), challenge, func(http.ResponseWriter, *http.Request) {})
	f.handlers["GET /v2/a/b/manifests/1"] = guarded(basic("hen", "egg"), challenge, serve("", m))
	o := f.options()
	o.Credential = known(&Credential{Username: "hen", Password: "egg"})
	got, err := f.repository(t, o).Manifest(background(t), "1")
	if err != nil || string(got.Bytes) != string(m) {
		t.Errorf("%v", err)
	}
	o.Credential = known(&Credential{Username: "hen", Password: "wrong"})
	_, err = f.repository(t, o).Manifest(background(t), "1")
	contains(t, err, "unauthorized: authentication required")
	if !IsDenied(err) {
		t.Errorf("%v is no denial", err)
	}
	c := New(o)
	defer c.Close()
	contains(t, c.Check(background(t), f.host()), "unauthorized")
}

// tokens is a token server that gives a new token each time.
type tokens struct {
	*httptest.Server
	n    atomic.Int32
	last atomic.Pointer[http.Request]
	form atomic.Pointer[string]
}

func newTokens(t *testing.T) *tokens {
	k := &tokens{}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form := r.Form.Encode()
		k.form.Store(&form)
		k.last.Store(r)
		if r.Form.Get("refresh_token") == "" && r.Header.Get("Authorization") == basic("hen", "wrong") {
			http.Error(w, `{"details":"incorrect username or password"}`, http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"token": "t" + strconv.Itoa(int(k.n.Add(1))), "expires_in": 300})
	}))
	t.Cleanup(k.Close)
	return k
}

// A web page takes any password, and is no registry.
func TestLoginToAPage(t *testing.T) {
	f := newFake(t)
	f.handlers["GET /v2/"] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<html>"))
	}
	o := f.options()
	o.Credential = known(&Credential{Username: "hen", Password: "egg"})
	contains(t, New(o).Check(background(t), f.host()), "answers with a web page: is it a registry")
}

func TestBearerAuth(t *testing.T) {
	f, k := newFake(t), newTokens(t)
	challenge := `Bearer realm="` + k.URL + `/token",service="reg"`
	f.handlers["GET /v2/"] = guarded("never", challenge, nil)
	m := image(t)
	var want atomic.Pointer[string]
	first := "Bearer t1"
	want.Store(&first)
	f.handlers["GET /v2/a/b/manifests/1"] = func(w http.ResponseWriter, r *http.Request) {
		guarded(*want.Load(), challenge, serve("", m))(w, r)
	}
	o := f.options()
	o.Credential = known(&Credential{Username: "hen", Password: "egg"})
	repo := f.repository(t, o)
	for range 3 {
		if _, err := repo.Manifest(background(t), "1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := k.n.Load(); n != 1 {
		t.Errorf("%d tokens were fetched", n)
	}
	if q := *k.form.Load(); q != "account=hen&scope=repository%3Aa%2Fb%3Apull%2Cpush&service=reg" {
		t.Errorf("the token server was asked %s", q)
	}
	// A token that is refused is replaced, once.
	second := "Bearer t2"
	want.Store(&second)
	if _, err := repo.Manifest(background(t), "1"); err != nil || k.n.Load() != 2 {
		t.Errorf("%v, %d tokens", err, k.n.Load())
	}
	third := "Bearer never"
	want.Store(&third)
	_, err := repo.Manifest(background(t), "1")
	contains(t, err, "unauthorized")
	if k.n.Load() > 4 {
		t.Errorf("%d tokens for one refusal", k.n.Load())
	}
}

func TestIdentityAndRegistryTokens(t *testing.T) {
	f, k := newFake(t), newTokens(t)
	challenge := `Bearer realm="` + k.URL + `",service="reg"`
	f.handlers["GET /v2/"] = guarded("never", challenge, nil)
	f.handlers["GET /v2/a/b/manifests/1"] = guarded("Bearer t1", challenge, serve("", image(t)))
	f.handlers["GET /v2/a/b/manifests/2"] = guarded("Bearer ready", challenge, serve("", image(t)))
	o := f.options()
	o.Credential = known(&Credential{IdentityToken: "long"})
	if _, err := f.repository(t, o).Manifest(background(t), "1"); err != nil {
		t.Error(err)
	}
	if r := k.last.Load(); r.Method != "POST" || r.Form.Get("grant_type") != "refresh_token" || r.Form.Get("refresh_token") != "long" {
		t.Errorf("%s %v", r.Method, r.Form)
	}
	o.Credential = known(&Credential{RegistryToken: "ready"})
	if _, err := f.repository(t, o).Manifest(background(t), "2"); err != nil {
		t.Error(err)
	}
	o.Credential = known(&Credential{Username: "hen", Password: "wrong"})
	_, err := f.repository(t, o).Manifest(background(t), "1")
	contains(t, err, "unauthorized: authentication required")
}

func TestTokenServersThatAreNone(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer page.Close()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"token":"a b\n"}`)) }))
	defer empty.Close()
	for challenge, want := range map[string]string{
		`Bearer service="reg"`:                    "names no token server",
		`Bearer realm="file:///etc/passwd"`:       "names no token server",
		`Bearer realm="` + page.URL + `"`:         "its answer is not JSON",
		`Bearer realm="` + empty.URL + `"`:        "its answer has no token",
		`Bearer realm="http://127.0.0.1:1/token"`: "connection refused",
	} {
		f := newFake(t)
		f.handlers["GET /v2/"] = guarded("never", challenge, nil)
		_, err := f.repository(t, f.options()).Manifest(background(t), "1")
		contains(t, err, want)
	}
}

// Over TLS, a token server without it is told nothing.
func TestTokenServerWithoutTLS(t *testing.T) {
	c := New(Options{Agent: "test"})
	h, err := c.host("registry.example", "")
	if err != nil {
		t.Fatal(err)
	}
	h.scheme = "https"
	_, err = h.auth.fetch(background(t), &Challenge{Parameters: map[string]string{"realm": "http://tokens.example/"}}, "", &Credential{Username: "a", Password: "b"})
	contains(t, err, "without TLS, http://tokens.example/: nothing is told to it")
}

// Credentials stay at home: a redirect to another host, or only to another port, gets none.
func TestCredentialsStayHome(t *testing.T) {
	f := newFake(t)
	var leaked atomic.Pointer[string]
	b := content(100)
	d := descriptor(b)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := r.Header.Get("Authorization"); a != "" {
			leaked.Store(&a)
		}
		slice(w, r, b, 0)
	}))
	defer other.Close()
	f.handlers["GET /v2/"] = guarded("never", `Basic realm="x"`, nil)
	f.handlers[blobPath+d.Digest.String()] = guarded(basic("hen", "egg"), `Basic realm="x"`, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/store?signature=1", http.StatusTemporaryRedirect)
	})
	o := f.options()
	o.Credential = known(&Credential{Username: "hen", Password: "egg"})
	got, err := f.repository(t, o).Small(background(t), d)
	if err != nil || digest.FromBytes(got) != d.Digest {
		t.Error(err)
	}
	if l := leaked.Load(); l != nil {
		t.Errorf("the other host was told %s", *l)
	}
	// The same for an upload that is sent elsewhere.
	f.handlers["POST /v2/a/b/blobs/uploads/"] = guarded(basic("hen", "egg"), `Basic realm="x"`, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", other.URL+"/put")
		w.WriteHeader(http.StatusAccepted)
	})
	_ = f.repository(t, o).Upload(background(t), d, opener(b), nil)
	if l := leaked.Load(); l != nil {
		t.Errorf("the other host was told %s", *l)
	}
}

func TestRedirectRules(t *testing.T) {
	from, _ := http.NewRequest("GET", "https://a.example/x", nil)
	to, _ := http.NewRequest("GET", "http://a.example/x", nil)
	contains(t, redirect(to, []*http.Request{from}), "leaves TLS")
	for address, keeps := range map[string]bool{"https://a.example/y": true, "https://sub.a.example/y": false, "https://a.example:444/y": false} {
		to, _ := http.NewRequest("GET", address, nil)
		to.Header.Set("Authorization", "secret")
		if err := redirect(to, []*http.Request{from}); err != nil || (to.Header.Get("Authorization") != "") != keeps {
			t.Errorf("%s: %v, %v", address, err, to.Header)
		}
	}
}

func TestParseChallenge(t *testing.T) {
	list := ParseChallenge(`Bearer realm="https://auth.example/token?x=1,2", service=registry ,scope="repository:a/b:pull,push", error="a\"b", Basic realm="x y"`)
	if len(list) != 2 || list[0].Scheme != "bearer" || list[1].Scheme != "basic" {
		t.Fatalf("%+v", list)
	}
	for name, want := range map[string]string{"realm": "https://auth.example/token?x=1,2", "service": "registry", "scope": "repository:a/b:pull,push", "error": `a"b`} {
		if got := list[0].Parameters[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if list[1].Parameters["realm"] != "x y" {
		t.Errorf("%+v", list[1])
	}
	for _, broken := range []string{"", "   ", ",,,", `Bearer realm="unclosed`, "=x", `Bearer realm=`, `"`} {
		ParseChallenge(broken)
	}
}

// Whatever a registry sends, reading it ends, and what comes out was in it.
func FuzzChallenge(f *testing.F) {
	f.Add(`Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull"`)
	f.Add(`Basic realm="x", Bearer realm="\\"`)
	f.Add(`Negotiate, Basic`)
	f.Fuzz(func(t *testing.T, line string) {
		for _, c := range ParseChallenge(line) {
			if c.Scheme == "" || len(c.Parameters) > maxParameters || !strings.Contains(strings.ToLower(line), c.Scheme) {
				t.Errorf("%q gives %+v", line, c)
			}
		}
	})
}
