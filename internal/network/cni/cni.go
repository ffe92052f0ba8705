// Package cni connects containers to networks of CNI, the Container Network Interface: a folder of configurations,
// and one of plugins, which are programs (https://www.cni.dev/docs/spec/).
//
// libcni, which runs the plugins, is linked into bantamd alone ([plugin]). The others start it for the one
// operation and speak to it so:
//
//	bantamd cni  0 < Request  1 > Result, or 2 > one line and exit code 1;  3 = the attachment's lock
//
// What a plugin has made for a container is known by a file that is there before the plugin begins:
//
//	ROOT/networks/ID/cni/CONTAINER          text: the interface's name. It is locked while a plugin of it runs, also one whose
//	                                        bantamd or monitor was killed; DEL waits for that and removes it.
//	ROOT/networks/ID/results/...            libcni's cache of configuration and result
//
// So whoever finds a dead container's file calls DEL: [Del].
package cni

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bantam/internal/network"
	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Prefix begins the name of a network of CNI.
const Prefix = "cni:"

// The folders' options, called as the environment variables of cnitool and nerdctl that set them.
const (
	OptionConf = "NETCONFPATH"
	OptionPath = "CNI_PATH"
)

// Is says whether a network's name is one of CNI's.
func Is(name string) bool { return strings.HasPrefix(name, Prefix) }

// The operations of a [Request].
const (
	OpFind = "find"
	OpAdd  = "add"
	OpDel  = "del"
)

// Request is one operation.
type Request struct {
	Op   string
	Name string // of the network, without the prefix
	Conf string // folder of configurations
	Path string // folders of plugins, with colons between
	Dir  string // the network's own, for libcni's cache

	// An attachment's. NetNS is "" when the container's network namespace is gone.
	Container, Interface, NetNS string

	// What was asked for; a plugin gets of it what it says that it can do.
	IPs, Aliases                  []string
	MAC                           string
	Ports                         []network.Port
	Servers, Searches, DNSOptions []string
}

// Result is what the plugins say of an attachment.
type Result struct {
	MAC, IPv4, IPv6, Gateway, Gateway6 string
	DNS                                network.DNS
}

// Of begins a request for a network.
func Of(op string, f network.Folder, n *network.Network) *Request {
	return &Request{Op: op, Name: strings.TrimPrefix(n.Name, Prefix), Conf: cmp.Or(n.Options[OptionConf], "/etc/cni/net.d"), Path: cmp.Or(n.Options[OptionPath], defaultPath), Dir: f.Dir}
}

// defaultPath is where distributions and the plugins' own releases put them.
const defaultPath = "/opt/cni/bin:/usr/local/libexec/cni:/usr/libexec/cni:/usr/local/lib/cni:/usr/lib/cni"

// Find says whether the network is configured.
func Find(f network.Folder, n *network.Network) error {
	_, err := run(Of(OpFind, f, n), nil)
	return err
}

// Add has the plugins connect a container, whose lock the caller holds. On an error Del is to be called.
func Add(f network.Folder, r *Request) (*Result, error) {
	if err := unix.Mkdir(f.Dir+"/cni", 0o710); err != nil && err != unix.EEXIST {
		return nil, &os.PathError{Op: "mkdir", Path: f.Dir + "/cni", Err: err}
	}
	lock, err := hold(f, r.Container, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if _, err := lock.WriteAt([]byte(r.Interface), 0); err != nil {
		return nil, err
	}
	out, err := run(r, lock)
	if err != nil {
		return nil, err
	}
	result := new(Result)
	return result, statefile.Decode(out, result.members)
}

// Del has the plugins take back what they made for a container, whose lock the caller holds, if they did.
func Del(f network.Folder, n *network.Network, container, netns string) error {
	lock, err := hold(f, container, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	name := make([]byte, unix.IFNAMSIZ)
	length, err := lock.ReadAt(name, 0)
	if err != nil && err != io.EOF {
		return err
	}
	if length > 0 { // else no plugin was started
		r := Of(OpDel, f, n)
		r.Container, r.Interface, r.NetNS = container, string(name[:length]), netns
		if _, err := run(r, lock); err != nil {
			return fmt.Errorf("disconnect from network %s: %w", n.Name, err)
		}
	}
	return os.Remove(lock.Name())
}

// Containers lists those that plugins may have made something for.
func Containers(f network.Folder) []string {
	d, err := os.Open(f.Dir + "/cni")
	if err != nil {
		return nil
	}
	defer d.Close()
	list, _ := d.Readdirnames(-1)
	return list
}

// patience bounds the wait for a plugin whose monitor was killed: a service that a plugin has started
// may keep the lock for good.
const patience = 30 * time.Second

// hold opens and locks a container's file.
func hold(f network.Folder, container string, create int) (*os.File, error) {
	file, err := os.OpenFile(f.Dir+"/cni/"+container, os.O_RDWR|create, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK {
			break
		}
	}
	return file, nil
}

// run starts bantamd for one request. Plugins start programs of the host, so they get its usual PATH.
func run(r *Request, lock *os.File) ([]byte, error) {
	program, err := program()
	if err != nil {
		return nil, err
	}
	in, err := file("request", statefile.Encode(r.members))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := file("result", nil)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	line, err := file("error", nil)
	if err != nil {
		return nil, err
	}
	defer line.Close()
	process, err := os.StartProcess(program, []string{"bantamd", "cni"}, &os.ProcAttr{
		Dir: "/", Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, Files: []*os.File{in, out, line, lock},
	})
	if err != nil {
		return nil, fmt.Errorf("start bantamd, which runs CNI's plugins: %w", err)
	}
	state, err := process.Wait()
	if err != nil {
		return nil, fmt.Errorf("wait for bantamd: %w", err)
	}
	if !state.Success() {
		text, _ := io.ReadAll(io.NewSectionReader(line, 0, 1<<16))
		return nil, errors.New(cmp.Or(strings.TrimSpace(string(text)), "bantamd, which runs CNI's plugins: "+state.String()))
	}
	return io.ReadAll(io.NewSectionReader(out, 0, 1<<20))
}

// program is bantamd, which is in this program's folder. A monitor runs from a mount that has no other file, and is told where it
// comes from.
func program() (string, error) {
	own := os.Getenv("BANTAM_OCI")
	if own == "" {
		var err error
		if own, err = os.Executable(); err != nil {
			return "", fmt.Errorf("find bantamd: %w", err)
		}
	}
	return filepath.Join(filepath.Dir(own), "bantamd"), nil
}

// file is one in memory, which takes any answer without anybody who reads meanwhile.
func file(name string, content []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.WriteAt(content, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
