package regex

// Error is what is wrong with a pattern: a code of regcomp(3) with regerror's text.
type Error uint8

// The codes of regcomp.
const (
	ErrCollate Error = iota
	ErrClass
	ErrEscape
	ErrBackref
	ErrBracket
	ErrParen
	ErrBrace
	ErrInterval
	ErrRange
	ErrRepeat
	ErrSize
	ErrCloseParen
)

// Error is regerror's text.
func (e Error) Error() string {
	switch e {
	case ErrCollate:
		return "Invalid collation character"
	case ErrClass:
		return "Invalid character class name"
	case ErrEscape:
		return "Trailing backslash"
	case ErrBackref:
		return "Invalid back reference"
	case ErrBracket:
		return "Unmatched [, [^, [:, [., or [="
	case ErrParen:
		return `Unmatched ( or \(`
	case ErrBrace:
		return `Unmatched \{`
	case ErrInterval:
		return `Invalid content of \{\}`
	case ErrRange:
		return "Invalid range end"
	case ErrRepeat:
		return "Invalid preceding regular expression"
	case ErrSize:
		return "Regular expression too big"
	}
	return `Unmatched ) or \)`
}
