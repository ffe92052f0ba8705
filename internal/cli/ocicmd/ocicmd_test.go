package ocicmd

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestFlagForms(t *testing.T) {
	for _, args := range [][]string{
		{"-b", "v", "--on", "id"}, {"--bundle", "v", "-on", "id"}, {"-bundle=v", "--on=true", "id"}, {"id", "--bundle=v", "--on"}, {"--on", "-b=v", "--", "id"},
	} {
		var b string
		var on bool
		f := &flags{list: []flag{text(&b, "bundle", "b", "DIR", ""), boolean(&on, "on", "", "")}}
		rest, err := f.parse(args)
		if err != nil || b != "v" || !on || !reflect.DeepEqual(rest, []string{"id"}) {
			t.Errorf("%q: %q %v %q %v", args, b, on, rest, err)
		}
	}
	f := &flags{stop: true}
	if rest, err := f.parse([]string{"id", "ls", "--x"}); err != nil || len(rest) != 3 {
		t.Errorf("%q %v", rest, err)
	}
	for _, bad := range [][]string{{"--nope"}, {"-p"}, {"--n", "-1"}, {"--n", "x"}} {
		n := 0
		f := &flags{list: []flag{text(new(string), "p", "", "X", ""), number(&n, "n", "")}}
		if _, err := f.parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestHelpNamesEveryOption(t *testing.T) {
	for _, c := range commands() {
		set, run := c.make()
		if run == nil {
			t.Errorf("%s does nothing", c.name)
		}
		help := c.help()
		for _, o := range set.list {
			if !strings.Contains(help, "--"+o.name) || o.help == "" {
				t.Errorf("%s: --%s is not in the help", c.name, o.name)
			}
		}
	}
}

func TestUpdateOptions(t *testing.T) {
	u := &updateFlags{}
	if _, err := u.flags().parse([]string{"--memory", "64m", "--memory-swap=-1", "--cpu-quota", "5000", "--cpu-share", "7", "--pids-limit", "9", "--blkio-weight", "500", "--cpuset-cpus", "0"}); err != nil {
		t.Fatal(err)
	}
	if *u.r.Memory.Limit != 64<<20 || *u.r.Memory.Swap != -1 || *u.r.CPU.Quota != 5000 || *u.r.CPU.Shares != 7 || *u.r.Pids.Limit != 9 || *u.r.BlockIO.Weight != 500 || u.r.CPU.Cpus != "0" {
		t.Errorf("%+v", u.r)
	}
	for _, bad := range []string{"x", "", "9e9g", "9999999999999t", "m"} {
		if _, err := (&updateFlags{}).flags().parse([]string{"--memory", bad}); err == nil {
			t.Errorf("--memory %q is taken", bad)
		}
	}
	if _, err := (&updateFlags{}).flags().parse([]string{"--kernel-memory", "1"}); err == nil {
		t.Error("--kernel-memory is taken and does nothing")
	}
}

func TestExecChanges(t *testing.T) {
	e := &execFlags{}
	if _, err := e.flags().parse([]string{"-u", "5:6", "-g", "7", "-e", "A=b", "--cwd", "/x", "-t", "-c", "CAP_CHOWN", "--no-new-privs"}); err != nil {
		t.Fatal(err)
	}
	p := &specs.Process{Env: []string{"Z=1"}, Capabilities: &specs.LinuxCapabilities{Bounding: []string{"CAP_KILL"}}}
	if err := e.change(p, []string{"ls"}); err != nil {
		t.Fatal(err)
	}
	if p.User.UID != 5 || p.User.GID != 6 || p.User.AdditionalGids[0] != 7 || len(p.Env) != 2 || p.Cwd != "/x" || !p.Terminal || !p.NoNewPrivileges {
		t.Errorf("%+v", p)
	}
	if !reflect.DeepEqual(p.Capabilities.Bounding, []string{"CAP_KILL", "CAP_CHOWN"}) || len(p.Capabilities.Inheritable) != 0 {
		t.Errorf("%+v", p.Capabilities)
	}
	for _, bad := range []execFlags{{user: "root"}, {user: "1:x"}, {groups: []string{"-1"}}, {caps: []string{"CAP_NOPE"}}} {
		if err := bad.change(&specs.Process{}, nil); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestLogLines(t *testing.T) {
	l := &logger{json: true}
	var m struct{ Level, Msg, Time string }
	if err := json.Unmarshal(l.line("error", "a \"b\"\n\\ \xff"), &m); err != nil || m.Level != "error" || m.Msg != "a \"b\"\n\\ \ufffd" || m.Time == "" {
		t.Errorf("%v: %+v", err, m)
	}
	if s := string((&logger{}).line("error", `a "b"`)); !strings.Contains(s, ` level=error msg="a \"b\""`) {
		t.Error(s)
	}
}
