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
//	ROOT/containers/ID/execs/EXECID.state.json  made exclusively by who starts it; the monitor adds a line when it runs and one when it has ended
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

const execsDir = "/execs"

// WriteExec keeps what was asked for.
func (f Folder) WriteExec(x *Exec) error {
	if err := unix.Mkdir(f.Dir+execsDir, 0o700); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "mkdir", Path: f.Dir + execsDir, Err: err}
	}
	path := f.Dir + execsDir + "/" + x.ID + ".json" // which nobody asks for before its id is known
	if err := statefile.Write(path, statefile.Encode(x.members), 0o600, false); err != nil {
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// ReadExec reads it again.
func (f Folder) ReadExec(id string) (*Exec, error) {
	x := new(Exec)
	return x, statefile.Read(f.Dir+execsDir+"/"+id+".json", x.members)
}

// ClaimExec makes the caller the one who starts it; os.ErrExist: it was started before.
func (f Folder) ClaimExec(id string) error {
	path := f.execState(id)
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err == nil {
		_, err = unix.Write(fd, []byte("{}\n")) // takes the block that the rest needs, too
		unix.Close(fd)
	}
	if err != nil {
		return &os.PathError{Op: "claim", Path: path, Err: err}
	}
	return nil
}

func (f Folder) execState(id string) string { return f.Dir + execsDir + "/" + id + ".state.json" }

// WriteExecState adds what became of it.
func (f Folder) WriteExecState(id string, st *ExecState) error {
	return statefile.Append(f.execState(id), statefile.Encode(st.members))
}

// ReadExecState reads it; os.ErrNotExist: it was not started yet.
func (f Folder) ReadExecState(id string) (*ExecState, error) {
	st := new(ExecState)
	return st, statefile.ReadLast(f.execState(id), st.members)
}

// ForgetExecs removes the processes that have ended, and of which nothing was heard since.
func (f Folder) ForgetExecs(since time.Time) {
	for _, id := range f.execs() {
		var file unix.Stat_t
		if unix.Lstat(f.execState(id), &file) != nil || !time.Unix(file.Mtim.Unix()).Before(since) {
			continue
		}
		if st, err := f.ReadExecState(id); err == nil && !st.Finished.IsZero() {
			f.removeExec(id)
		}
	}
}

// execs lists the ids of the further processes.
func (f Folder) execs() []string {
	list, _ := os.ReadDir(f.Dir + execsDir)
	var ids []string
	for _, e := range list {
		if name := e.Name(); len(name) == 64+len(".json") && name[0] != '.' {
			ids = append(ids, name[:64])
		}
	}
	return ids
}

func (f Folder) removeExec(id string) {
	unix.Unlink(f.Dir + execsDir + "/" + id + ".json")
	unix.Unlink(f.execState(id))
}
