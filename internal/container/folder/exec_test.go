package folder

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A further process is created, claimed once, runs and ends; what is being written does not count, and what has ended
// long ago is forgotten.
func TestExecLife(t *testing.T) {
	f := add(t, open(t), "0123", "x")
	x := &Exec{ID: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Command: []string{"true"}}
	if err := f.WriteExec(x); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadExecState(x.ID); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before its start: %v", err)
	}
	if err := f.ClaimExec(x.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.ClaimExec(x.ID); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second start: %v", err)
	}
	state := func(pid, code int, over bool) {
		t.Helper()
		st, err := f.ReadExecState(x.ID)
		if err != nil || st.Pid != pid || st.ExitCode != code || st.Finished.IsZero() == over {
			t.Errorf("%+v, %v", st, err)
		}
	}
	state(0, 0, false)
	for _, st := range []ExecState{{Pid: 7, PidStart: 9}, {Pid: 7, PidStart: 9, ExitCode: 3, Finished: time.Now()}} {
		if err := f.WriteExecState(x.ID, &st); err != nil {
			t.Fatal(err)
		}
		state(7, st.ExitCode, !st.Finished.IsZero())
	}
	half, err := os.OpenFile(filepath.Join(f.Dir, "execs", x.ID+".state.json"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if _, err := half.WriteString(`{"Pid":8,"Exi`); err != nil {
		t.Fatal(err)
	}
	state(7, 3, true)
	f.ForgetExecs(time.Now().Add(-time.Hour))
	state(7, 3, true)
	f.ForgetExecs(time.Now().Add(time.Hour))
	if _, err := f.ReadExec(x.ID); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was forgotten is still there: %v", err)
	}
}
