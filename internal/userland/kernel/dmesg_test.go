package kernel

import "testing"

func TestWithoutLevels(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "<6>a\n<12>b": "a\nb", "x<6>\n<": "x<6>\n<", "<6\n>a\n": "<6\n>a\n",
	} {
		if got := string(withoutLevels([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestPath(t *testing.T) {
	for in, want := range map[string]string{
		"kernel.hostname": "kernel/hostname", "kernel/hostname": "kernel/hostname", "net.ipv4.conf.lo/x.forwarding": "net/ipv4/conf/lo.x/forwarding",
		"net.ipv4.conf.lo.forwarding": "net/ipv4/conf/lo/forwarding", "no.such": "no.such", "": "",
	} {
		if got := path(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
