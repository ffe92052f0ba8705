package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"bantam/internal/image/builtin"
	"bantam/internal/image/local"
	"bantam/internal/image/reference"
)

// The policies of --pull.
const (
	PullMissing = "missing"
	PullAlways  = "always"
	PullNever   = "never"
)

// isMissing says whether a pull may help.
func isMissing(err error) bool {
	var none *local.NotFound
	var other *WrongPlatform
	return errors.As(err, &none) || errors.As(err, &other)
}

// pullMissing is docker's way to tell why a run takes longer.
func (e *Engine) pullMissing(o *RunOptions) error {
	ref, err := parseReference(o.Image)
	if err != nil {
		return err
	}
	if e.Notes != nil && !o.Quiet {
		fmt.Fprintf(e.Notes, "Unable to find image '%s' locally\n", ref.Tagged().Familiar())
	}
	return e.pullFor(o)
}

// pullFor pulls the image of a container to be. The built-in image comes from no registry.
func (e *Engine) pullFor(o *RunOptions) error {
	ref, err := parseReference(o.Image)
	if err != nil {
		return err
	}
	if isBuiltin(ref) {
		return nil
	}
	if e.Remote != nil {
		return e.Pull(context.Background(), &PullOptions{Reference: o.Image, Platform: o.Platform})
	}
	return e.pullByDaemon(o, ref.Tagged().Familiar())
}

func isBuiltin(ref reference.Reference) bool {
	_, absent := builtin.Config()
	return ref.Tagged().Familiar() == builtin.Name+":latest" && absent == nil
}

// pullByDaemon lets bantamd pull. What it prints is the user's to see, on standard error
// for standard output is the container's; what is wrong becomes the error.
func (e *Engine) pullByDaemon(o *RunOptions, name string) error {
	program, err := DaemonProgram()
	if err != nil {
		return err
	}
	args := []string{"bantamd", "--root", e.Root, "pull"}
	if o.Quiet {
		args = append(args, "--quiet")
	}
	if o.Platform != "" {
		args = append(args, "--platform", o.Platform)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	defer r.Close()
	out := os.Stderr
	if o.Quiet {
		if out, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
			return err
		}
		defer out.Close()
	}
	process, err := os.StartProcess(program, append(args, "--", name), &os.ProcAttr{Files: []*os.File{nil, out, w}})
	w.Close()
	if err != nil {
		return fmt.Errorf("start bantamd, which pulls: %w", err)
	}
	var said bytes.Buffer
	_, _ = said.ReadFrom(r)
	state, err := process.Wait()
	if err != nil {
		return fmt.Errorf("wait for bantamd: %w", err)
	}
	if !state.Success() {
		text := strings.TrimSpace(strings.TrimPrefix(said.String(), "bantam: "))
		if text == "" {
			text = "bantamd, which pulls: " + state.String()
		}
		return errors.New(text)
	}
	return nil
}
