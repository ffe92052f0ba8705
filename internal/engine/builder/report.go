package builder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"

	"golang.org/x/sys/unix"
)

// sink is the way in which the progress is shown.
func (j *job) sink() (progress.Sink, error) {
	if j.Sink != nil {
		return j.Sink, nil
	}
	mode := j.o.Progress
	if env := os.Getenv("BUILDKIT_PROGRESS"); mode == "" && env != "" {
		mode = env
	}
	if j.o.Quiet || j.o.Call != "" && j.o.Call != "build" {
		mode = "quiet"
	}
	switch mode {
	case "quiet", "none":
		return nil, nil
	case "plain":
		return progress.NewPlain(j.o.Err), nil
	case "rawjson", "json":
		return progress.NewRaw(j.o.Err), nil
	case "tty", "auto", "":
		if f, ok := j.o.Err.(*os.File); ok && isTerminal(f) {
			return progress.NewTerminal(f, func() (int, int) { return window(f) }), nil
		}
		if mode == "tty" {
			return nil, errors.New("failed to get console: provided file is not a console")
		}
		return progress.NewPlain(j.o.Err), nil
	}
	return nil, fmt.Errorf("invalid progress mode %q: want auto, json, none, plain, quiet, rawjson or tty", mode)
}

// window is a terminal's size.
func window(f *os.File) (rows, cols int) {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || ws.Col == 0 {
		return 24, 80
	}
	return int(ws.Row), int(ws.Col)
}

// raw says that standard error is for programs, which parse it.
func (j *job) raw() bool { return j.o.Progress == "rawjson" || j.o.Progress == "json" }

// explain shows what is known of an error and words it as docker does.
func (j *job) explain(err error) error {
	var b bytes.Buffer
	var failed *build.StepError
	if errors.As(err, &failed) && failed.Step != nil {
		fmt.Fprintf(&b, "------\n > %s:\n", failed.Step.Name)
		for _, l := range tail(failed.Output) {
			fmt.Fprintf(&b, "%s\n", l)
		}
		b.WriteString("------\n")
	}
	if j.opt != nil {
		b.WriteString(dockerfile.Explain(j.opt.Name, j.opt.Dockerfile, err))
	}
	if !j.raw() {
		_, _ = io.Copy(j.o.Err, &b)
	}
	return fmt.Errorf("failed to build: failed to solve: %w", err)
}

// shownLines of a failed step's output are repeated at the end.
const shownLines = 20

func tail(out []byte) [][]byte {
	out = bytes.TrimRight(out, "\n")
	if len(out) == 0 {
		return nil
	}
	lines := bytes.Split(out, []byte("\n"))
	return lines[max(0, len(lines)-shownLines):]
}

// warn shows what the rules of --check found, at the end of an ordinary build.
func (j *job) warn(list []dockerfile.Warning) {
	if len(list) == 0 || j.opt.Check || j.o.Quiet || j.raw() || j.Sink != nil {
		return
	}
	noun := "warnings"
	if len(list) == 1 {
		noun = "warning"
	}
	j.closing = append(j.closing, fmt.Sprintf("\n %d %s found (use docker --debug to expand):\n", len(list), noun))
	for _, w := range list {
		j.closing = append(j.closing, fmt.Sprintf(" - %s\n", short(w)))
	}
}

// short is a warning on one line.
func short(w dockerfile.Warning) string {
	s := w.Rule + ": " + w.Text
	if n := dockerfile.Line(w.Lines); n > 0 {
		s += fmt.Sprintf(" (line %d)", n)
	}
	return s
}

// report writes --iidfile and --metadata-file, and the id with --quiet.
func (j *job) report() error {
	if j.opt.Check {
		return j.call()
	}
	for _, line := range j.closing {
		_, _ = io.WriteString(j.o.Err, line)
	}
	if j.o.IIDFile != "" {
		if err := os.WriteFile(j.o.IIDFile, []byte(j.ids.image), 0o644); err != nil {
			return fmt.Errorf("write the image ID: %w", err)
		}
	}
	if j.o.Quiet && j.ids.image != "" {
		if _, err := io.WriteString(j.o.Out, j.ids.image+"\n"); err != nil {
			return err
		}
	}
	if j.o.MetadataFile == "" {
		return nil
	}
	b, err := json.MarshalIndent(j.metadata(), "", "  ")
	if err == nil {
		err = os.WriteFile(j.o.MetadataFile, b, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the metadata: %w", err)
	}
	return nil
}

// metadata is what buildx writes to --metadata-file.
func (j *job) metadata() map[string]any {
	m := map[string]any{}
	for _, p := range j.products {
		key := "buildx.build.provenance"
		if len(j.products) > 1 {
			key += "/" + p.platform().String()
		}
		m[key] = p.provenance(false)
	}
	if j.ids.image != "" {
		m["containerimage.config.digest"] = j.ids.image
		m["containerimage.digest"] = j.ids.image
	}
	if j.ids.manifest != "" {
		m["containerimage.digest"] = j.ids.manifest
	}
	if len(j.ids.names) > 0 {
		m["image.name"] = strings.Join(j.ids.names, ",")
	}
	return m
}
