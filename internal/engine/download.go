package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// download is the body of a URL. The sibling program bantamd fetches it: net/http
// would cost every bantam its start-up.
type download struct {
	body    *os.File // bantamd's standard output
	line    *os.File // and its standard error
	process *os.Process
	once    sync.Once
	err     error
}

func isURL(source string) bool {
	return strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://")
}

// DaemonProgram is the path of bantamd, which is in this program's folder.
func DaemonProgram() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find bantamd: %w", err)
	}
	return filepath.Join(filepath.Dir(own), "bantamd"), nil
}

func newDownload(address string) (*download, error) {
	program, err := DaemonProgram()
	if err != nil {
		return nil, err
	}
	body, out, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer out.Close()
	line, errs, err := os.Pipe()
	if err != nil {
		body.Close()
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer errs.Close()
	process, err := os.StartProcess(program, []string{"bantamd", "fetch", address}, &os.ProcAttr{Files: []*os.File{nil, out, errs}})
	if err != nil {
		body.Close()
		line.Close()
		return nil, fmt.Errorf("start bantamd, which downloads: %w", err)
	}
	return &download{body: body, line: line, process: process}, nil
}

// Read ends with an error unless bantamd got everything.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	if err != io.EOF {
		return n, err
	}
	if err := d.wait(); err != nil {
		return n, err
	}
	return n, io.EOF
}

// wait returns what bantamd says is wrong, with its exit code.
func (d *download) wait() error {
	d.once.Do(func() {
		text, _ := io.ReadAll(io.LimitReader(d.line, 4096))
		d.line.Close()
		state, err := d.process.Wait()
		switch {
		case err != nil:
			d.err = fmt.Errorf("wait for bantamd: %w", err)
		case state.Success():
		default:
			said, _, _ := strings.Cut(string(text), "\n")
			if said == "" {
				said = "bantamd, which downloads: " + state.String()
			}
			d.err = &CodedError{Code: max(state.ExitCode(), 1), Err: errors.New(said)}
		}
	})
	return d.err
}

// Close gives up what is left of the download.
func (d *download) Close() error {
	d.body.Close()
	_ = d.process.Kill() // it may have ended
	_ = d.wait()
	return nil
}
