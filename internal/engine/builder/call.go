package builder

import (
	"fmt"
	"io"
	"strings"

	"bantam/internal/build/dockerfile"
)

// call prints what --check and --call ask for.
func (j *job) call() error {
	switch j.o.Call {
	case "targets":
		return j.targets()
	case "outline":
		return j.outline()
	}
	return j.checked()
}

// checked prints the findings of --check; any is an error.
func (j *job) checked() error {
	w := j.o.Out
	list := j.products[0].res.Warnings
	if len(list) == 0 {
		_, err := io.WriteString(w, "Check complete, no warnings found.\n")
		return err
	}
	noun := "warnings have"
	if len(list) == 1 {
		noun = "warning has"
	}
	fmt.Fprintf(w, "Check complete, %d %s been found!\n", len(list), noun)
	for _, x := range list {
		fmt.Fprintf(w, "\nWARNING: %s", x.Rule)
		if x.URL != "" {
			fmt.Fprintf(w, " - %s", x.URL)
		}
		fmt.Fprintf(w, "\n%s\n", x.Text)
		if text := dockerfile.Excerpt(j.opt.Name, j.opt.Dockerfile, x.Lines); text != "" {
			fmt.Fprint(w, text)
		}
	}
	return fmt.Errorf("lint found %d problems", len(list))
}

// targets lists the stages that can be built.
func (j *job) targets() error {
	fmt.Fprintf(j.o.Out, "%-20s %s\n", "TARGET", "DESCRIPTION")
	for _, t := range j.products[0].res.File.Targets() {
		name := t.Name
		if t == j.products[0].res.Target {
			name = strings.TrimSpace(name + " (default)")
		}
		fmt.Fprintf(j.o.Out, "%-20s %s\n", name, t.Description())
	}
	return nil
}

// outline lists what a target takes: arguments, secrets, agents.
func (j *job) outline() error {
	o := j.products[0].res.Target.Outline()
	if j.products[0].res.Target.Name != "" {
		fmt.Fprintf(j.o.Out, "TARGET:      %s\n", j.products[0].res.Target.Name)
	}
	section := func(title string, rows [][3]string) {
		if len(rows) == 0 {
			return
		}
		fmt.Fprintf(j.o.Out, "\n%-20s %-15s %s\n", title, "VALUE", "DESCRIPTION")
		for _, r := range rows {
			fmt.Fprintf(j.o.Out, "%-20s %-15s %s\n", r[0], r[1], r[2])
		}
	}
	section("BUILD ARG", o.Args)
	section("SECRET", o.Secrets)
	section("SSH", o.SSH)
	return nil
}
