package awk

// maxCalls bounds the depth of function calls.
const maxCalls = 100000

// call calls a function of the program.
func (a *awk) call(n *node) value {
	f := &a.functions[n.slot]
	if !f.defined {
		a.at = n
		a.fatal("Call to undefined function")
	}
	if a.depth++; a.depth > maxCalls {
		a.at = n
		a.fatal("Functions call each other too deep")
	}
	stack, top := a.stack, a.top
	if top+len(f.params) > len(a.stack) {
		// A frame never moves: parameters may be linked to it.
		a.stack, a.top = make([]cell, max(1024, 2*len(f.params))), 0
	}
	frame := a.stack[a.top : a.top+len(f.params)]
	a.top += len(f.params)
	clear(frame)
	for i, arg := range n.list {
		if i >= len(frame) {
			a.eval(arg)
			continue
		}
		a.pass(&frame[i], arg)
	}
	caller := a.frame
	a.frame = frame
	how := a.run(f.body)
	a.frame = caller
	clear(frame)
	a.stack, a.top = stack, top
	a.depth--
	if how > cReturn {
		panic(how)
	}
	v := a.result
	a.result = value{}
	return v
}

// pass gives an argument to a parameter: a value, or an array by reference.
func (a *awk) pass(to *cell, arg *node) {
	var from *cell
	switch {
	case arg.op == oVar && arg.slot >= vFirstPlain:
		from = &a.globals[arg.slot]
	case arg.op == oLocal:
		from = &a.frame[arg.slot]
	default:
		to.value = a.eval(arg)
		return
	}
	if from.array == nil && from.kind == vNone {
		to.link = from
	}
	to.value, to.array = from.value, from.array
}
