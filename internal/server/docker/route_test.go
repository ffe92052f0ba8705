package docker

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"bantam/internal/engine"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          []string
		ok            bool
	}{
		{"containers/{name}/json", "containers/a/json", []string{"a"}, true},
		{"containers/{name}/json", "containers/a/b/json", nil, false},
		{"containers/{name}", "containers/", nil, false},
		{"containers/{name}", "containers/a/json", nil, false},
		{"images/{name*}/json", "images/a/json", []string{"a"}, true},
		{"images/{name*}/json", "images/host:5000/b/c/json", []string{"host:5000/b/c"}, true},
		{"images/{name*}/json", "images/json", nil, false},
		{"images/{name*}", "images/a/b", []string{"a/b"}, true},
		{"images/{name*}", "images/", nil, false},
	} {
		vars, ok := match(strings.Split(c.pattern, "/"), strings.Split(c.path, "/"))
		if ok != c.ok || ok && !slices.Equal(vars, c.want) {
			t.Errorf("%s and %s: %v %v, want %v %v", c.pattern, c.path, vars, ok, c.want, c.ok)
		}
	}
}

func server(t *testing.T) *Server {
	t.Helper()
	return New(&engine.Engine{Root: t.TempDir()}, engine.VersionInfo{Version: "1.2.3"}, nil)
}

func ask(s *Server, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestAnswers(t *testing.T) {
	s := server(t)
	for _, c := range []struct {
		method, target, body string
		status               int
		text                 string
	}{
		{"GET", "/_ping", "", 200, "OK"},
		{"GET", "/v1.24/_ping", "", 200, "OK"},
		{"GET", "/v1.23/_ping", "", 400, `{"message":"client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version"}`},
		{"GET", "/v1.99/_ping", "", 400, `{"message":"client version 1.99 is too new. Maximum supported API version is ` + MaxVersion + `"}`},
		{"GET", "/v1.x/_ping", "", 400, `{"message":"invalid API version: 1.x"}`},
		{"GET", "/nothing", "", 404, `{"message":"page not found"}`},
		{"PATCH", "/containers/json", "", 405, `{"message":"method not allowed"}`},
		{"GET", "/containers/nope/json", "", 404, `{"message":"No such container: nope"}`},
		{"GET", "/containers/json", "", 200, `[]`},
		{"GET", "/containers/json?limit=x", "", 400, `{"message":"invalid value for limit: \"x\" is not a whole number"}`},
		{"GET", "/containers/json?filters={", "", 400, `{"message":"invalid filter: unexpected end of JSON input"}`},
		{"GET", `/containers/json?filters={"nope":["x"]}`, "", 400, `{"message":"invalid filter 'nope'"}`},
		{"GET", `/containers/json?filters={"status":{"nope":true}}`, "", 400, `{"message":"invalid filter 'status=nope'"}`},
		{"POST", "/containers/create", "", 400, `{"message":"invalid JSON: got EOF while reading request body"}`},
		{"POST", "/containers/create", `{}`, 400, `{"message":"config cannot be empty in order to create a container"}`},
		{"POST", "/containers/create", `{"Tty":"yes"}`, 400, "invalid JSON: cannot unmarshal string into Go struct field createRequest.CreateRequest.Config.Tty of type bool"},
		{"POST", "/containers/create", `{"Image":"box"} x`, 400, `{"message":"unexpected content after JSON"}`},
		{"POST", "/containers/create", `{"Image":"no.such/image","Unknown":1}`, 404, `No such image`},
		{"POST", "/containers/create", `{"Image":"box","HostConfig":{"VolumeDriver":"nope"}}`, 400, `{"message":"error looking up volume plugin nope: plugin \"nope\" not found"}`},
		{"POST", "/containers/nope/update", `{"BlkioDeviceReadBps":[{"Path":"/dev/sda","Rate":1}]}`, 404, `No such container: nope`},
		{"POST", "/v1.54/containers/nope/update", `{"BlkioDeviceReadBps":[{"Path":"/dev/sda","Rate":1}]}`, 404, `No such container: nope`},
		{"GET", "/images/box/get?platform=/etc", "", 400, "invalid OS component"},
		{"GET", `/images/box/history?platform={}`, "", 400, "invalid OS component"},
		{"GET", "/images/get?names=nope&platform=linux/amd64&platform=linux/arm64", "", 404, "reference does not exist: nope"},
		{"POST", "/images/create?fromImage=nope&platform=linux/amd64&platform=linux/arm64", "", 400, "several platforms at once are not supported"},
		{"POST", "/containers/nope/start", "", 404, `{"message":"No such container: nope"}`},
		{"POST", "/containers/nope/wait?condition=never", "", 400, `{"message":"invalid condition: \"never\""}`},
		{"POST", "/containers/nope/resize?h=1", "", 400, `{"message":"invalid resize size: h and w have to be given, each below 65536"}`},
		{"POST", "/exec/nope/start", `{}`, 404, `{"message":"No such exec instance: nope"}`},
		{"GET", "/nodes", "", 503, "This node is not a swarm manager"},
		{"GET", "/plugins", "", 200, "[]"},
		{"GET", "/plugins/a/b/json", "", 404, `{"message":"plugin \"a/b\" not found"}`},
	} {
		w := ask(s, c.method, strings.ReplaceAll(c.target, `"`, "%22"), c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.target, c.body, w.Code, w.Body, c.status, c.text)
		}
		if w.Header().Get("Api-Version") != MaxVersion {
			t.Errorf("%s %s: no Api-Version", c.method, c.target)
		}
	}
}

func TestUnsupportedContentType(t *testing.T) {
	r := httptest.NewRequest("POST", "/containers/create", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "text/plain")
	w := httptest.NewRecorder()
	server(t).ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTooLarge(t *testing.T) {
	w := ask(server(t), "POST", "/containers/create", `{"Image":"`+strings.Repeat("x", maxBody)+`"}`)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// FuzzCreate: no request for a container may be answered with a panic or an error of the server's.
func FuzzCreate(f *testing.F) {
	f.Add(`{"Image":"box","Cmd":["true"],"HostConfig":{"Binds":["/a:/b:ro"],"Mounts":[{"Type":"tmpfs","Target":"/x","TmpfsOptions":{"SizeBytes":1}}]}}`)
	f.Add(`{"Image":"box","Cmd":"one word","Entrypoint":["",""],"Healthcheck":{"Test":["CMD"]}}`)
	f.Add(`{"HostConfig":{"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3},"Ulimits":[null,{"Name":"nofile","Soft":1,"Hard":2}]}}`)
	s := New(&engine.Engine{Root: f.TempDir()}, engine.VersionInfo{}, nil)
	f.Fuzz(func(t *testing.T, body string) {
		if w := ask(s, "POST", "/containers/create", strings.ReplaceAll(body, "box", "no.such/image")); w.Code >= 500 {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}
