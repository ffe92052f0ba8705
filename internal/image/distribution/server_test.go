package distribution

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/testenv"

	"golang.org/x/crypto/bcrypt"
)

// hub is a registry of a test.
type hub struct {
	*testing.T
	*Server
	root string
	http *httptest.Server
}

func open(t *testing.T, root string, change func(*Options)) *hub {
	t.Helper()
	none := func() (func(), error) { return func() {}, nil }
	o := Options{Root: root, Blobs: &blob.Store{Dir: root + "/blobs"}, Share: none}
	if change != nil {
		change(&o)
	}
	h := &hub{T: t, Server: New(o), root: root}
	h.http = httptest.NewServer(h.Server)
	t.Cleanup(h.stop)
	return h
}

func (h *hub) stop() {
	h.http.Close()
	h.Server.Close()
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do asks; headers are names and values in turn.
func (h *hub) do(method, path string, body []byte, headers ...string) answer {
	h.Helper()
	if strings.HasPrefix(path, "/") {
		path = h.http.URL + path
	}
	r, err := http.NewRequest(method, path, bytes.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		h.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, string(b)}
}

// want asks and compares the status, and the error's code if it is not "".
func (h *hub) want(status int, code, method, path string, body []byte, headers ...string) answer {
	h.Helper()
	a := h.do(method, path, body, headers...)
	if a.status != status || code != "" && !strings.Contains(a.body, `"code":"`+code+`"`) {
		h.Errorf("%s %s: %d %s, want %d %s", method, path, a.status, a.body, status, code)
	}
	return a
}

func sum(b []byte) string { return digest.FromBytes(b).String() }

func sum512(b []byte) string {
	s := sha512.Sum512(b)
	return "sha512:" + hex.EncodeToString(s[:])
}

// push writes a blob in one request.
func (h *hub) push(repo string, b []byte) string {
	h.Helper()
	h.want(201, "", "POST", "/v2/"+repo+"/blobs/uploads/?digest="+sum(b), b)
	return sum(b)
}

// image is a manifest of a configuration and layers, which it pushes.
func (h *hub) image(repo string, change func(map[string]any), layers ...string) []byte {
	h.Helper()
	part := func(kind, text string) map[string]any {
		return map[string]any{"mediaType": kind, "digest": h.push(repo, []byte(text)), "size": len(text)}
	}
	list := []any{}
	for _, l := range layers {
		list = append(list, part("application/vnd.oci.image.layer.v1.tar", l))
	}
	m := map[string]any{"schemaVersion": 2, "mediaType": manifest.TypeManifest, "config": part(manifest.TypeConfig, `{"of":"`+repo+strings.Join(layers, "+")+`"}`), "layers": list}
	if change != nil {
		change(m)
	}
	b, err := json.Marshal(m)
	if err != nil {
		h.Fatal(err)
	}
	return b
}

func (h *hub) put(repo, what string, m []byte) answer {
	h.Helper()
	return h.want(201, "", "PUT", "/v2/"+repo+"/manifests/"+what, m, "Content-Type", manifest.TypeManifest)
}

func TestBase(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	if a := h.want(200, "", "GET", "/v2/", nil); a.body != "{}" || a.header.Get("Docker-Distribution-Api-Version") != "registry/2.0" {
		t.Errorf("%+v", a)
	}
	h.want(404, "NOT_FOUND", "GET", "/", nil)
	h.want(404, "NOT_FOUND", "GET", "/v2/a/b", nil)
	h.want(405, "UNSUPPORTED", "POST", "/v2/", nil)
	h.want(405, "UNSUPPORTED", "PATCH", "/v2/a/manifests/x", nil)
	for _, name := range []string{"A", "_a", "a..b", "../../etc", "a/../b", "a%2f..%2fb", strings.Repeat("a", 300)} {
		h.want(400, "NAME_INVALID", "GET", "/v2/"+name+"/tags/list", nil)
		h.want(400, "NAME_INVALID", "POST", "/v2/"+name+"/blobs/uploads/", nil)
	}
	if left, _ := os.ReadDir(filepath.Join(h.root, "repositories")); len(left) > 0 {
		t.Errorf("names that are none left %v", left)
	}
}

func TestBlobs(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	b := bytes.Repeat([]byte("0123456789"), 300)
	d := sum(b)
	h.want(404, "BLOB_UNKNOWN", "GET", "/v2/a/blobs/"+d, nil)
	h.want(400, "DIGEST_INVALID", "GET", "/v2/a/blobs/sha256:xyz", nil)
	h.want(400, "DIGEST_INVALID", "GET", "/v2/a/blobs/md5:00", nil)
	h.want(400, "DIGEST_INVALID", "POST", "/v2/a/blobs/uploads/?digest="+sum([]byte("other")), b)
	h.want(404, "BLOB_UNKNOWN", "GET", "/v2/a/blobs/"+sum([]byte("other")), nil)
	h.push("a", b)
	a := h.want(200, "", "GET", "/v2/a/blobs/"+d, nil)
	if a.body != string(b) || a.header.Get("Docker-Content-Digest") != d {
		t.Errorf("%d bytes, %v", len(a.body), a.header)
	}
	a = h.want(200, "", "HEAD", "/v2/a/blobs/"+d, nil)
	if a.header.Get("Content-Length") != "3000" || a.body != "" {
		t.Errorf("%+v", a)
	}
	a = h.want(206, "", "GET", "/v2/a/blobs/"+d, nil, "Range", "bytes=2990-")
	if a.body != "0123456789" || a.header.Get("Content-Range") != "bytes 2990-2999/3000" {
		t.Errorf("%+v", a)
	}
	h.want(416, "", "GET", "/v2/a/blobs/"+d, nil, "Range", "bytes=3000-")
	// Another repository has it only when it was mounted or pushed there.
	h.want(404, "BLOB_UNKNOWN", "GET", "/v2/other/blobs/"+d, nil)
	a = h.want(201, "", "POST", "/v2/other/blobs/uploads/?mount="+d+"&from=a", nil)
	h.want(200, "", "GET", a.header.Get("Location"), nil)
	h.want(201, "", "POST", "/v2/third/blobs/uploads/?mount="+d, nil)
	h.want(202, "", "POST", "/v2/third/blobs/uploads/?mount="+d+"&from=nothere", nil)
	h.want(400, "DIGEST_INVALID", "POST", "/v2/third/blobs/uploads/?mount=x&from=a", nil)
	// Deleted here, it stays there.
	h.want(202, "", "DELETE", "/v2/a/blobs/"+d, nil)
	h.want(404, "BLOB_UNKNOWN", "DELETE", "/v2/a/blobs/"+d, nil)
	h.want(404, "BLOB_UNKNOWN", "GET", "/v2/a/blobs/"+d, nil)
	h.want(200, "", "GET", "/v2/other/blobs/"+d, nil)
	h.push("empty", nil)
	h.want(200, "", "GET", "/v2/empty/blobs/"+sum(nil), nil)
}

func TestSHA512(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	b := []byte("longer digests")
	h.want(400, "DIGEST_INVALID", "POST", "/v2/a/blobs/uploads/?digest="+sum512([]byte("x")), b)
	a := h.want(201, "", "POST", "/v2/a/blobs/uploads/?digest="+sum512(b), b)
	if a = h.want(200, "", "GET", a.header.Get("Location"), nil); a.body != string(b) || a.header.Get("Docker-Content-Digest") != sum512(b) {
		t.Errorf("%+v", a)
	}
	m := h.image("a", nil, "layer")
	h.put("a", sum512(m)+"?tag=one&tag=two", m)
	for _, what := range []string{sum512(m), "one", "two"} {
		if a := h.want(200, "", "GET", "/v2/a/manifests/"+what, nil); a.body != string(m) || a.header.Get("Docker-Content-Digest") != sum512(m) {
			t.Errorf("%s: %+v", what, a)
		}
	}
	h.want(202, "", "DELETE", "/v2/a/manifests/"+sum512(m), nil)
	h.want(404, "MANIFEST_UNKNOWN", "GET", "/v2/a/manifests/one", nil)
}

func TestChunks(t *testing.T) {
	root := t.TempDir()
	h := open(t, root, nil)
	b := bytes.Repeat([]byte("chunk"), 1000)
	to := h.want(202, "", "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	chunk := func(status int, from, until int) answer {
		t.Helper()
		return h.want(status, "", "PATCH", to, b[from:until], "Content-Range", fmt.Sprintf("%d-%d", from, until-1))
	}
	if a := chunk(202, 0, 1000); a.header.Get("Range") != "0-999" {
		t.Errorf("%v", a.header)
	}
	if a := chunk(416, 2000, 3000); a.header.Get("Range") != "0-999" || a.header.Get("Location") == "" {
		t.Errorf("%v", a.header)
	}
	h.want(400, "SIZE_INVALID", "PATCH", to, b[1000:1500], "Content-Range", "1000-1999")
	h.want(400, "BLOB_UPLOAD_INVALID", "PATCH", to, b[1000:1500], "Content-Range", "x-y")
	// Another server takes the upload up.
	h.stop()
	h = open(t, root, nil)
	if a := h.want(204, "", "GET", to, nil); a.header.Get("Range") != "0-999" {
		t.Errorf("%v", a.header)
	}
	chunk(202, 1000, 3000)
	h.want(416, "", "PUT", to+"?digest="+sum(b), b[:10], "Content-Range", "0-9")
	a := h.want(201, "", "PUT", to+"?digest="+sum(b), b[3000:], "Content-Range", "3000-4999")
	if a := h.want(200, "", "GET", a.header.Get("Location"), nil); a.body != string(b) {
		t.Errorf("%d bytes", len(a.body))
	}
	h.want(404, "BLOB_UPLOAD_UNKNOWN", "GET", to, nil)
	// A chunk without a range is appended; an upload can be given up; wrong content ends it.
	to = h.want(202, "", "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	h.want(202, "", "PATCH", to, b[:100])
	h.want(204, "", "DELETE", to, nil)
	h.want(404, "BLOB_UPLOAD_UNKNOWN", "PATCH", to, nil)
	to = h.want(202, "", "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	h.want(400, "DIGEST_INVALID", "PUT", to, b)
	h.want(400, "DIGEST_INVALID", "PUT", to+"?digest="+sum(b), b[1:])
	h.want(404, "NOT_FOUND", "PATCH", "/v2/a/blobs/uploads/../../x", nil)
	h.want(404, "BLOB_UPLOAD_UNKNOWN", "GET", "/v2/a/blobs/uploads/"+strings.Repeat("0", 32), nil)
	h.want(400, "DIGEST_INVALID", "POST", "/v2/a/blobs/uploads/?digest-algorithm=md5", nil)
	if left, _ := os.ReadDir(root + "/blobs/partial"); len(left) > 0 {
		t.Errorf("partial blobs are left: %v", left)
	}
}

// What arrived of a body that is cut short counts.
func TestCutUpload(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	to := h.want(202, "", "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	r, err := http.NewRequest("PATCH", h.http.URL+to, io.MultiReader(strings.NewReader("first"), broken{}))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 100
	if a, err := http.DefaultClient.Do(r); err == nil {
		a.Body.Close()
		t.Errorf("status %d", a.StatusCode)
	}
	// We know of the cut before the server does.
	testenv.Until(t, "the cut is known", func() bool { return h.want(204, "", "GET", to, nil).header.Get("Range") == "0-4" })
	h.want(201, "", "PUT", to+"?digest="+sum([]byte("first second")), []byte(" second"))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestManifests(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	m := h.image("a", nil, "one", "two")
	a := h.put("a", "v1", m)
	if a.header.Get("Docker-Content-Digest") != sum(m) || a.header.Get("Location") != "/v2/a/manifests/"+sum(m) {
		t.Errorf("%v", a.header)
	}
	for _, what := range []string{"v1", sum(m)} {
		a := h.want(200, "", "GET", "/v2/a/manifests/"+what, nil)
		if a.body != string(m) || a.header.Get("Content-Type") != manifest.TypeManifest {
			t.Errorf("%s: %+v", what, a)
		}
		if a := h.want(200, "", "HEAD", "/v2/a/manifests/"+what, nil); a.header.Get("Content-Length") != fmt.Sprint(len(m)) || a.body != "" {
			t.Errorf("%s: %+v", what, a)
		}
		h.want(304, "", "GET", "/v2/a/manifests/"+what, nil, "If-None-Match", `"`+sum(m)+`"`)
	}
	h.want(404, "MANIFEST_UNKNOWN", "GET", "/v2/a/manifests/v2", nil)
	h.want(404, "MANIFEST_UNKNOWN", "GET", "/v2/b/manifests/v1", nil)
	h.want(404, "MANIFEST_UNKNOWN", "GET", "/v2/a/manifests/.hidden", nil)
	h.want(400, "DIGEST_INVALID", "PUT", "/v2/a/manifests/"+sum([]byte("x")), m, "Content-Type", manifest.TypeManifest)
	h.want(400, "TAG_INVALID", "PUT", "/v2/a/manifests/-x", m, "Content-Type", manifest.TypeManifest)
	h.want(400, "MANIFEST_INVALID", "PUT", "/v2/a/manifests/x", []byte("hello"), "Content-Type", manifest.TypeManifest)
	h.want(400, "MANIFEST_INVALID", "PUT", "/v2/a/manifests/x", m, "Content-Type", manifest.TypeIndex)
	h.want(400, "MANIFEST_INVALID", "PUT", "/v2/a/manifests/x", []byte(`{"schemaVersion":1}`))
	h.want(413, "SIZE_INVALID", "PUT", "/v2/a/manifests/x", append(m, bytes.Repeat([]byte(" "), manifest.MaxSize)...), "Content-Type", manifest.TypeManifest)
	h.want(400, "MANIFEST_BLOB_UNKNOWN", "PUT", "/v2/b/manifests/x", m, "Content-Type", manifest.TypeManifest)
	index := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"manifests":[{"mediaType":%q,"digest":%q,"size":%d}]}`, manifest.TypeIndex, manifest.TypeManifest, sum(m), len(m))
	h.want(400, "MANIFEST_BLOB_UNKNOWN", "PUT", "/v2/b/manifests/x", index, "Content-Type", manifest.TypeIndex)
	h.want(201, "", "PUT", "/v2/a/manifests/all", index, "Content-Type", manifest.TypeIndex)
	foreign := h.image("a", func(m map[string]any) {
		m["layers"] = []any{map[string]any{"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar", "digest": sum([]byte("elsewhere")), "size": 9}}
	})
	h.put("a", "foreign", foreign)
	// A tag goes alone, a manifest with all its tags.
	h.put("a", "v2", m)
	h.want(202, "", "DELETE", "/v2/a/manifests/v1", nil)
	h.want(404, "MANIFEST_UNKNOWN", "GET", "/v2/a/manifests/v1", nil)
	h.want(200, "", "GET", "/v2/a/manifests/v2", nil)
	h.want(202, "", "DELETE", "/v2/a/manifests/"+sum(m), nil)
	h.want(404, "MANIFEST_UNKNOWN", "GET", "/v2/a/manifests/v2", nil)
	h.want(404, "MANIFEST_UNKNOWN", "DELETE", "/v2/a/manifests/"+sum(m), nil)
	sparse := open(t, t.TempDir(), func(o *Options) { o.Sparse = true })
	sparse.put("b", "x", m)
}

func TestLists(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	h.want(404, "NAME_UNKNOWN", "GET", "/v2/a/tags/list", nil)
	m := h.image("a", nil)
	for _, tag := range []string{"c", "a", "B", "d"} {
		h.put("a", tag, m)
	}
	h.put("x/blobs/y", "1", h.image("x/blobs/y", nil))
	for path, want := range map[string]string{
		"/v2/a/tags/list": "B a c d", "/v2/a/tags/list?n=2": "B a", "/v2/a/tags/list?n=2&last=a": "c d", "/v2/a/tags/list?last=b": "c d", "/v2/a/tags/list?n=0": "", "/v2/a/tags/list?last=d": "",
		"/v2/_catalog": "a x/blobs/y", "/v2/_catalog?n=1": "a",
	} {
		a := h.want(200, "", "GET", path, nil)
		var body struct{ Name, Tags, Repositories any }
		if err := json.Unmarshal([]byte(a.body), &body); err != nil {
			t.Error(err)
		}
		got := strings.Trim(fmt.Sprint(body.Tags, body.Repositories), "[]<nil> ")
		if got != want {
			t.Errorf("%s: %q, want %q (%s)", path, got, want, a.body)
		}
	}
	a := h.want(200, "", "GET", "/v2/a/tags/list?n=3", nil)
	link, _, _ := strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
	if next := h.want(200, "", "GET", link, nil); !strings.Contains(next.body, `["d"]`) || next.header.Get("Link") != "" {
		t.Errorf("%s: %+v", link, next)
	}
	h.want(400, "PAGINATION_NUMBER_INVALID", "GET", "/v2/a/tags/list?n=x", nil)
	h.want(400, "PAGINATION_NUMBER_INVALID", "GET", "/v2/a/tags/list?n=-1", nil)
}

func TestReferrers(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	subject := h.image("a", nil, "subject")
	about := func(kind string) func(m map[string]any) {
		return func(m map[string]any) {
			if m["artifactType"] = kind; kind == "" {
				delete(m, "artifactType")
			}
			m["subject"] = map[string]any{"mediaType": manifest.TypeManifest, "digest": sum(subject), "size": len(subject)}
			m["annotations"] = map[string]string{"by": "hen"}
		}
	}
	list := func(query string) []entry {
		t.Helper()
		a := h.want(200, "", "GET", "/v2/a/referrers/"+sum(subject)+query, nil)
		var index struct{ Manifests []entry }
		if err := json.Unmarshal([]byte(a.body), &index); err != nil || a.header.Get("Content-Type") != manifest.TypeIndex || index.Manifests == nil {
			t.Errorf("%+v, %v", a, err)
		}
		if (query != "") != (a.header.Get("OCI-Filters-Applied") == "artifactType") {
			t.Errorf("%q: %v", query, a.header)
		}
		return index.Manifests
	}
	if l := list(""); len(l) != 0 { // before anybody has pushed
		t.Errorf("%+v", l)
	}
	signature, plain := h.image("a", about("application/x-signature"), "s"), h.image("a", about(""), "p")
	if a := h.put("a", sum(signature), signature); a.header.Get("OCI-Subject") != sum(subject) {
		t.Errorf("%v", a.header)
	}
	h.put("a", "plain", plain)
	h.put("a", "subject", subject) // may come later
	if l := list(""); len(l) != 2 {
		t.Errorf("%+v", l)
	}
	l := list("?artifactType=" + url.QueryEscape("application/x-signature"))
	if len(l) != 1 || l[0].Digest != sum(signature) || l[0].ArtifactType != "application/x-signature" || l[0].Annotations["by"] != "hen" || l[0].Size != int64(len(signature)) {
		t.Errorf("%+v", l)
	}
	if l := list("?artifactType=" + url.QueryEscape(manifest.TypeConfig)); len(l) != 1 || l[0].Digest != sum(plain) {
		t.Errorf("%+v", l)
	}
	h.want(202, "", "DELETE", "/v2/a/manifests/"+sum(signature), nil)
	if l := list(""); len(l) != 1 {
		t.Errorf("%+v", l)
	}
	h.want(400, "DIGEST_INVALID", "GET", "/v2/a/referrers/sha256:x", nil)
}

func hashed(password string) (string, error) {
	b, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	return string(b), err
}

func TestUsers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "htpasswd")
	load := func(text string) (*Users, error) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return LoadUsers(file)
	}
	hash, err := hashed("egg")
	if err != nil {
		t.Fatal(err)
	}
	u, err := load("# ours\n\nhen:" + hash + "\n")
	if err != nil {
		t.Fatal(err)
	}
	var log []Request
	h := open(t, t.TempDir(), func(o *Options) { o.Users, o.Log = u, func(r Request) { log = append(log, r) } })
	auth := func(name, password string) string {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(name, password)
		return r.Header.Get("Authorization")
	}
	a := h.want(401, "UNAUTHORIZED", "GET", "/v2/", nil)
	if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("%v", a.header)
	}
	for range 2 {
		h.want(200, "", "GET", "/v2/", nil, "Authorization", auth("hen", "egg"))
		h.want(401, "UNAUTHORIZED", "GET", "/v2/", nil, "Authorization", auth("hen", "wrong"))
		h.want(401, "UNAUTHORIZED", "GET", "/v2/", nil, "Authorization", auth("fox", "egg"))
	}
	if len(log) != 7 || log[1].User != "hen" || log[1].Status != 200 || log[2].User != "" || log[2].Status != 401 {
		t.Errorf("%+v", log)
	}
	for text, want := range map[string]string{"": "no users in it", "hen:plain": "line 1 is not NAME:BCRYPT", "hen": "line 1 is not", ":" + hash: "line 1 is not"} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	root := t.TempDir()
	h := open(t, root, nil)
	m := h.image("a", nil, "x")
	h.put("a", "1", m)
	r := open(t, root, func(o *Options) { o.ReadOnly = true })
	r.want(200, "", "GET", "/v2/a/manifests/1", nil)
	r.want(405, "UNSUPPORTED", "DELETE", "/v2/a/manifests/1", nil)
	r.want(405, "UNSUPPORTED", "POST", "/v2/a/blobs/uploads/", nil)
}

func (h *hub) collect(age time.Duration, untagged bool) Collected {
	h.Helper()
	out, err := Collect(CollectOptions{
		Root: h.root, Blobs: h.opt.Blobs, Lock: h.opt.Share, Before: time.Now().Add(-age), Untagged: untagged,
	})
	if err != nil {
		h.Error(err)
	}
	return out
}

func TestCollect(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	tagged, other := h.image("a", nil, "one", "shared"), h.image("a", nil, "two", "shared")
	about := h.image("a", func(m map[string]any) {
		m["subject"] = map[string]any{"mediaType": manifest.TypeManifest, "digest": sum(tagged), "size": len(tagged)}
	}, "three")
	h.put("a", "1", tagged)
	h.put("a", sum(other), other)
	h.put("a", sum(about), about)
	h.push("a", []byte("nobody's"))
	h.push("b", []byte("nobody's"))
	h.want(202, "", "POST", "/v2/b/blobs/uploads/", nil)
	if got := h.collect(time.Hour, true); got != (Collected{}) {
		t.Errorf("what is young went: %+v", got)
	}
	if got := h.collect(-time.Second, false); got != (Collected{Repositories: 1, Blobs: 2, Uploads: 1}) {
		t.Errorf("%+v", got)
	}
	h.want(200, "", "GET", "/v2/a/manifests/"+sum(other), nil)
	if got := h.collect(-time.Second, true); got != (Collected{Manifests: 1, Blobs: 2}) { // "two" and its configuration
		t.Errorf("%+v", got)
	}
	h.want(404, "MANIFEST_UNKNOWN", "GET", "/v2/a/manifests/"+sum(other), nil)
	h.want(200, "", "GET", "/v2/a/manifests/"+sum(about), nil)
	for text, status := range map[string]int{"one": 200, "shared": 200, "three": 200, "two": 404, "nobody's": 404} {
		h.want(status, "", "GET", "/v2/a/blobs/"+sum([]byte(text)), nil)
	}
	h.want(404, "NAME_UNKNOWN", "GET", "/v2/b/tags/list", nil)
	h.want(202, "", "DELETE", "/v2/a/manifests/1", nil)
	h.collect(-time.Second, true)
	if left, _ := os.ReadDir(filepath.Join(h.root, "repositories")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// Whatever is asked, the registry answers, and nothing is made but below its own folders.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/v2/a/manifests/x", "", "")
	f.Add("PUT", "/v2/a/manifests/x?tag=y", "application/vnd.oci.image.manifest.v1+json", `{"schemaVersion":2,"subject":{"digest":"sha256:00"}}`)
	f.Add("POST", "/v2/a/../blobs/uploads/?mount=sha256:x&from=..", "", "")
	f.Add("PATCH", "/v2/a/blobs/uploads/0123456789abcdef0123456789abcdef", "0-5", "hello")
	f.Add("GET", "/v2/a/referrers/sha256:0?artifactType=x&n=9", "", "")
	root := f.TempDir()
	s := New(Options{Root: root + "/in", Blobs: &blob.Store{Dir: root + "/in/blobs"}, Share: func() (func(), error) { return func() {}, nil }})
	f.Fuzz(func(t *testing.T, method, target, header, body string) {
		u, err := url.Parse(target)
		if err != nil {
			return
		}
		r := &http.Request{Method: method, URL: u, Header: http.Header{"Content-Type": {header}, "Content-Range": {header}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r.WithContext(t.Context()))
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %q: %s", method, target, w.Body)
		}
		if entries, _ := os.ReadDir(root); len(entries) > 1 {
			t.Fatalf("%s %q made %v", method, target, entries)
		}
	})
}
