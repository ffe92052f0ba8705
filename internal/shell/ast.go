package shell

import "sync"

// command is a node of the syntax tree: one of the pointers below.
type command any

type (
	// simple is assignments, words and redirections: the usual command.
	simple struct {
		assigns []assign
		words   []*word
		redirs  []*redirect
		line    int
	}
	// pipeline runs its members side by side, each in a subshell.
	pipeline struct {
		members []command
		negate  bool
	}
	// andOr is left && right, or left || right.
	andOr struct {
		left, right command
		or          bool
	}
	// list runs one command after the other.
	list struct{ commands []command }
	// async runs a command in the background.
	async       struct{ body command }
	conditional struct{ test, then, otherwise command }
	loop        struct {
		test, body command
		until      bool
	}
	forLoop struct {
		name  string
		words []*word // nil: "$@"
		body  command
		line  int
	}
	caseOf struct {
		subject *word
		items   []caseItem
		line    int
	}
	caseItem struct {
		patterns []*word
		body     command
	}
	group    struct{ body command }
	subshell struct {
		body command
		text source
		line int
	}
	function struct {
		name string
		body command
		line int
	}
	// redirected is a compound command with redirections.
	redirected struct {
		body   command
		redirs []*redirect
		line   int
	}
)

// assign is NAME=value in front of a command.
type assign struct {
	name  string
	value *word
}

// source is a subshell's commands as text, for a shell that is started to run them. It
// is printed when it is first needed.
type source struct {
	once sync.Once
	text string
	// process says that it must run in a process of its own.
	process bool
}

type redirectKind uint8

const (
	redirIn redirectKind = iota
	redirOut
	redirAppend
	redirClobber
	redirBoth      // &>
	redirReadWrite // <>
	redirDupIn     // <&
	redirDupOut    // >&
	redirHere
	redirString // <<< of a printer
)

type redirect struct {
	kind   redirectKind
	fd     int
	target *word
	// here is the here document's body, once it was read.
	here *hereDoc
}

type hereDoc struct {
	delimiter string
	quoted    bool
	tabs      bool
	body      *word
}

// word is what one field or more come from.
type word struct {
	parts []part
	// literal is the word's text if it consists of nothing else; static says so.
	literal string
	static  bool
	// glob says that an unquoted literal has a character of patterns in it.
	glob bool
	// tilde says that it begins with one.
	tilde bool
}

type partKind uint8

const (
	partLiteral partKind = iota
	partParam
	partCommand
	partArith
	partProcess // <( ) or >( )
)

type part struct {
	kind   partKind
	quoted bool
	op     paramOp
	colon  bool   // :- and so on: unset or empty
	write  bool   // >( ) and not <( )
	text   string // the literal, or the parameter's name
	word   *word  // operand, expression
	second *word  // replacement
	body   command
	source *source
}

type paramOp uint8

const (
	opNone paramOp = iota
	opLength
	opDefault
	opAssign
	opError
	opAlternative
	opTrimLeft
	opTrimLeftLong
	opTrimRight
	opTrimRightLong
	opSubstring
	opReplace
	opReplaceAll
	opBad
)
