package script

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// serve FILE offers the file at $URL/whole, half of it with the length of all at
// $URL/short, and half of it in chunks that do not end at $URL/broken. $NOBODY is a
// URL where nobody listens.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve FILE")
	}
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	mux := http.NewServeMux()
	mux.HandleFunc("/whole", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = w.Write(b[:len(b)/2])
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(b[:len(b)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	s := httptest.NewServer(mux)
	ts.Defer(s.Close)
	ts.Setenv("URL", s.URL)
	closed := httptest.NewServer(mux)
	closed.Close()
	ts.Setenv("NOBODY", closed.URL)
}

// unkept fails if the store has an image, a layer or a name.
func unkept(ts *testscript.TestScript, neg bool, args []string) {
	for _, d := range []string{"images/sha256", "layers", "tags"} {
		entries, err := os.ReadDir(ts.Getenv("BANTAM_ROOT") + "/" + d)
		if err != nil && !os.IsNotExist(err) {
			ts.Fatalf("%v", err)
		}
		if len(entries) != 0 {
			ts.Fatalf("%s has %v", d, entries)
		}
	}
}
