package main

// The runtime's part of the table's new form, and what else it does without in box. What
// symtab.go says of a function in 44 bytes and two arrays is here
//
//	kind, flag  one byte each
//	has         two bytes, a bit for each of 16 numbers
//	numbers     three bytes each, of those whose bit is set, lowest first
//
// The functions' beginnings are in ftab alone, so funcInfo carries them and functions
// with the same numbers share them. Nobody asks for names, files or lines.
const (
	wordSP          = 0 // offset in pctab
	wordArgs        = 1 // bytes of arguments and results; argsUnknown
	wordDeferreturn = 2
	wordPCData      = 3 // 5 offsets in pctab, by internal/abi's PCDATA_
	wordFuncData    = 8 // 8 offsets from gofunc, by internal/abi's FUNCDATA_
	words           = 16

	maxWord     = 1<<24 - 1
	argsUnknown = maxWord

	// ownFlag is set in the flag of the runtime's own functions, whose name it asks for.
	ownFlag = 1 << 7

	// newMagic says that the table has this form.
	newMagic = 0xffffff42
)

const newFunc = `	funcID abi.FuncID
	flag   abi.FuncFlag
	has    [2]uint8 // which words follow, in three bytes each
`

const oldFunc = `	entryOff uint32 // start pc, as offset from moduledata.text
	nameOff  int32  // function name, as index into moduledata.funcnametab.

	args        int32  // in/out args size
	deferreturn uint32 // offset of start of a deferreturn call instruction from entry, if any.

	pcsp      uint32
	pcfile    uint32
	pcln      uint32
	npcdata   uint32
	cuOffset  uint32     // runtime.cutab offset of this function's CU
	startLine int32      // line number of start of function (func keyword/TEXT directive)
	funcID    abi.FuncID // set for certain special runtime functions
	flag      abi.FuncFlag
	_         [1]byte // pad
	nfuncdata uint8   // must be last, must end on a uint32-aligned boundary
`

const accessors = `
func (f funcInfo) word(k uint32) uint32 {
	has := uint32(f.has[0]) | uint32(f.has[1])<<8
	if has>>k&1 == 0 {
		return 0
	}
	p := (*[3]uint8)(add(unsafe.Pointer(f._func), unsafe.Sizeof(_func{})+3*uintptr(sys.OnesCount64(uint64(has&(1<<k-1))))))
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16
}

func (f funcInfo) pcsp() uint32 { return f.word(0) }

func (f funcInfo) args() int32 {
	if n := f.word(1); n != 1<<24-1 {
		return int32(n)
	}
	return abi.ArgsSizeUnknown
}

func (f funcInfo) deferreturn() uint32 { return f.word(2) }

func (f funcInfo) nameOff() int32 {
	if f.flag&(1<<7) != 0 {
		return 3
	}
	return 1
}

func pcdatastart(f funcInfo, table uint32) uint32 {
`

const inReturn = `	if op := *(*uint8)(unsafe.Pointer(pc)); GOARCH == "amd64" && (op == 0x5d || op == 0xc3) {
		return false, 0 // POPQ BP or RET
	}
`

// tables are the new form of the table.
var tables = []edit{
	{"runtime2.go", oldFunc, newFunc, 1},
	{"symtab.go", "hdr.magic != abi.CurrentPCLnTabMagic", "hdr.magic != 0xffffff42", 1},
	{"symtab.go", "type funcInfo struct {\n\t*_func\n\tdatap *moduledata\n", "type funcInfo struct {\n\t*_func\n\tdatap    *moduledata\n\tentryOff uint32 // start pc, as offset from moduledata.text\n", 1},
	{"symtab.go", "datap.pclntable[funcoff])), datap}", "datap.pclntable[funcoff])), datap, datap.ftab[idx].entryoff}", 1},
	{"symtab.go", ".funcoff])), datap}", ".funcoff])), datap, 0}", 3},
	{"symtab.go", "funcInfo{f, mod}", "funcInfo{f, mod, 0}", 1},
	{"plugin.go", ".funcoff])), md}", ".funcoff])), md, 0}", 1},
	{"symtab.go", "return f.entryOff == ^uint32(0) //", "return f.funcID == 0xff //", 1},
	{"symtab.go", "return fn.funcInfo().startLine", "return 0", 1},
	{"symtab.go", "f.nameOff, f.startLine,", "f.nameOff(), 0,", 1},
	{"symtab.go", "funcName(f.nameOff)", "funcName(f.nameOff())", 1},
	{"symtab.go", "datap.cutab[f.cuOffset+uint32(fileno)]", "datap.cutab[fileno]", 1},
	{"symtab.go", "f.pcfile", "0", 1},
	{"symtab.go", "f.pcln,", "0,", 1},
	{"symtab.go", "f.pcsp", "f.pcsp()", 3},
	{"symtab.go", "\nfunc pcdatastart(f funcInfo, table uint32) uint32 {\n", accessors, 1},
	{"symtab.go", "*(*uint32)(add(unsafe.Pointer(&f.nfuncdata), unsafe.Sizeof(f.nfuncdata)+uintptr(table)*4))", "f.word(3 + table)", 1},
	{"symtab.go", "if table >= f.npcdata {", "if table > abi.PCDATA_PanicBounds {", 3},
	{"symtab.go", "\tif i < 0 || i >= f.nfuncdata {", "\toff := f.word(8 + uint32(i))\n\tif off == 0 {", 1},
	{"symtab.go", "\tp := uintptr(unsafe.Pointer(&f.nfuncdata)) + unsafe.Sizeof(f.nfuncdata) + uintptr(f.npcdata)*4 + uintptr(i)*4\n\toff := *(*uint32)(unsafe.Pointer(p))\n", "", 1},
	{"stkframe.go", "f.args ", "f.args() ", 2},
	{"stkframe.go", "frame.fn.args != ", "frame.fn.args() != ", 1},
	{"stkframe.go", "uintptr(frame.fn.args)", "uintptr(frame.fn.args())", 1},
	{"panic.go", "fn.deferreturn == 0", "fn.deferreturn() == 0", 1},
	{"panic.go", "uintptr(fn.deferreturn)", "uintptr(fn.deferreturn())", 1},
	{"panic.go", "if f.deferreturn == 0", "if f.deferreturn() == 0", 1},
	{"panic.go", "uintptr(f.deferreturn)", "uintptr(f.deferreturn())", 1},
	{"traceback.go", "f.pcsp == 0", "f.pcsp() == 0", 1},
	{"traceback.go", "frame.fn.deferreturn != 0", "frame.fn.deferreturn() != 0", 1},
	{"traceback.go", "uintptr(frame.fn.deferreturn)", "uintptr(frame.fn.deferreturn())", 1},

	// Where flat says nothing true about the frame.
	{"preempt.go", "\t\"internal/stringslite\"\n", "\t\"internal/stringslite\"\n\t\"unsafe\"\n", 1},
	{"preempt.go", "\tup, startpc := pcdatavalue2(", inReturn + "\tup, startpc := pcdatavalue2(", 1},

	// Execution traces, which go tool trace shows: nothing starts one.
	{"traceruntime.go", "\treturn trace.enabled\n", "\treturn false\n", 1},
	{"traceruntime.go", "\treturn tl.gen != 0\n", "\treturn false\n", 1},
	// Settings of GODEBUG count their uses for runtime/metrics: nothing reads it.
	{"metrics.go", "func godebug_registerMetric(name string, read func() uint64) {\n\tmetricsLock()\n\tinitMetrics()\n", "func godebug_registerMetric(name string, read func() uint64) {\n\treturn\n\tmetricsLock()\n", 1},
}
