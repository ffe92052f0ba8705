package engine

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/statefile"
)

// dockerEnded is a container of docker's that does not run, as if it were one of ours: where its files are, how it ended
// and what it said last. It is nil where docker has none of that name, or keeps its files otherwise than overlay2 does.
func dockerEnded(name string) (c *container, said string) {
	path, err := dockerSocket()
	if err != nil {
		return nil, ""
	}
	body, err := get(path, "/containers/"+name+"/json")
	if err != nil || body == nil {
		return nil, ""
	}
	c = &container{Record: &folder.Record{}, State: &folder.State{}, docker: true}
	f, err := c.readDocker(body)
	if err != nil || f.running || f.upper == "" || f.lower == "" {
		return nil, ""
	}
	r := c.Record
	for i := range r.Mounts { // a volume of docker's is a folder here
		if r.Mounts[i].Type == "volume" {
			r.Mounts[i].Type = "bind"
		}
	}
	r.Name = strings.TrimPrefix(r.Name, "/")
	r.Layers = append([]string{f.upper}, strings.Split(f.lower, ":")...)
	c.Folder = folder.Folder{Dir: filepath.Dir(f.upper)} // it has no layer of ours
	return c, lastLogged(f.log)
}

// dockerFiles are what docker says of a container and a record of ours has no member for.
type dockerFiles struct {
	running           bool
	upper, lower, log string
}

// readDocker reads docker's answer to an inspection of a container.
func (c *container) readDocker(body []byte) (d dockerFiles, err error) {
	r, s := c.Record, c.State
	err = statefile.Decode(body, func(f *statefile.Fields) {
		f.Str("Name", &r.Name)
		f.Str("LogPath", &d.log)
		f.Object("State", func(f *statefile.Fields) {
			f.Flag("Running", &d.running)
			f.Int("ExitCode", &s.ExitCode)
			f.Flag("OOMKilled", &s.OOM)
			f.Str("Error", &s.Error)
			f.Time("StartedAt", &s.Started)
			f.Time("FinishedAt", &s.Finished)
		})
		f.Object("GraphDriver", func(f *statefile.Fields) {
			f.Object("Data", func(f *statefile.Fields) {
				f.Str("UpperDir", &d.upper)
				f.Str("LowerDir", &d.lower)
			})
		})
		f.Object("Config", dockerConfig(&r.Config))
		f.Object("HostConfig", func(f *statefile.Fields) {
			f.List("CapAdd", &r.Host.CapAdd)
			f.List("CapDrop", &r.Host.CapDrop)
		})
		statefile.List(f, "Mounts", &r.Mounts, func(m *folder.Mount) statefile.Members {
			return func(f *statefile.Fields) {
				f.Str("Type", &m.Type)
				f.Str("Source", &m.Source)
				f.Str("Destination", &m.Destination)
			}
		})
	})
	return d, err
}

// dockerConfig are the members of a container's configuration that matter here.
func dockerConfig(c *folder.Config) statefile.Members {
	return func(f *statefile.Fields) {
		f.Str("Hostname", &c.Hostname)
		f.Str("User", &c.User)
		f.Str("WorkingDir", &c.WorkingDir)
		f.Str("Image", &c.Image)
		f.List("Env", &c.Env)
		f.List("Entrypoint", &c.Entrypoint)
		f.List("Cmd", &c.Cmd)
	}
}

// maxTail is how much of the end of a log is read.
const maxTail = 64 << 10

// lastLogged are the last lines of a file of docker's driver json-file.
func lastLogged(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	if _, err := f.Seek(-maxTail, io.SeekEnd); err != nil {
		_, _ = f.Seek(0, io.SeekStart)
	}
	b, _ := io.ReadAll(io.LimitReader(f, maxTail))
	lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	var said strings.Builder
	for _, line := range lines[max(0, len(lines)-lastLines):] {
		var text string
		if statefile.Decode(line, func(f *statefile.Fields) { f.Str("log", &text) }) == nil {
			said.WriteString(text)
		}
	}
	return said.String()
}
