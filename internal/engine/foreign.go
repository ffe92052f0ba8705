package engine

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// foreign finds the first process of a running container of another engine: by its id or a prefix of it
// in the files of containerd's shims (docker's, too) and of podman's monitors, or by its name, of which docker is asked.
func foreign(name string) (pid int, err error) {
	if pid := shimmed(name); pid != 0 {
		return pid, nil
	}
	for _, id := range podmanIDs(name) {
		if pid := shimmed(id); pid != 0 {
			return pid, nil
		}
	}
	pid, err = askDocker(name)
	if pid == 0 && err == nil {
		err = fmt.Errorf("and neither docker, podman nor containerd has a running container %q", name)
	}
	return pid, err
}

// pidFiles are where shims and monitors write a container's process, by its id.
var pidFiles = [...]string{
	"/run/containerd/io.containerd.runtime.v2.task/*/ID*/init.pid",
	"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/ID*/init.pid",
	"/run/containers/storage/*-containers/ID*/userdata/pidfile",
}

// shimmed is the process of the one container whose id begins so.
func shimmed(id string) int {
	if strings.ContainsAny(id, "/*?[\\") || len(id) < 2 {
		return 0
	}
	var found []string
	for _, pattern := range pidFiles {
		files, _ := filepath.Glob(strings.Replace(pattern, "ID", id, 1))
		found = append(found, files...)
	}
	if len(found) != 1 {
		return 0
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}

// podmanIDs are the ids of podman's containers of that name.
func podmanIDs(name string) (ids []string) {
	type entry struct {
		id    string
		names []string
	}
	files, _ := filepath.Glob("/var/lib/containers/storage/*-containers/containers.json")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		var list []entry
		_ = statefile.Decode(slices.Concat([]byte(`{"list":`), b, []byte("}")), func(f *statefile.Fields) {
			statefile.List(f, "list", &list, func(e *entry) statefile.Members {
				return func(f *statefile.Fields) {
					f.Str("id", &e.id)
					f.List("names", &e.names)
				}
			})
		})
		for _, e := range list {
			if slices.Contains(e.names, name) {
				ids = append(ids, e.id)
			}
		}
	}
	return ids
}

// askDocker asks the Docker Engine API, whoever serves it, for a container's process; 0: it has none
// running, or there is nobody to ask.
func askDocker(name string) (int, error) {
	path, err := dockerSocket()
	if err != nil {
		return 0, err
	}
	body, err := get(path, "/containers/"+name+"/json")
	if err != nil || body == nil {
		return 0, err
	}
	var pid int64
	err = statefile.Decode(body, func(f *statefile.Fields) {
		f.Object("State", func(f *statefile.Fields) { f.Num("Pid", &pid) })
	})
	if err != nil {
		return 0, fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return int(pid), nil
}

// dockerSocket is where docker's client would look for its daemon.
func dockerSocket() (string, error) {
	host := os.Getenv("DOCKER_HOST")
	if host == "" {
		return "/run/docker.sock", nil
	}
	path, local := strings.CutPrefix(host, "unix://")
	if !local {
		return "", fmt.Errorf("DOCKER_HOST is %s: only a unix socket's containers are on this machine", host)
	}
	return path, nil
}

// isBantamd recognises our own server by its answer to /version.
func isBantamd(version []byte) bool {
	var name string
	_ = statefile.Decode(version, func(f *statefile.Fields) {
		f.Object("Platform", func(f *statefile.Fields) { f.Str("Name", &name) })
	})
	return name == "Bantam"
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 20

// get asks over a unix socket, in HTTP/1.0: the answer ends with the connection. It is nil where
// nobody listens or there is no such thing. net/http would cost every command more than the question.
func get(socket, url string) ([]byte, error) {
	for _, c := range []byte(url) {
		if c <= ' ' || c > '~' || c == '?' || c == '#' || c == '%' {
			return nil, nil
		}
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), socket)
	defer f.Close()
	wait := unix.NsecToTimeval(int64(5 * time.Second))
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)
	if unix.Connect(fd, &unix.SockaddrUnix{Name: socket}) != nil {
		return nil, nil
	}
	if _, err := f.WriteString("GET " + url + " HTTP/1.0\r\nHost: docker\r\n\r\n"); err != nil {
		return nil, fmt.Errorf("ask %s: %w", socket, err)
	}
	answer, err := io.ReadAll(io.LimitReader(f, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", socket, err)
	}
	head, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
	if status := bytes.Fields(head); len(status) < 2 || string(status[1]) != "200" {
		return nil, nil
	}
	return body, nil
}
