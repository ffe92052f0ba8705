package docker

import "strings"

// handler serves one request. An error is answered with its status, unless the answer
// has begun.
type handler func(c *call) error

// route is one line of a table. In a pattern {name} stands for one element of the path,
// and {name*} for one or more: names of images have slashes.
type route struct {
	method  string
	pattern string
	handle  handler
}

// router holds the tables by the first element of the path.
type router map[string][]compiled

type compiled struct {
	route
	elements []string
}

func (r *router) add(table []route) {
	if *r == nil {
		*r = router{}
	}
	for _, e := range table {
		elements := strings.Split(e.pattern[1:], "/")
		(*r)[elements[0]] = append((*r)[elements[0]], compiled{e, elements})
	}
}

// find returns the handler and sets the call's variables; allowed says that the path is
// right and the method is not.
func (r router) find(c *call, path string) (h handler, allowed bool) {
	elements := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range r[elements[0]] {
		e := &r[elements[0]][i]
		vars, ok := match(e.elements, elements)
		if !ok {
			continue
		}
		if e.method == c.r.Method {
			c.vars, c.pattern = vars, e.pattern
			return e.handle, true
		}
		allowed = true
	}
	return nil, allowed
}

// match compares a pattern with a path. {name*} takes as much as leaves enough for the rest.
func match(pattern, path []string) (vars []string, ok bool) {
	for i, p := range pattern {
		if strings.HasSuffix(p, "*}") {
			n := len(path) - (len(pattern) - i - 1)
			if n < i+1 {
				return nil, false
			}
			vars = append(vars, strings.Join(path[i:n], "/"))
			rest, ok := match(pattern[i+1:], path[n:])
			return append(vars, rest...), ok && vars[len(vars)-1] != ""
		}
		switch {
		case i >= len(path):
			return nil, false
		case p[0] == '{' && path[i] != "":
			vars = append(vars, path[i])
		case p != path[i]:
			return nil, false
		}
	}
	return vars, len(path) == len(pattern)
}
