package awk

// control says how a program goes on after a statement.
type control uint8

const (
	cOn control = iota
	cBreak
	cContinue
	cReturn
	cNext
	cNextFile
	cExit
)

// run runs statements.
func (a *awk) run(list []*statement) control {
	for _, s := range list {
		if how := a.statement(s); how != cOn {
			return how
		}
	}
	return cOn
}

func (a *awk) statement(s *statement) control {
	switch s.kind {
	case sExpression:
		switch s.a.op {
		case oIncrement, oAssignOp:
			a.number(s.a)
		default:
			a.eval(s.a)
		}
	case sPrint:
		a.print(s)
	case sPrintf:
		a.printf(s)
	case sIf:
		if a.isTrue(s.a) {
			return a.run(s.body)
		}
		return a.run(s.other)
	case sWhile, sDo, sFor:
		return a.loop(s)
	case sForIn:
		return a.forIn(s)
	case sBlock:
		return a.run(s.body)
	case sNext:
		return cNext
	case sNextFile:
		return cNextFile
	case sExit:
		if s.a != nil {
			a.status = int(integer(a.number(s.a))) & 0xff
		}
		return cExit
	case sReturn:
		if s.a != nil {
			a.result = a.eval(s.a)
		}
		return cReturn
	case sBreak:
		return cBreak
	case sContinue:
		return cContinue
	case sDelete:
		if s.a.op == oIndex {
			key := a.subscriptKey(s.a.list)
			a.arrayOf(s.a).delete(key)
		} else {
			a.arrayOf(s.a).clear()
		}
	}
	return cOn
}

// loop runs while, do and for.
func (a *awk) loop(s *statement) control {
	if s.init != nil {
		a.statement(s.init)
	}
	for first := true; ; first = false {
		if s.a != nil && !(first && s.kind == sDo) && !a.isTrue(s.a) {
			return cOn
		}
		switch how := a.run(s.body); how {
		case cOn, cContinue:
		case cBreak:
			return cOn
		default:
			return how
		}
		if s.step != nil {
			a.statement(s.step)
		}
	}
}

// forIn runs for (name in array).
func (a *awk) forIn(s *statement) control {
	for _, key := range a.arrayOf(s.b).keys() {
		a.assign(s.a, fromOutside(key))
		switch how := a.run(s.body); how {
		case cOn, cContinue:
		case cBreak:
			return cOn
		default:
			return how
		}
	}
	return cOn
}

// target returns where a statement prints.
func (a *awk) target(s *statement) *stream {
	if s.to == toStdout {
		return &a.stdout
	}
	return a.output(s.to, a.textOf(s.a))
}

// print runs print.
func (a *awk) print(s *statement) {
	// Values come first: they may print as well, and the target is opened last.
	start := len(a.scratch)
	if len(s.list) == 0 {
		a.scratch = append(a.scratch, a.bytes(nil)...)
	}
	for i, n := range s.list {
		if i > 0 {
			a.scratch = append(a.scratch, a.ofs...)
		}
		if n.op == oField {
			// Nothing but the field's number is evaluated on the way.
			b := a.bytes(n)
			a.scratch = append(a.scratch, b...)
			continue
		}
		v := a.eval(n)
		if v.kind == vNumber {
			a.scratch = a.appendNumber(a.scratch, v.num, a.ofmt)
		} else {
			a.scratch = append(a.scratch, v.str...)
		}
	}
	a.scratch = append(a.scratch, a.ors...)
	a.emit(s, start)
}

// emit prints what is in the buffer behind a position.
func (a *awk) emit(s *statement, start int) {
	t := a.target(s)
	if t != nil {
		t.out.Write(a.scratch[start:])
		if t == &a.stdout && t.out.Err() != nil {
			panic(cExit)
		}
	}
	a.scratch = a.scratch[:start]
}

// printf runs printf.
func (a *awk) printf(s *statement) {
	format, args := a.arguments(s.list)
	start := len(a.scratch)
	a.scratch = a.format(a.scratch, format, args)
	a.emit(s, start)
}

// arguments evaluates what printf and sprintf get.
func (a *awk) arguments(list []*node) (format string, args []value) {
	format = a.textOf(list[0])
	for _, n := range list[1:] {
		args = append(args, a.eval(n))
	}
	return format, args
}

// records runs the rules for each record until the input or the program ends, which it
// says by cExit. Called functions may say next by a panic.
func (a *awk) records() (how control) {
	defer func() {
		if r := recover(); r != nil {
			how = a.caught(r)
		}
	}()
	for a.nextRecord() {
		for i := range a.rules {
			r := &a.rules[i]
			if !a.selects(r) {
				continue
			}
			if r.printed {
				a.print(&printRecord)
				continue
			}
			if how := a.run(r.action); how == cNext {
				break
			} else if how != cOn {
				return how
			}
		}
	}
	return cOn
}

var printRecord = statement{kind: sPrint}

// selects says whether the present record is one of the rule's.
func (a *awk) selects(r *rule) bool {
	switch {
	case r.from == nil:
		return true
	case r.to == nil:
		return a.isTrue(r.from)
	case !r.inside && !a.isTrue(r.from):
		return false
	}
	r.inside = !a.isTrue(r.to)
	return true
}

// whole runs the program: BEGIN, the records, END.
func (a *awk) whole() {
	how := a.guarded(a.begin)
	if how != cExit && (len(a.rules) > 0 || a.hasEnd) {
		for {
			if how = a.records(); how == cNextFile {
				a.skipFile()
			} else if how != cNext {
				break
			}
		}
	}
	// An exit in BEGIN or a rule still runs END; one in END ends.
	a.rec.own()
	a.guarded(a.end)
}

// caught makes a panic of a called function a control again.
func (a *awk) caught(r any) control {
	how, ok := r.(control)
	if !ok {
		panic(r)
	}
	a.frame, a.top, a.depth, a.scratch = nil, 0, 0, a.scratch[:0]
	return how
}

// guarded runs statements outside of the records.
func (a *awk) guarded(list []*statement) (how control) {
	defer func() {
		if r := recover(); r != nil {
			how = a.caught(r)
		}
	}()
	return a.run(list)
}
