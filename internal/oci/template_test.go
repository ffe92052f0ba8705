package oci

import (
	"bytes"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/google/go-cmp/cmp"
)

// runc's own output, with what differs on purpose replaced.
func runcSpec(t *testing.T, name string) string {
	t.Helper()
	b := read(t, name)
	b = bytes.Replace(b, []byte(`"ociVersion": "1.0.2-dev"`), []byte(`"ociVersion": "`+SpecVersion+`"`), 1)
	return string(bytes.Replace(b, []byte(`"hostname": "runc"`), []byte(`"hostname": "bantam"`), 1))
}

func TestDefaultSpecIsRuncs(t *testing.T) {
	if d := cmp.Diff(runcSpec(t, "runc.json"), string(DefaultSpec(nil, false))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(runcSpec(t, "runc-rootless.json"), string(DefaultSpec(&Rootless{}, false))); d != "" {
		t.Error(d)
	}
}

func TestDefaultSpecsAreValid(t *testing.T) {
	for _, rootless := range []*Rootless{nil, {UID: 1000, GID: 100}} {
		for _, v2 := range []bool{false, true} {
			s, err := DecodeSpec(DefaultSpec(rootless, v2))
			if err != nil {
				t.Fatal(err)
			}
			if err := Validate(s); err != nil {
				t.Error(err)
			}
			if got := namespaceOf(s.Linux, specs.CgroupNamespace) != nil; got != v2 {
				t.Errorf("cgroup namespace: %v, want %v", got, v2)
			}
			if rootless != nil && (s.Linux.UIDMappings[0].HostID != 1000 || s.Linux.GIDMappings[0].HostID != 100) {
				t.Errorf("mappings %v %v", s.Linux.UIDMappings, s.Linux.GIDMappings)
			}
		}
	}
	if specs.Version != SpecVersion {
		t.Errorf("runtime-spec's types are of %s, SpecVersion says %s", specs.Version, SpecVersion)
	}
}
