package sed

import "bytes"

// substitute runs the command s.
func (s *editor) substitute(u *substitution) {
	re := u.re
	if re == nil {
		re = s.used
	}
	s.used = re
	slots := u.slots
	out := s.spare[:0]
	at, end, done := 0, -1, false
	for count := int64(1); at <= len(s.space) && re.Find(s.space, at, slots, 0); count++ {
		from, to := slots[0], slots[1]
		if from == to && from == end {
			// Nothing right behind a match is no match of its own.
			count--
		} else if count >= u.nth {
			out = append(out, s.space[at:from]...)
			out = u.replace(out, s.space, slots)
			at, done = to, true
		}
		end = to
		out = append(out, s.space[at:to]...)
		if at = to; from == to {
			if at < len(s.space) {
				out = append(out, s.space[at])
			}
			at++
		}
		if done && !u.global {
			break
		}
	}
	if !done {
		return
	}
	if at < len(s.space) {
		out = append(out, s.space[at:]...)
	}
	s.space, s.spare = out, s.space
	s.replaced = true
	if u.print {
		s.write(s.out, s.space, s.ended)
	}
	if u.file != nil {
		s.write(u.file, s.space, s.ended)
	}
}

// replace appends the replacement for a match.
func (u *substitution) replace(out, space []byte, slots []int) []byte {
	mode, once := byte('E'), byte(0)
	for i := range u.parts {
		p := &u.parts[i]
		text := p.text
		switch {
		case p.change == 'l' || p.change == 'u':
			once = p.change
			continue
		case p.change != 0:
			mode, once = p.change, 0
			continue
		case p.group >= 0:
			from, to := slots[2*p.group], slots[2*p.group+1]
			if from < 0 {
				continue
			}
			text = space[from:to]
		}
		start := len(out)
		out = append(out, text...)
		if mode != 'E' {
			recase(out[start:], mode)
		}
		if once != 0 && len(out) > start {
			recase(out[start:start+1], once)
			once = 0
		}
	}
	return out
}

// recase changes the case of ASCII letters in place.
func recase(text []byte, mode byte) {
	if mode|0x20 == 'l' {
		copy(text, bytes.ToLower(text))
		return
	}
	copy(text, bytes.ToUpper(text))
}
