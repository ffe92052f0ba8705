package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"text/tabwriter"
	"text/template"
)

const formatHelp = "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template"

// templateFuncs are docker's.
func templateFuncs() template.FuncMap {
	return template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := plainJSON(v)
			return string(b), err
		},
		"split": strings.Split,
		"join":  strings.Join,
		"title": func(s string) string {
			if s == "" {
				return s
			}
			return strings.ToUpper(s[:1]) + s[1:]
		},
		"lower":    strings.ToLower,
		"upper":    strings.ToUpper,
		"truncate": func(s string, n int) string { return s[:min(len(s), n)] },
		"pad": func(s string, left, right int) string {
			return strings.Repeat(" ", left) + s + strings.Repeat(" ", right)
		},
	}
}

// plainJSON is JSON with <, > and & as they are, as docker prints it.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// formatted prints one value through a template or as JSON.
func (c *call) formatted(format string, v any) int {
	if format == "json" {
		format = "{{json .}}"
	}
	var b strings.Builder
	if err := render(&b, format, v); err != nil {
		c.complain(err.Error())
		return 1
	}
	c.print(b.String() + "\n")
	return 0
}

func render(b *strings.Builder, format string, v any) error {
	t, err := template.New("").Funcs(templateFuncs()).Parse(format)
	if err != nil {
		return &templateError{err}
	}
	return t.Execute(b, v)
}

type templateError struct{ err error }

func (e *templateError) Error() string { return "failed to parse template: " + e.err.Error() }

// listing is a table whose rows are also template values.
type listing struct {
	// headers names the columns: field and title in turn.
	headers [][2]string
	table   string // the default template, after "table "
	rows    []any
}

// list prints rows as docker does: a table, a template per row, or JSON lines.
func (c *call) list(format string, l *listing) int {
	if format == "" || format == "table" {
		format = "table " + l.table
	}
	rest, isTable := strings.CutPrefix(format, "table ")
	switch {
	case isTable:
		format = unescape(rest)
	case format == "json":
		format = "{{json .}}"
	default:
		format = unescape(format)
	}
	t, err := template.New("").Funcs(templateFuncs()).Parse(format)
	if err != nil {
		c.complain((&templateError{err}).Error())
		return 1
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 10, 1, 3, ' ', 0)
	if isTable {
		titles := map[string]string{}
		for _, h := range l.headers {
			titles[h[0]] = h[1]
		}
		l.rows = append([]any{titles}, l.rows...)
	}
	for _, r := range l.rows {
		if err = t.Execute(w, r); err != nil {
			break
		}
		_, _ = w.Write([]byte("\n"))
	}
	_ = w.Flush()
	c.print(b.String())
	if err != nil {
		c.complain("template parsing error: " + err.Error())
		return 1
	}
	return 0
}

// unescape turns \t and \n, as a shell passes them, into what they mean.
func unescape(s string) string {
	return strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(s)
}
