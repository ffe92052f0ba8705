package applet

import "strings"

// Confirm asks a question on stderr and says whether the line that comes back on
// standard input begins with y.
func (c *Call) Confirm(question string) bool {
	c.Out.Flush()
	c.Err.Print(c.Name, ": ", question, "? ")
	c.Err.Flush()
	return Yes(c.In)
}

// Yes reads a line and says whether it begins with y.
func Yes(in *In) bool {
	line, _ := in.Line()
	answer := strings.TrimLeft(string(line), " \t\r\v\f")
	return answer != "" && answer[0]|0x20 == 'y'
}
