package crash

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// inside says that this process has a mount namespace of its own.
const inside = "BANTAM_CRASH_INSIDE"

// onSmallDisk runs the test again in a mount namespace of its own, where it gets a store on a
// disk of 12 MiB; outside it gets none.
func onSmallDisk(t *testing.T) *store {
	t.Helper()
	testenv.Root(t)
	testenv.Bin(t, "bantam") // built outside, where there is room
	testenv.Bin(t, "bantamd")
	if os.Getenv(inside) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return nil
	}
	s := newStore(t, t.TempDir())
	s.root = s.dir + "/small/root"
	if err := os.Mkdir(s.dir+"/small", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", s.dir+"/small", "tmpfs", 0, "size=12m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(s.dir+"/small", unix.MNT_DETACH) })
	return s
}

func TestFullDisk(t *testing.T) {
	s := onSmallDisk(t)
	if s == nil {
		return
	}
	full := 0
	for i := range 24 {
		name := "image:" + strconv.Itoa(i)
		tar := s.tarFile("a.tar", uint64(i), 1<<20+i*150000)
		out, err := s.command("import", tar, name).CombinedOutput()
		switch {
		case err == nil:
			s.images[name] = true
		case strings.Contains(string(out), "no space left on device"):
			full++
		default:
			t.Fatalf("import on a full disk: %v: %s", err, out)
		}
		s.check("import " + strconv.Itoa(i))
	}
	if full == 0 || len(s.images) < 3 {
		t.Errorf("%d imports found the disk full, %d had room", full, len(s.images))
	}
	for i := 0; ; i++ {
		out, err := s.command("save", "-o", s.dir+"/small/"+strconv.Itoa(i)+".tar", "image:0").CombinedOutput()
		if err == nil && i < 20 {
			continue
		}
		if !strings.Contains(string(out), "no space left on device") {
			t.Errorf("save on a full disk: %v: %s", err, out)
		}
		break
	}
	if left, _ := filepath.Glob(s.dir + "/small/.tmp-*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	s.check("save")
	s.empty()
}

// TestFullDiskInParallel lets the disk become full at some instant of pull, load, import, prune and gc at the same time.
// What was acknowledged stays, and once there is room everything goes through.
func TestFullDiskInParallel(t *testing.T) {
	s := onSmallDisk(t)
	if s == nil {
		return
	}
	r := &registry{store: newStore(t, t.TempDir()), address: freePort(t)}
	server := r.serve()
	defer end(server)
	archive, pulled := s.dir+"/archive.tar", r.address+"/team/app:1"
	r.must("import", r.tarFile("one.tar", 1, 1<<20), "one:1")
	r.must("import", r.tarFile("two.tar", 2, 1<<20), pulled)
	r.must("push", "-q", pulled)
	r.must("save", "-o", archive, "one:1")
	rnd := rand.New(rand.NewPCG(7, 8))
	full, done := 0, 0
	for round := range rounds {
		s.must("image", "prune", "--all", "--force")
		clear(s.images)
		s.must("import", s.tarFile("kept.tar", uint64(round)+50, 1<<20), "kept:1")
		s.images["kept:1"] = true
		fresh := s.tarFile("fresh.tar", uint64(round)+100, 1<<20)
		work := map[string][]string{
			"one:1": {"load", "-q", "-i", archive}, pulled: {"pull", "-q", pulled}, "fresh:1": {"import", fresh, "fresh:1"},
			"": {"import", fresh}, "prune": {"image", "prune", "--force"}, "gc": {"registry", "gc", "--age", "0s"},
		}
		s.fill(rnd.Int64N(6 << 20))
		f, d := s.together(work)
		full, done = full+f, done+d
		s.check("full, round " + strconv.Itoa(round))
		s.fill(-1)
		if f, _ := s.together(work); f > 0 {
			t.Errorf("round %d: the disk is full with room on it", round)
		}
		s.check("round " + strconv.Itoa(round))
	}
	t.Logf("%d commands found the disk full, %d had room", full, done)
	if full < rounds/3 || done < rounds {
		t.Errorf("%d commands found the disk full, %d had room: that shows little", full, done)
	}
	s.empty()
}

// fill leaves so much room on the small disk; -1 is all that the store doesn't take.
func (s *store) fill(room int64) {
	s.t.Helper()
	path := s.dir + "/small/filler"
	if err := os.RemoveAll(path); err != nil {
		s.t.Fatal(err)
	}
	if room < 0 {
		return
	}
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir+"/small", &st); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, max(int64(st.Bavail)*st.Bsize-room, 0)), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// together runs commands side by side and counts those that found the disk full and those that went through; the name
// of an image is acknowledged then.
func (s *store) together(work map[string][]string) (full, done int) {
	s.t.Helper()
	var wg sync.WaitGroup
	for name, args := range work {
		wg.Go(func() {
			out, err := s.command(args...).CombinedOutput()
			s.mu.Lock()
			defer s.mu.Unlock()
			switch {
			case err == nil:
				done++
				if strings.Contains(name, ":") {
					s.images[name] = true
				}
			case strings.Contains(string(out), "no space left on device"):
				full++
			default:
				s.t.Errorf("%s on a full disk: %v: %s", strings.Join(args, " "), err, out)
			}
		})
	}
	wg.Wait()
	return full, done
}
