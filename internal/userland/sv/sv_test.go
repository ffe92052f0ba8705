package sv

import "testing"

func TestParse(t *testing.T) {
	got := parse([]byte("@\x00\x00\x00i\x00\x00\x01\x00\x00\x00\x07\x01\x02\x00\x00\x00u\x01\x02"))
	want := state{time: 0x4000000069000001, pid: 513, want: 'u', gotTerm: 1, running: 2}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestCommand(t *testing.T) {
	for name, want := range map[string]string{
		"status": "s", "start": "u", "up": "u", "stop": "d", "restart": "tcu", "exit": "x", "force-stop": "d",
		"try-restart": "tc", "check": "C", "1": "1", "restarted": "", "f": "", "hup": "h",
	} {
		if acts, _, _ := command(name, false); acts != want {
			t.Errorf("%s: %q, want %q", name, acts, want)
		}
	}
}
