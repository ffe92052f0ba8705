package builder

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/sys/unix"
)

// Keys of --ssh never leave this process: an agent of the build's own has them in memory, and a step
// or git gets a socket through which it can list them and sign with them, nothing else.

// parseSSH reads ID[=SOCKET|KEY[,KEY...]] and returns the socket of an agent: the caller's where
// none is named, one of the build's own for files of keys.
func (j *job) parseSSH(text string) (id, socket string, err error) {
	id, rest, _ := strings.Cut(text, "=")
	if id == "" {
		return "", "", errors.New("the id is missing: want default|ID[=SOCKET|KEY[,KEY]]")
	}
	if rest == "" {
		if rest = os.Getenv("SSH_AUTH_SOCK"); rest == "" {
			return "", "", errors.New("invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set")
		}
	}
	paths := strings.Split(rest, ",")
	ring := agent.NewKeyring()
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return "", "", err
		case info.Mode()&os.ModeSocket != 0 && len(paths) == 1:
			return id, p, nil
		case info.Mode()&os.ModeSocket != 0:
			return "", "", errors.New("only a single socket is allowed, and no keys beside it")
		}
		if err := addKey(ring, p); err != nil {
			return "", "", err
		}
	}
	socket, err = j.serveKeys(id, ring)
	return id, socket, err
}

// maxKey bounds a key's file, in bytes.
const maxKey = 100 << 10

func addKey(ring agent.Agent, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKey+1))
	if err != nil {
		return err
	}
	if len(b) > maxKey {
		return fmt.Errorf("%s is larger than %d bytes: it is no key", path, maxKey)
	}
	key, err := ssh.ParseRawPrivateKey(b)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return fmt.Errorf("%s has a passphrase: add it to an ssh-agent and give its socket", path)
	}
	if err != nil {
		return fmt.Errorf("%s is neither a socket nor a private key: %w", path, err)
	}
	return ring.Add(agent.AddedKey{PrivateKey: key})
}

// serveKeys listens in the build's folder. The socket's name goes by a descriptor of that folder, for
// an address has 107 bytes at most (unix(7)).
func (j *job) serveKeys(id string, ring agent.Agent) (string, error) {
	dir, err := os.MkdirTemp(j.temp, "agent-")
	if err != nil {
		return "", err
	}
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: dir, Err: err}
	}
	socket := fmt.Sprintf("/proc/%d/fd/%d/agent", os.Getpid(), fd)
	l, err := net.Listen("unix", socket)
	if err != nil {
		unix.Close(fd)
		return "", fmt.Errorf("serve the keys of %s: %w", id, err)
	}
	j.close = append(j.close, func() { l.Close(); unix.Close(fd) })
	go accept(l, func(c net.Conn) { _ = agent.ServeAgent(ring, c) })
	return socket, nil
}

// relay listens at path and serves the agent behind the socket, as far as a step may use it: the
// socket's own permissions are not the ones that the step is to see.
func relay(path, socket string) (func(), error) {
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(dir)
	l, err := net.Listen("unix", "/proc/self/fd/"+strconv.Itoa(dir)+"/"+filepath.Base(path))
	if err != nil {
		return nil, fmt.Errorf("pass the agent on: %w", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	go accept(l, func(c net.Conn) {
		to, err := net.Dial("unix", socket)
		if err != nil {
			return
		}
		defer to.Close()
		_ = agent.ServeAgent(signer{agent.NewClient(to)}, c)
	})
	return func() { l.Close() }, nil
}

func accept(l net.Listener, serve func(c net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			serve(c)
		}()
	}
}

// signer is an agent that lists its keys and signs. A step that could take keys away, add some or lock
// the agent would do so to the user's.
type signer struct{ agent.ExtendedAgent }

var errReadOnly = errors.New("a build step may only list keys and sign")

func (signer) Add(agent.AddedKey) error   { return errReadOnly }
func (signer) Remove(ssh.PublicKey) error { return errReadOnly }
func (signer) RemoveAll() error           { return errReadOnly }
func (signer) Lock([]byte) error          { return errReadOnly }
func (signer) Unlock([]byte) error        { return errReadOnly }
func (signer) Extension(string, []byte) ([]byte, error) {
	return nil, agent.ErrExtensionUnsupported
}
