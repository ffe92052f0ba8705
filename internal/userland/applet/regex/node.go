package regex

// kind is the kind of a node of the syntax tree.
type kind uint8

const (
	kEmpty   kind = iota
	kByte         // the byte n
	kSet          // a byte of set n
	kCat          // the subs one after the other
	kAlt          // one of the subs
	kRepeat       // min to max times subs[0]
	kGroup        // subs[0] is group n
	kAssert       // the assertion n
	kBackref      // what group n matched
)

// unbounded is the max of a star, and the length of what it may match.
const unbounded = 1 << 30

// node is a node of the syntax tree.
type node struct {
	kind     kind
	captures bool // has a group in it
	n        int32
	min, max int32 // of kRepeat
	shortest int32 // lengths of what it matches; unbounded at most
	longest  int32
	// entry and next are where the node's code begins and where it goes on behind
	// it; of one of the copies if it is repeated.
	entry, next int32
	subs        []*node
}

// set is a set of bytes.
type set [4]uint64

func (s *set) add(b byte)           { s[b>>6] |= 1 << (b & 63) }
func (s *set) remove(b byte)        { s[b>>6] &^= 1 << (b & 63) }
func (s *set) has(b byte) bool      { return s[b>>6]>>(b&63)&1 != 0 }
func (s *set) merge(o *set)         { s[0], s[1], s[2], s[3] = s[0]|o[0], s[1]|o[1], s[2]|o[2], s[3]|o[3] }
func (s *set) complement()          { s[0], s[1], s[2], s[3] = ^s[0], ^s[1], ^s[2], ^s[3] }
func isLetter(b byte) bool          { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isWord(b byte) bool            { return isLetter(b) || b >= '0' && b <= '9' || b == '_' }
func sum(a, b int32) int32          { return int32(min(int64(a)+int64(b), unbounded)) }
func product(a, b, cap int32) int32 { return int32(min(int64(a)*int64(b), int64(cap))) }

// single says whether the node matches exactly one byte, whichever.
func (n *node) single() bool { return n.kind == kByte || n.kind == kSet }

// measure fills in the lengths and captures of a tree, from the leaves up.
func (n *node) measure() {
	for _, s := range n.subs {
		s.measure()
		n.captures = n.captures || s.captures
	}
	switch n.kind {
	case kByte, kSet:
		n.shortest, n.longest = 1, 1
	case kCat:
		for _, s := range n.subs {
			n.shortest, n.longest = sum(n.shortest, s.shortest), sum(n.longest, s.longest)
		}
	case kAlt:
		n.shortest = unbounded
		for _, s := range n.subs {
			n.shortest, n.longest = min(n.shortest, s.shortest), max(n.longest, s.longest)
		}
	case kRepeat:
		n.shortest = product(n.subs[0].shortest, n.min, unbounded)
		n.longest = product(n.subs[0].longest, n.max, unbounded)
	case kGroup:
		n.captures = true
		n.shortest, n.longest = n.subs[0].shortest, n.subs[0].longest
	case kBackref:
		n.longest = unbounded
	}
}

// size is the number of instructions that the tree becomes, limit at most.
func (n *node) size(limit int32) int32 {
	switch n.kind {
	case kRepeat:
		times := max(n.min, 1)
		if n.max != unbounded {
			times = n.max
		}
		return product(n.subs[0].size(limit)+1, times, limit)
	case kEmpty:
		return 0
	}
	total := int32(1)
	for _, s := range n.subs {
		total = min(total+1+s.size(limit), limit)
	}
	return total
}

// prefix returns the bytes that every match begins with, and whether they are all
// that it matches.
func (n *node) prefix() (literal []byte, whole bool) {
	switch n.kind {
	case kEmpty, kAssert:
		return nil, true
	case kByte:
		return []byte{byte(n.n)}, true
	case kGroup:
		return n.subs[0].prefix()
	case kCat:
		for _, s := range n.subs {
			more, whole := s.prefix()
			literal = append(literal, more...)
			if !whole {
				return literal, false
			}
		}
		return literal, true
	case kRepeat:
		if n.min > 0 {
			literal, _ = n.subs[0].prefix()
		}
	}
	return literal, false
}

// needed returns the longest bytes found that stand in every match.
func (n *node) needed() []byte {
	switch n.kind {
	case kByte:
		return []byte{byte(n.n)}
	case kGroup:
		return n.subs[0].needed()
	case kRepeat:
		if n.min > 0 {
			return n.subs[0].needed()
		}
	case kCat:
		var best, run []byte
		for _, s := range n.subs {
			more, whole := s.prefix()
			run = append(run, more...)
			if len(run) > len(best) {
				best = append([]byte(nil), run...)
			}
			if !whole {
				run = run[:0]
				if inner := s.needed(); len(inner) > len(best) {
					best = inner
				}
			}
		}
		return best
	}
	return nil
}

// pure says whether the tree is bytes one after the other and nothing else.
func (n *node) pure() bool {
	if n.kind != kCat {
		return n.kind == kByte
	}
	for _, s := range n.subs {
		if s.kind != kByte {
			return false
		}
	}
	return true
}
