package features

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"
)

func document(t *testing.T) (f features.Features, text []byte) {
	t.Helper()
	text = Document(Runtime{Version: `1."2"`, Commit: "abc", GOARCH: "amd64"})
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f, text
}

func TestDocumentIsIndentedJSON(t *testing.T) {
	f, text := document(t)
	var want bytes.Buffer
	if err := json.Indent(&want, bytes.TrimSpace(text), "", "    "); err != nil {
		t.Fatal(err)
	}
	if want.String()+"\n" != string(text) {
		t.Errorf("not indented as encoding/json does:\n%s", text)
	}
	if f.OCIVersionMax != specs.Version || f.Annotations["bantam.version"] != `1."2"` {
		t.Errorf("versions %q %q", f.OCIVersionMax, f.Annotations)
	}
}

// Nothing is left at "unknown".
func TestEveryFeatureIsSaid(t *testing.T) {
	f, _ := document(t)
	said(t, "features", reflect.ValueOf(f))
}

func said(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			t.Errorf("%s is unknown", path)
			return
		}
		said(t, path, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			said(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			t.Errorf("%s is empty", path)
		}
	}
}

func TestLists(t *testing.T) {
	f, _ := document(t)
	if !slices.Contains(f.MountOptions, "rro") || !slices.Contains(f.Linux.Namespaces, "time") ||
		!slices.Contains(f.Linux.Capabilities, "CAP_CHECKPOINT_RESTORE") || !slices.Contains(f.Linux.Seccomp.Archs, "SCMP_ARCH_X32") {
		t.Errorf("%+v", f)
	}
	for _, h := range f.Hooks {
		field := strings.ToUpper(h[:1]) + h[1:]
		if _, ok := reflect.TypeFor[specs.Hooks]().FieldByName(field); !ok {
			t.Errorf("the spec has no hook %s", h)
		}
	}
}
