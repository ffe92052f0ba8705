package oci

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// strip takes off the sections of other systems, which the decoder skips.
func strip(s *specs.Spec) {
	s.Solaris, s.Windows, s.VM, s.ZOS, s.FreeBSD = nil, nil, nil, nil, nil
}

func TestDecodeAsReflectionDoes(t *testing.T) {
	for _, name := range []string{"runc.json", "runc-rootless.json", "docker.json"} {
		b := read(t, name)
		var want specs.Spec
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		got, err := DecodeSpec(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(&want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// fill puts a value that is not zero into every field, list and map below v. No two
// values are alike, so that a field decoded into another one is seen.
func fill(v reflect.Value, n *int64) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("text " + strings.Repeat("é\n", int(*n%3)) + string(rune('a'+*n%26)) + json.Number(big(*n)).String())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
		v.Set(reflect.ValueOf("anything"))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(-*n)
	default:
		v.SetUint(uint64(*n))
	}
}

func big(n int64) string { b, _ := json.Marshal(n); return string(b) }

func everyField[T any](t *testing.T, decode func([]byte) (*T, error), strip func(*T)) {
	t.Helper()
	want, n := new(T), int64(0)
	fill(reflect.ValueOf(want).Elem(), &n)
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	strip(want)
	got, err := decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A field that a newer runtime-spec adds fails here until it is decoded.
func TestEveryFieldIsDecoded(t *testing.T) {
	t.Run("spec", func(t *testing.T) { everyField(t, DecodeSpec, strip) })
	t.Run("process", func(t *testing.T) { everyField(t, DecodeProcess, func(*specs.Process) {}) })
	t.Run("resources", func(t *testing.T) { everyField(t, DecodeResources, func(*specs.LinuxResources) {}) })
	t.Run("state", func(t *testing.T) { everyField(t, DecodeState, func(*specs.State) {}) })
}

func TestErrorsNameThePath(t *testing.T) {
	for in, want := range map[string]string{
		``:                                 `invalid JSON at line 1, column 1: expected an object, got the end`,
		`[]`:                               `expected an object, got array`,
		`null`:                             `expected an object, got null`,
		`{`:                                `invalid JSON at line 1, column 2: expected a member's name, got the end`,
		`{} x`:                             `invalid JSON at line 1, column 4: expected nothing after the document, got "x"`,
		"{\n \"ociVersion\": \"1\",\n}":    `invalid JSON at line 3, column 1: expected a member's name, got "}"`,
		`{"process":{"user":{"uid":"0"}}}`: `process.user.uid: expected a number, got string`,
		`{"process":{"user":{"uid":4294967296}}}`:  `process.user.uid: 4294967296 is not an integer from 0 to 4294967295`,
		`{"process":{"user":{"uid":1.5}}}`:         `process.user.uid: 1.5 is not an integer from 0 to 4294967295`,
		`{"process":{"user":{"gid":-1}}}`:          `process.user.gid: -1 is not an integer from 0 to 4294967295`,
		`{"process":{"args":["a",{}]}}`:            `process.args[1]: expected a string, got object`,
		`{"process":{"args":"a"}}`:                 `process.args: expected an array, got string`,
		`{"mounts":[{},{"options":[1]}]}`:          `mounts[1].options[0]: expected a string, got number`,
		`{"mounts":{}}`:                            `mounts: expected an array, got object`,
		`{"root":{"readonly":"yes"}}`:              `root.readonly: expected a boolean, got string`,
		`{"linux":{"sysctl":{"net.x":1}}}`:         `linux.sysctl.net.x: expected a string, got number`,
		`{"linux":{"resources":{"pids":[]}}}`:      `linux.resources.pids: expected an object, got array`,
		`{"hostname":"a\u0000b"}`:                  `hostname: a NUL character (\u0000) cannot be passed to the kernel`,
		`{"hostname":"a`:                           `hostname: invalid JSON at line 1, column 15: expected '"', got the end`,
		"{\"hostname\":\"a\tb\"}":                  `hostname: invalid JSON at line 1, column 15: expected no control character in a string, got "\t"`,
		`{"hostname":"\x"}`:                        `hostname: invalid JSON at line 1, column 15: expected an escape sequence, got "x"`,
		`{"hostname":tru}`:                         `hostname: expected a string, got boolean`,
		`{"foo":tru}`:                              `foo: invalid JSON at line 1, column 8: expected true, got "t"`,
		`{"foo":01}`:                               `invalid JSON at line 1, column 9: expected ',' or '}', got "1"`,
		`{"foo":-}`:                                `foo: invalid JSON at line 1, column 9: expected a digit, got "}"`,
		`{"foo":[1,]}`:                             `foo[1]: invalid JSON at line 1, column 11: expected a value, got "]"`,
		`{"foo" 1}`:                                `invalid JSON at line 1, column 8: expected ':', got "1"`,
		`{"foo":` + strings.Repeat(`[`, 200) + `}`: `nested more than 128 levels deep`,
	} {
		_, err := DecodeSpec([]byte(in))
		if err == nil {
			t.Errorf("%.60s: no error, want %s", in, want)
		} else if got := err.Error(); got != want && (!strings.HasPrefix(want, "nested") || !strings.HasSuffix(got, want)) {
			t.Errorf("%.60s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestLastOfDuplicatesWins(t *testing.T) {
	s, err := DecodeSpec([]byte(`{"hostname":"a","hostname":"b",
		"process":{"cwd":"/x","user":{"uid":1}},"process":{"args":["p"],"user":{"gid":2},"args":["q"],"user":{"uid":3}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := (specs.Process{Args: []string{"q"}, User: specs.User{UID: 3}}); s.Hostname != "b" || !reflect.DeepEqual(*s.Process, want) {
		t.Errorf("hostname %q, process %+v", s.Hostname, *s.Process)
	}
}

func TestStringsLongerThanAChunk(t *testing.T) {
	args := make([]string, 3*chunk+1)
	for i := range args {
		args[i] = big(int64(i))
	}
	in := specs.Spec{Process: &specs.Process{Args: args, Env: args[:5]}}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeSpec(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Process.Args, args) || !reflect.DeepEqual(got.Process.Env, args[:5]) {
		t.Errorf("%q %q", got.Process.Args, got.Process.Env)
	}
	_ = append(got.Process.Args, "x")
	if got.Process.Env[0] != "0" {
		t.Error("append to one list writes into the next")
	}
}

func BenchmarkDecodeSpec(b *testing.B) {
	for _, name := range []string{"runc.json", "docker.json"} {
		text := read(b, name)
		b.Run(strings.TrimSuffix(name, ".json"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for range b.N {
				if _, err := DecodeSpec(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzDecodeSpec(f *testing.F) {
	for _, name := range []string{"runc.json", "docker.json"} {
		f.Add(read(f, name))
	}
	var full specs.Spec
	n := int64(0)
	fill(reflect.ValueOf(&full).Elem(), &n)
	b, err := json.Marshal(full)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("{\"hostname\":\"\xc3t\\n\"}")) // no UTF-8 before an escape
	f.Add([]byte(`{"hostname":"\ud83d\ude00\u00e9\/\ud83d","annotations":{"a":null,"b":"\xff"},"mounts":[null],"linux":null}`))
	names := members(reflect.TypeFor[specs.Spec](), map[string]bool{})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := DecodeSpec(bytes.Clone(b))
		var want specs.Spec
		wantErr := json.Unmarshal(b, &want)
		if plain, comparable := ordinary(b, names); !comparable {
			return
		} else if wantErr != nil && plain {
			if err == nil {
				t.Fatalf("taken, but reflection says %v", wantErr)
			}
			return
		}
		if err != nil {
			if !tolerated(err.Error()) && wantErr == nil {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		strip(&want)
		if d := cmp.Diff(&want, got); d != "" && wantErr == nil {
			t.Fatal(d)
		}
	})
}

// tolerated are refusals that reflection does not know.
func tolerated(err string) bool {
	return strings.Contains(err, "NUL") || strings.Contains(err, "nested") || err == "expected an object, got null"
}

// ordinary says whether both decoders must agree on a document: no member twice, none that encoding/json
// takes for another in spite of its case (comparable), and none of the sections that the decoder skips (plain).
func ordinary(b []byte, names map[string]bool) (plain, comparable bool) {
	var stack []map[string]bool
	plain = true
	d := json.NewDecoder(bytes.NewReader(b))
	wantKey := false
	for {
		token, err := d.Token()
		if err != nil {
			return plain, true
		}
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{':
				stack = append(stack, map[string]bool{})
				wantKey = true
			case '[':
				stack = append(stack, nil)
				wantKey = false
			default:
				stack = stack[:len(stack)-1]
				wantKey = len(stack) > 0 && stack[len(stack)-1] != nil
			}
			continue
		case string:
			if wantKey {
				if stack[len(stack)-1][v] || !names[v] && folded(v, names) {
					return false, false
				}
				stack[len(stack)-1][v] = true
				plain = plain && v != "solaris" && v != "windows" && v != "vm" && v != "zos" && v != "freebsd"
				wantKey = false
				continue
			}
		}
		wantKey = len(stack) > 0 && stack[len(stack)-1] != nil
	}
}

func folded(v string, names map[string]bool) bool {
	for n := range names {
		if strings.EqualFold(n, v) {
			return true
		}
	}
	return false
}

// members collects the names of every JSON member below a type.
func members(t reflect.Type, names map[string]bool) map[string]bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return members(t.Elem(), names)
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			names[name] = true
			members(t.Field(i).Type, names)
		}
	}
	return names
}
