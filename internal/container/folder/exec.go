package folder

import (
	"os"
	"time"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Exec is a further process of a container that was asked for by the API, which creates
// it, starts it and asks for its exit code in calls of their own.
//
//	ROOT/containers/ID/execs/EXECID.json        what was asked for
//	ROOT/containers/ID/execs/EXECID.state.json  made exclusively by who starts it, replaced by the monitor
type Exec struct {
	ID                                      string // begins as the container's id does
	Created                                 time.Time
	Command                                 []string
	Env                                     []string
	User, WorkingDir                        string
	DetachKeys                              string
	Tty, Privileged                         bool
	AttachStdin, AttachStdout, AttachStderr bool
}

// ExecState is what became of it.
type ExecState struct {
	Pid      int
	PidStart uint64 // field 22 of /proc/PID/stat
	ExitCode int
	Finished time.Time // zero while it runs
}

func (x *Exec) members(f *statefile.Fields) {
	f.Str("ID", &x.ID)
	f.Time("Created", &x.Created)
	f.List("Command", &x.Command)
	f.List("Env", &x.Env)
	f.Str("User", &x.User)
	f.Str("WorkingDir", &x.WorkingDir)
	f.Str("DetachKeys", &x.DetachKeys)
	f.Flag("Tty", &x.Tty)
	f.Flag("Privileged", &x.Privileged)
	f.Flag("AttachStdin", &x.AttachStdin)
	f.Flag("AttachStdout", &x.AttachStdout)
	f.Flag("AttachStderr", &x.AttachStderr)
}

func (x *ExecState) members(f *statefile.Fields) {
	f.Int("Pid", &x.Pid)
	f.Unsigned("PidStart", &x.PidStart)
	f.Int("ExitCode", &x.ExitCode)
	f.Time("Finished", &x.Finished)
}

const execs = "/execs"

// WriteExec keeps what was asked for.
func (f Folder) WriteExec(x *Exec) error {
	if err := unix.Mkdir(f.Dir+execs, 0o700); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "mkdir", Path: f.Dir + execs, Err: err}
	}
	return statefile.Replace(f.Dir+execs, x.ID+".json", statefile.Encode(x.members), 0o600, false)
}

// ReadExec reads it again.
func (f Folder) ReadExec(id string) (*Exec, error) {
	x := new(Exec)
	return x, statefile.Read(f.Dir+execs+"/"+id+".json", x.members)
}

// ClaimExec makes the caller the one who starts it; os.ErrExist: it was started before.
func (f Folder) ClaimExec(id string) error {
	file, err := os.OpenFile(f.Dir+execs+"/"+id+".state.json", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteString("{}\n")
	return err
}

// WriteExecState replaces what became of it.
func (f Folder) WriteExecState(id string, st *ExecState) error {
	return statefile.Replace(f.Dir+execs, id+".state.json", statefile.Encode(st.members), 0o600, false)
}

// ReadExecState reads it; os.ErrNotExist: it was not started yet.
func (f Folder) ReadExecState(id string) (*ExecState, error) {
	st := new(ExecState)
	return st, statefile.Read(f.Dir+execs+"/"+id+".state.json", st.members)
}

// Execs lists the ids of the further processes.
func (f Folder) Execs() []string {
	list, _ := os.ReadDir(f.Dir + execs)
	var ids []string
	for _, e := range list {
		if name := e.Name(); len(name) == 64+len(".json") && name[0] != '.' {
			ids = append(ids, name[:64])
		}
	}
	return ids
}

// RemoveExec forgets one.
func (f Folder) RemoveExec(id string) {
	unix.Unlink(f.Dir + execs + "/" + id + ".json")
	unix.Unlink(f.Dir + execs + "/" + id + ".state.json")
}
