package option

import "strings"

const width = 80

// Help prints the options in columns as docker does, wrapped at 80 columns.
func (s *Set) Help(b *strings.Builder) {
	left := 0
	for _, o := range s.Options {
		left = max(left, len(o.title()))
	}
	for _, o := range s.Options {
		title := o.title()
		b.WriteString(title)
		pad := strings.Repeat(" ", left-len(title)+3)
		for i, line := range wrap(o.Help, width-left-3) {
			if i > 0 {
				pad = "\n" + strings.Repeat(" ", left+3)
			}
			b.WriteString(pad + line)
		}
		b.WriteByte('\n')
	}
}

func (o *Option) title() string {
	t := "      --" + o.Name
	if o.Short != 0 {
		t = "  -" + string(rune(o.Short)) + ", --" + o.Name
	}
	if o.Type != "" {
		t += " " + o.Type
	}
	return t
}

func wrap(text string, n int) []string {
	var lines []string
	for _, para := range strings.Split(text, "\n") {
		line := ""
		for _, w := range strings.Fields(para) {
			if line != "" && len(line)+1+len(w) > n {
				lines = append(lines, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += w
		}
		lines = append(lines, line)
	}
	return lines
}
