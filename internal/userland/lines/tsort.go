package lines

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// Tsort is tsort.
var Tsort = applet.Applet{
	Names:  "tsort",
	Usage:  "[FILE]",
	About:  "Print the words of FILE so that the first of each pair comes before the second.",
	AtMost: 1,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    tsort,
}

// node is a word.
type node struct {
	name   string
	before int // how many words must come first
	after  []*node
	done   bool
}

func tsort(c *applet.Call) int {
	name := "-"
	if len(c.Args) == 1 {
		name = c.Args[0]
	}
	in := c.Open(name)
	if in == nil {
		return 1
	}
	defer in.Close()
	nodes, odd := pairs(in)
	if err := in.Err(); err != nil {
		return c.Warn(name, err)
	}
	if odd {
		return c.Complain(name + ": input contains an odd number of tokens")
	}
	return order(c, name, nodes)
}

// pairs reads the graph.
func pairs(in *applet.In) (nodes []*node, odd bool) {
	names := map[string]*node{}
	var first *node
	for {
		line, ok := in.Line()
		if !ok {
			return nodes, first != nil
		}
		for _, word := range bytes.Fields(line) {
			n := names[string(word)]
			if n == nil {
				n = &node{name: string(word)}
				names[n.name] = n
				nodes = append(nodes, n)
			}
			if first == nil {
				first = n
				continue
			}
			if first != n {
				first.after = append(first.after, n)
				n.before++
			}
			first = nil
		}
	}
}

// order prints the nodes, and where there is a loop tells that and breaks it.
func order(c *applet.Call, name string, nodes []*node) (status int) {
	var ready []*node
	for _, n := range nodes {
		if n.before == 0 {
			ready = append(ready, n)
		}
	}
	rest := nodes
	for left := len(nodes); left > 0; {
		if len(ready) == 0 {
			for rest[0].done {
				rest = rest[1:]
			}
			n := loop(rest[0], nodes)
			status = c.Complain(name + ": input contains a loop:")
			for m := n; ; {
				c.Complain(m.name)
				if m = next(m, nodes); m == n {
					break
				}
			}
			n.before = 0
			ready = append(ready, n)
		}
		n := ready[0]
		ready = ready[1:]
		n.done = true
		left--
		c.Out.Print(n.name, "\n")
		for _, m := range n.after {
			if m.done || m.before == 0 {
				continue
			}
			if m.before--; m.before == 0 {
				ready = append(ready, m)
			}
		}
	}
	return status
}

// next returns a node that must come before n, which is what makes a loop.
func next(n *node, nodes []*node) *node {
	for _, m := range nodes {
		if !m.done {
			for _, a := range m.after {
				if a == n {
					return m
				}
			}
		}
	}
	return n
}

// loop walks back from a node until it comes to one again, which is in a loop.
func loop(n *node, nodes []*node) *node {
	seen := map[*node]bool{}
	for !seen[n] {
		seen[n] = true
		n = next(n, nodes)
	}
	return n
}
