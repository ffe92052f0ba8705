package proc

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const stat = "7 (a ) (b)) S 1 2 3 34818 7 4194560 1 2 3 4 55 66 7 8 20 -5 1 0 99 4096000 10 " +
		"18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 3 0 0 0 0 0\n"
	var p Process
	if !p.parse([]byte(stat)) {
		t.Fatal("not understood")
	}
	if p.Comm != "a ) (b)" || p.State != 'S' || p.Parent != 1 || p.Group != 2 || p.Session != 3 || p.Major != 136 || p.Minor != 2 ||
		p.User != 55 || p.System != 66 || p.Nice != -5 || p.Start != 99 || p.Size != 4000 || p.Resident != 10*uint64(os.Getpagesize())/1024 || p.CPU != 3 {
		t.Errorf("%+v", p)
	}
	if p.Status() != "S< " {
		t.Errorf("status %q", p.Status())
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("7 (a) S 1 2 3"))
	f.Add([]byte(")("))
	f.Fuzz(func(t *testing.T, stat []byte) { new(Process).parse(stat) })
}

func TestScan(t *testing.T) {
	cmd := exec.Command("sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for _, threads := range []bool{false, true} {
		s, err := Open()
		if err != nil {
			t.Fatal(err)
		}
		s.Threads = threads
		found := false
		for p := s.Next(); p != nil; p = s.Next() {
			if p.Pid != cmd.Process.Pid {
				continue
			}
			found = true
			uid, gid := p.RealIDs()
			if p.Parent != os.Getpid() || int(uid) != os.Getuid() || int(gid) != os.Getgid() || p.Uid != uid {
				t.Errorf("%+v %d %d", p, uid, gid)
			}
		}
		if !found {
			t.Error("not found, threads: ", threads)
		}
	}
	p, ok := Read(cmd.Process.Pid)
	if !ok || !strings.HasSuffix(p.Command(100), "sleep 100") || !strings.HasSuffix(p.Exe(), "/sleep") && !strings.Contains(p.Exe(), "box") {
		t.Errorf("%v %q %q", ok, p.Command(100), p.Exe())
	}
	if pids, _ := ByName("sleep"); !slices.Contains(pids, p.Pid) {
		t.Error("sleep is not among ", pids)
	}
	if pids, _ := ByName("no such process"); pids != nil {
		t.Error(pids)
	}
}
