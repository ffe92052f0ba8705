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

// starts are for all programs. One that is over in a millisecond has one goroutine, and is spared what is for several: it begins with
// one processor, whatever the machine has, without the thread that watches the others, and without asking how much of the processors its
// control group has, which takes reading the list of all mounts. All that comes with the first goroutine that is started, the first
// timer or the first collection of garbage: by runtime.SetDefaultGOMAXPROCS, or as many as GOMAXPROCS in the environment says.
var starts = []edit{
	{"proc.go", "\tmProfStackInit(gp.m)\n\tdefaultGOMAXPROCSInit()\n", "\tmProfStackInit(gp.m)\n", 1},
	{"proc.go", "\t\tprocs = defaultGOMAXPROCS(numCPUStartup)\n", "\t\tprocs = 1\n\t\tsched.customGOMAXPROCS = true\n", 1},
	{"proc.go", "\t\tprocs = int32(n)\n\t\tsched.customGOMAXPROCS = true\n", "\t\tprocs = 1\n\t\tsched.customGOMAXPROCS = true\n\t\tchosen = int(n)\n", 1},
	{"proc.go", "\tif haveSysmon {\n\t\tsystemstack(func() {\n\t\t\tnewm(sysmon, nil, -1)\n\t\t})\n\t}\n", "", 1},
	{"proc.go", "\tgcenable()\n\tdefaultGOMAXPROCSUpdateEnable() // don't STW before runtime initialized.\n", "\tgcenable()\n\tsingle.Store(1)\n", 1},
	{"proc.go", "// The main goroutine.\nfunc main() {\n", widen + "// The main goroutine.\nfunc main() {\n", 1},
	{"proc.go", "func newproc(fn *funcval) {\n", "func newproc(fn *funcval) {\n" + widened, 1},
	{"time.go", "arg any, c *hchan) *timeTimer {\n\tt := new(timeTimer)\n", "arg any, c *hchan) *timeTimer {\n" + widened + "\tt := new(timeTimer)\n", 1},
	{"debug.go", "\tprocs := defaultGOMAXPROCS(0)\n", "\tif single.CompareAndSwap(1, 0) {\n\t\twatch()\n\t}\n" +
		"\tif !cgroupOK {\n\t\tdefaultGOMAXPROCSInit()\n\t}\n\tprocs := defaultGOMAXPROCS(0)\n", 1},
	{"debug.go", "\tsched.customGOMAXPROCS = false\n", "\tsched.customGOMAXPROCS = true\n", 1},

	// The collector's workers are goroutines, but are started where the world must not be stopped.
	{"mgc.go", "\treleasem(mp)\n\tmp = nil\n\n\tif gp := getg(); gp.bubble != nil {\n", "\treleasem(mp)\n\tmp = nil\n" + widened + "\n\tif gp := getg(); gp.bubble != nil {\n", 1},
	// Whoever opens a file has a goroutine for finalizers, with nothing to do before there was a collection.
	{"mfinal.go", "\t\tgo runFinalizers()\n", "\t\tone := single.Swap(0)\n\t\tgo runFinalizers()\n\t\tsingle.Store(one)\n", 1},
	{"mcleanup.go", "\t\tgo runCleanups()\n", "\t\tone := single.Swap(0)\n\t\tgo runCleanups()\n\t\tsingle.Store(one)\n", 1},
	// A thread is there to have each signal unblocked that somebody wants to hear of, and is told of each. It is needed where the
	// process was started with the signal blocked; else no thread blocks it.
	{"signal_unix.go", "\t\tensureSigM()\n\t\tenableSigChan <- sig\n\t\t<-maskUpdatedChan\n", "\t\tif blockedAtStart(sig) {\n\t\t\tensureSigM()\n\t\t\tenableSigChan <- sig\n\t\t\t<-maskUpdatedChan\n\t\t}\n", 1},
	{"signal_unix.go", "\t\tensureSigM()\n\t\tdisableSigChan <- sig\n\t\t<-maskUpdatedChan\n", "\t\tif blockedAtStart(sig) {\n\t\t\tensureSigM()\n\t\t\tdisableSigChan <- sig\n\t\t\t<-maskUpdatedChan\n\t\t}\n", 1},
	{"signal_unix.go", "func sigenable(sig uint32) {\n", blockedAtStart + "func sigenable(sig uint32) {\n", 1},
	// Nobody reads profiles of the memory, whose tables are large, and stacks are cut from pieces of which each page is written to.
	{"mprof.go", "var MemProfileRate int = 512 * 1024\n", "var MemProfileRate int = 0\n", 1},
	{"malloc.go", "\t_StackCacheSize = 32 * 1024\n", "\t_StackCacheSize = 16 * 1024\n", 1},
	// The first goroutine, which is bound to its thread until the program begins, waits for no other one: it would take a second thread.
	{"mgc.go", "\tgo bgscavenge(c)\n\t<-c\n\t<-c\n", "\tgo bgscavenge(c)\n", 1},
	// A package for compression asks for the tables of CRC-32C at the start of each program that has it; they are computed by who needs them.
	{crc32, "\thaveCastagnoli.Store(true)\n", "", 1},
	{crc32, "var castagnoliInitOnce = sync.OnceFunc(func() {\n\tcastagnoliTable = simpleMakeTable(Castagnoli)\n",
		"var castagnoliTableOnce = sync.OnceFunc(func() {\n\tcastagnoliTable = simpleMakeTable(Castagnoli)\n\thaveCastagnoli.Store(true)\n})\n\nvar castagnoliInitOnce = sync.OnceFunc(func() {\n", 1},
	{crc32, "\t\tcastagnoliInitOnce()\n\t\treturn castagnoliTable\n", "\t\tcastagnoliTableOnce()\n\t\treturn castagnoliTable\n", 1},
	{crc32, "tab == castagnoliTable:\n", "tab == castagnoliTable:\n\t\tcastagnoliInitOnce()\n", 1},
}

const crc32 = "hash/crc32/crc32.go"

const widen = `// single is 1 from when the runtime is ready, while there is one processor, no goroutine beside main's, and no sysmon.
var single atomic.Uint32

// chosen is how many processors the environment says.
var chosen int

func widen() {
	switch gp := getg(); {
	case gp == gp.m.g0 || gp != gp.m.curg || gp.m.locks != 0 || gp.m.preemptoff != "":
	case chosen > 0:
		if single.CompareAndSwap(1, 0) {
			watch()
		}
		GOMAXPROCS(chosen) // which does nothing for 1
	default:
		SetDefaultGOMAXPROCS()
	}
}

func watch() {
	systemstack(func() {
		newm(sysmon, nil, -1)
	})
}

`

const blockedAtStart = `func blockedAtStart(sig uint32) bool {
	return initSigmask[(sig-1)/32]&(1<<((sig-1)&31)) != 0
}

`

const widened = "\tif single.Load() != 0 {\n\t\twiden()\n\t}\n"

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
