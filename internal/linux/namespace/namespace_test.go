package namespace

import (
	"os"
	"slices"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestKinds(t *testing.T) {
	var types []string
	var all uintptr
	for _, k := range Kinds() {
		types = append(types, string(k.Type))
		if all&k.Flag != 0 {
			t.Errorf("%s shares its flag with another", k.Type)
		}
		all |= k.Flag
		if got, ok := Of(k.Type); !ok || got != k {
			t.Errorf("Of(%s) = %v %v", k.Type, got, ok)
		}
		if got, ok := ByFlag(k.Flag); !ok || got != k {
			t.Errorf("ByFlag(%#x) = %v %v", k.Flag, got, ok)
		}
		if _, err := os.Lstat("/proc/self/ns/" + k.Proc); err != nil {
			t.Errorf("%s: %v", k.Type, err)
		}
	}
	slices.Sort(types)
	if !slices.Equal(types, Types()) {
		t.Errorf("kinds %q, types %q", types, Types())
	}
	if Kinds()[0].Type != specs.UserNamespace {
		t.Errorf("the user namespace must be joined first, not %s", Kinds()[0].Type)
	}
	if _, ok := Of("net"); ok {
		t.Error("net is not a name of the spec")
	}
	if _, ok := ByFlag(0); ok {
		t.Error("0 is a flag")
	}
}
