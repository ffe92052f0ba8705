package awk

import "bantam/internal/userland/applet/regex"

// op is what a node of an expression does.
type op uint8

const (
	oNumber op = iota
	oString
	oRegex  // a regular expression by itself: $0 ~ it
	oVar    // the global slot
	oLocal  // the slot of the function's frame
	oField  // $a
	oIndex  // array slot with the subscripts in list
	oAssign // a = b
	oAssignOp
	oIncrement // sub is the operator: ++x, x++ as +p ...
	oAdd
	oSubtract
	oMultiply
	oDivide
	oModulo
	oPower
	oNegate
	oPlus
	oNot
	oAnd
	oOr
	oLess
	oLessEqual
	oEqual
	oNotEqual
	oGreater
	oGreaterEqual
	oMatch
	oNoMatch
	oConcat // the values of list
	oIn     // the subscripts of list are in array slot
	oTernary
	oGroup // (a, b): list
	oCall  // of function slot with list
	oBuiltin
	oGetline
)

// node is an expression.
type node struct {
	op       op
	sub      op    // of oAssignOp; of oIncrement oAdd or oSubtract
	file     uint8 // where it stands
	local    bool  // the array is in the frame
	prefix   bool  // of oIncrement
	paren    bool  // it stood in parentheses
	line     int32
	slot     int32
	number   float64
	text     string
	a, b, c  *node
	list     []*node
	re       *regex.Regexp // the last one compiled here, from source
	source   string
	reFolded bool
}

// kind is what a statement does.
type kind uint8

const (
	sExpression kind = iota
	sPrint
	sPrintf
	sIf
	sWhile
	sDo
	sFor
	sForIn
	sBlock
	sNext
	sNextFile
	sExit
	sReturn
	sBreak
	sContinue
	sDelete
	sGetout // nothing
)

// redirection is where print goes.
type redirection uint8

const (
	toStdout redirection = iota
	toFile
	toAppend
	toCommand
	fromFile
	fromCommand
)

type statement struct {
	kind  kind
	to    redirection
	a     *node // the condition or value; the target of a redirection
	b     *node
	list  []*node
	init  *statement
	step  *statement
	body  []*statement
	other []*statement
}

// function is a function of the program.
type function struct {
	name    string
	params  []string
	body    []*statement
	defined bool
}

// rule is a pattern with its action; with to it is a range.
type rule struct {
	from, to *node
	action   []*statement
	printed  bool // there is no action: the record is printed
	inside   bool
}

// program is a parsed program.
type program struct {
	begin, end []*statement
	hasEnd     bool
	rules      []rule
	functions  []function
	globals    []string
	parts      []part
}

// The slots of the variables that awk itself knows. Those before vFirstPlain do something
// when they are set; those up to vRT are made when they are read.
const (
	vNF = iota
	vNR
	vFNR
	vRT
	vFS
	vOFS
	vORS
	vRS
	vSUBSEP
	vCONVFMT
	vOFMT
	vIGNORECASE
	vRSTART
	vRLENGTH
	vFILENAME
	vENVIRON
	vARGV
	vARGC
	vARGIND
	vERRNO

	vFirstPlain = vRSTART
)

const specialNames = "NF NR FNR RT FS OFS ORS RS SUBSEP CONVFMT OFMT IGNORECASE RSTART RLENGTH FILENAME ENVIRON ARGV ARGC ARGIND ERRNO"
