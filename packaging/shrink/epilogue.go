package main

// The instructions of a return on amd64: the frame has gone, its caller's base pointer
// and the address to return to have not.
const (
	popBP = 0x5d
	ret   = 0xc3
)

// flat says of a return in the middle of a function what holds around it: that the frame is
// there. It is half of what the tables of frame sizes say. A stack is unwound at calls,
// at faults and where a goroutine is preempted, which the runtime does not do before these two
// instructions (edits.go).
func flat(runs []run, code []byte) []run {
	size := int32(0)
	for _, r := range runs {
		size = max(size, r.value)
	}
	body, last := false, len(runs)-1
	for last > 0 && runs[last].value != size {
		last--
	}
	out := make([]run, len(runs))
	from := uint32(0)
	for i, r := range runs {
		body = body || r.value == size
		if body && i < last && returns(r, code, from) {
			r.value = size
		}
		out[i], from = r, r.end
	}
	return out
}

// returns says that a run is one of the two instructions.
func returns(r run, code []byte, from uint32) bool {
	if r.end != from+1 || int(from) >= len(code) {
		return false
	}
	return r.value == 8 && code[from] == popBP || r.value == 0 && code[from] == ret
}
