package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// table is one of the tables of SPECIFICATION.md, between marks of its own.
type table struct {
	begin, end string
	view       string // whose rows it has; "" for those of the other views
	key        int    // how many of its columns say what a line is about
	print      func(w io.Writer, rows []row)
}

var tables = []table{
	{begin: "<!-- figures -->", end: "<!-- end of figures -->", key: 3, print: printTable},
	{begin: "<!-- figures of box -->", end: "<!-- end of figures of box -->", view: boxView, key: 2, print: printBoxTable},
	{begin: "<!-- figures of images -->", end: "<!-- end of figures of images -->", view: imagesView, key: 2, print: printImagesTable},
}

// rows are those that belong into the table.
func (t table) rows(all []row) []row {
	var mine []row
	for _, r := range all {
		own := r.View
		if own != boxView && own != imagesView {
			own = ""
		}
		if own == t.view {
			mine = append(mine, r)
		}
	}
	return mine
}

func printTable(w io.Writer, rows []row) {
	fmt.Fprintln(w, "| what | view | before each | unit | bantam | crun | runc | docker | of crun | of runc | of docker |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Name, r.View, r.pause(), r.Unit,
			r.ours(), r.cell("crun"), r.cell("runc"), r.cell("docker"), r.ratio("crun"), r.ratio("runc"), r.ratio("docker"))
	}
}

func printBoxTable(w io.Writer, rows []row) {
	fmt.Fprintln(w, "| what | before each | unit | box | busybox | dash | of busybox | of dash | promise |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Name, r.pause(), r.Unit,
			r.ours(), r.cell("busybox"), r.cell("dash"), r.ratio("busybox"), r.ratio("dash"), r.verdicts())
	}
}

func (r row) pause() string {
	if r.Idle {
		return "100 ms idle"
	}
	return "nothing"
}

// verdicts says of each promise about the row whether it is kept.
func (r row) verdicts() string {
	var all []string
	for _, p := range promises {
		limit, ok := p.limit(r)
		if p.name != r.Name || !ok {
			continue
		}
		most := number(p.most)
		if p.peer != "" {
			most += " of " + p.peer
		}
		verdict := "kept"
		if r.our() > limit {
			verdict = "**missed**"
		}
		all = append(all, most+" "+verdict)
	}
	return strings.Join(all, ", ")
}

// keep writes the figures to a file of their own and, if asked, into the specification.
func keep(rows []row, out, write string, all bool) error {
	b, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, append(b, '\n'), 0o644); err != nil || write == "" {
		return err
	}
	b, err = os.ReadFile(write)
	if err != nil {
		return err
	}
	text := string(b)
	for _, t := range tables {
		if text, err = t.put(text, t.rows(rows), all); err != nil {
			return fmt.Errorf("%s: %w", write, err)
		}
	}
	return os.WriteFile(write, []byte(text), 0o644)
}

// put writes the rows into a text, between the table's marks. Lines that stand there
// and were not measured stay, unless everything was.
func (t table) put(text string, rows []row, all bool) (string, error) {
	if len(rows) == 0 {
		return text, nil
	}
	before, rest, _ := strings.Cut(text, t.begin+"\n")
	old, after, ok := strings.Cut(rest, t.end)
	if !ok {
		return "", fmt.Errorf("no marks %s and %s for the figures", t.begin, t.end)
	}
	var b strings.Builder
	t.print(&b, rows)
	lines := b.String()
	if !all {
		lines = t.merge(old, lines)
	}
	return before + t.begin + "\n" + lines + t.end + after, nil
}

// merge replaces lines of an old table by new ones about the same and adds the others.
func (t table) merge(old, lines string) string {
	about := func(line string) string {
		cells := strings.Split(line, " | ")
		return strings.Join(cells[:min(t.key, len(cells))], " | ")
	}
	fresh := map[string]string{}
	for line := range strings.Lines(lines) {
		fresh[about(line)] = line
	}
	var b strings.Builder
	for line := range strings.Lines(old) {
		if l, ok := fresh[about(line)]; ok {
			line = l
			delete(fresh, about(line))
		}
		b.WriteString(line)
	}
	for line := range strings.Lines(lines) {
		if _, ok := fresh[about(line)]; ok {
			b.WriteString(line)
		}
	}
	return b.String()
}
