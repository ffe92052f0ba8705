package main

import (
	"fmt"
	ieee "hash/crc32"
	"strings"
)

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
	{"proc.go", "\tgcenable()\n\tdefaultGOMAXPROCSUpdateEnable() // don't STW before runtime initialized.\n", "\tgcenable()\n\thelpers = startHelpers\n\tsingle.Store(1)\n", 1},
	{"proc.go", "// The main goroutine.\nfunc main() {\n", widen + "// The main goroutine.\nfunc main() {\n", 1},
	{"proc.go", "func newproc(fn *funcval) {\n", "func newproc(fn *funcval) {\n" + widened, 1},
	{"time.go", "arg any, c *hchan) *timeTimer {\n\tt := new(timeTimer)\n", "arg any, c *hchan) *timeTimer {\n" + widened + "\tt := new(timeTimer)\n", 1},
	{"debug.go", "\tprocs := defaultGOMAXPROCS(0)\n", "\twatch(single.Swap(0))\n" +
		"\tif !cgroupOK {\n\t\tdefaultGOMAXPROCSInit()\n\t}\n\tprocs := defaultGOMAXPROCS(0)\n", 1},
	{"debug.go", "\tsched.customGOMAXPROCS = false\n", "\tsched.customGOMAXPROCS = true\n", 1},

	// The collector's workers are goroutines, but are started where the world must not be stopped. Where the environment says how many processors
	// there shall be, a collection takes place on the one.
	{"mgc.go", "\treleasem(mp)\n\tmp = nil\n\n\tif gp := getg(); gp.bubble != nil {\n", "\treleasem(mp)\n\tmp = nil\n" + collecting + "\n\tif gp := getg(); gp.bubble != nil {\n", 1},
	// The runtime's own goroutines have nothing to do before there is a collection: sweeping, giving memory back, two minutes' wait, and what
	// whoever opens a file has for finalizers and cleanups.
	{"mgc.go", "\tc := make(chan int, 2)\n\tgo bgsweep(c)\n\tgo bgscavenge(c)\n\t<-c\n\t<-c\n", "", 1},
	{"proc.go", "func init() {\n\tgo forcegchelper()\n}\n", "", 1},
	{"mfinal.go", "func createfing() {\n", "func createfing() {\n\tif single.Load() == 1 {\n\t\treturn\n\t}\n", 1},
	{"mcleanup.go", "func (q *cleanupQueue) needG() bool {\n", "func (q *cleanupQueue) needG() bool {\n\tif single.Load() == 1 {\n\t\treturn false\n\t}\n", 1},
	// A thread is there to have each signal unblocked that somebody wants to hear of, and is told of each. It is needed where the
	// process was started with the signal blocked; else no thread blocks it.
	{"signal_unix.go", "\t\tensureSigM()\n\t\tenableSigChan <- sig\n\t\t<-maskUpdatedChan\n", "\t\tif blockedAtStart(sig) {\n\t\t\tensureSigM()\n\t\t\tenableSigChan <- sig\n\t\t\t<-maskUpdatedChan\n\t\t}\n", 1},
	{"signal_unix.go", "\t\tensureSigM()\n\t\tdisableSigChan <- sig\n\t\t<-maskUpdatedChan\n", "\t\tif blockedAtStart(sig) {\n\t\t\tensureSigM()\n\t\t\tdisableSigChan <- sig\n\t\t\t<-maskUpdatedChan\n\t\t}\n", 1},
	{"signal_unix.go", "func sigenable(sig uint32) {\n", blockedAtStart + "func sigenable(sig uint32) {\n", 1},
	// Nobody reads profiles of the memory, whose tables are large, and stacks are cut from pieces of which each page is written to.
	{"mprof.go", "var MemProfileRate int = 512 * 1024\n", "var MemProfileRate int = 0\n", 1},
	{"malloc.go", "\t_StackCacheSize = 32 * 1024\n", "\t_StackCacheSize = 16 * 1024\n", 1},
	// The heap is below 1 TB, so that the tables of what it may be made of are 3 MB of addresses and not 1.2 GB, which a limit of the address space
	// (RLIMIT_AS, ulimit -v) counts: the runtime does not notice that it could not get them, and uses what is elsewhere.
	{"malloc.go", "goarch.IsArm64))*48 + ", "goarch.IsArm64))*40 + ", 1},
	{"malloc.go", "\tarenaBaseOffset = 0xffff800000000000*goarch.IsAmd64 + ", "\tarenaBaseOffset = ", 1},
	{"malloc.go", "\tlogHeapArenaBytes = (6+20)*", "\tlogHeapArenaBytes = (2+20)*", 1},
	// So is what FIPS 140 reads from for its random numbers, 32 MB in each program that has a hash.
	{drbg, "var memory entropy.ScratchBuffer\n", "", 1},
	{drbg, "entropy.Seed(&memory)", "entropy.Seed(new(entropy.ScratchBuffer))", 2},
	// The first goroutine's stack is as large at once as those of our programs become: to find out what to copy takes the tables of many functions.
	{"proc.go", "\t\tnewg = malg(stackMin)\n", "\t\tsize := int32(stackMin)\n\t\tif !mainStarted {\n\t\t\tsize = 64 << 10\n\t\t}\n\t\tnewg = malg(size)\n", 1},
	// Where a program's variables have pointers is unpacked for the first collection.
	{"symtab.go", "\t\t\tmd.gcdatamask = progToPointerMask((*byte)(unsafe.Pointer(md.gcdata)), scanDataSize)\n", "", 1},
	{"symtab.go", "\t\t\tmd.gcbssmask = progToPointerMask((*byte)(unsafe.Pointer(md.gcbss)), scanBSSSize)\n", "", 1},
	{"mgc.go", "\tsemacquire(&work.startSema)\n", "\tsemacquire(&work.startSema)\n" + pointerMasks, 1},
	// That the linker has sorted its table of functions is not looked at again each time: it has a page for each five hundred.
	{"symtab.go", "\tfor i := 0; i < nftab; i++ {\n\t\t// NOTE:", "\tfor i := nftab; i < nftab; i++ {\n\t\t// NOTE:", 1},
	// How much stack preempting takes is looked up in the tables of three functions; it is less than this, or the runtime would refuse to start.
	{"preempt.go", "\tf := findfunc(abi.FuncPCABI0(asyncPreempt))\n\ttotal := funcMaxSPDelta(f)\n\tf = findfunc(abi.FuncPCABIInternal(asyncPreempt2))\n\ttotal += funcMaxSPDelta(f)\n\tf = findfunc(abi.FuncPCABIInternal(xRegRestore))\n\ttotal += funcMaxSPDelta(f)\n", "\ttotal := stackNosplit - 8*goarch.PtrSize\n", 1},
	// The environment's strings stay where the kernel has put them, as the arguments do.
	{"runtime1.go", "\t\tenvs[i] = gostring(argv_index(argv, argc+1+i))\n", "\t\tenvs[i] = gostringnocopy(argv_index(argv, argc+1+i))\n", 1},
	// What a signal was set to is asked by the call that sets it, but for the two that stay ignored.
	{"signal_unix.go", "\t\tfwdSig[i] = getsig(i)\n\n\t\tif !sigInstall", swapped + "\t\tfwdSig[i] = getsig(i)\n\n\t\tif !sigInstall", 1},
	{"os_linux.go", "func setsig(i uint32, fn uintptr) {\n", swapsig, 1},
	{"os_linux.go", "\tsa.sa_handler = fn\n\tsigaction(i, &sa, nil)\n", "\tsa.sa_handler = fn\n\tvar old sigactiont\n\tsigaction(i, &sa, &old)\n\treturn old.sa_handler\n", 1},
	// CPUID leaves a virtual machine, for 6 µs and more: three of nine questions are left. Not asked are the name, RDTSCP, in whose place RDTSC
	// does between two fences, AVX-VNNI, which nothing here has instructions of, and what was asked already.
	{"asm_amd64.s", cpuInfo, "", 1},
	{"cpuflags_amd64.go", "isERMSNiceCPU := isIntel\n", "isERMSNiceCPU := cpu.IsIntel\n", 1},
	{cpuX86, "func doinit() {\n", "// IsIntel says whose processor it is.\nvar IsIntel bool\n\nfunc doinit() {\n", 1},
	{cpuX86, "\tmaxID, _, _, _ := cpuid(0, 0)\n", "\tmaxID, vendor, _, _ := cpuid(0, 0)\n\tIsIntel = vendor == 0x756e6547 // Genu\n", 1},
	{cpuX86, "\tmaxExtendedFunctionInformation, _, _, _ = cpuid(0x80000000, 0)\n\n", "", 1},
	{cpuX86, "\teax7, ebx7, ecx7, edx7 := cpuid(7, 0)\n", "\t_, ebx7, ecx7, edx7 := cpuid(7, 0)\n", 1},
	{cpuX86, rdtscp, "", 1},
	{cpuX86, avxVNNI, "", 1},
	// How large a huge page is the runtime wants to know for a heap that grows, and takes 2 MB where it isn't told.
	{"os_linux.go", "\tphysHugePageSize = getHugePageSize()\n", "\tphysHugePageSize = 0\n", 1},
	// A package for compression asks for the tables of CRC-32C at the start of each program that has it; they are computed by who needs them.
	{crc32, "var IEEETable = simpleMakeTable(IEEE)\n", fmt.Sprintf("var IEEETable = &Table%s\n", strings.TrimPrefix(fmt.Sprintf("%#v", *ieee.IEEETable), "crc32.Table")), 1},
	{crc32, "\thaveCastagnoli.Store(true)\n", "", 1},
	{crc32, "var castagnoliInitOnce = sync.OnceFunc(func() {\n\tcastagnoliTable = simpleMakeTable(Castagnoli)\n",
		"var castagnoliTableOnce = sync.OnceFunc(func() {\n\tcastagnoliTable = simpleMakeTable(Castagnoli)\n\thaveCastagnoli.Store(true)\n})\n\nvar castagnoliInitOnce = sync.OnceFunc(func() {\n", 1},
	{crc32, "\t\tcastagnoliInitOnce()\n\t\treturn castagnoliTable\n", "\t\tcastagnoliTableOnce()\n\t\treturn castagnoliTable\n", 1},
	{crc32, "tab == castagnoliTable:\n", "tab == castagnoliTable:\n\t\tcastagnoliInitOnce()\n", 1},
}

const (
	crc32  = "hash/crc32/crc32.go"
	drbg   = "crypto/internal/fips140/drbg/entropy_fips140.go"
	cpuX86 = "internal/cpu/cpu_x86.go"
)

const pointerMasks = `	for md := &firstmoduledata; md != nil; md = md.next {
		if md.gcdatamask.bytedata == nil {
			md.gcdatamask = progToPointerMask((*byte)(unsafe.Pointer(md.gcdata)), md.edata-md.data)
			md.gcbssmask = progToPointerMask((*byte)(unsafe.Pointer(md.gcbss)), md.ebss-md.bss)
		}
	}
`

const swapped = `		if i != _SIGHUP && i != _SIGINT && sigInstallGoHandler(i) {
			handlingSig[i] = 1
			fwdSig[i] = swapsig(i, abi.FuncPCABIInternal(sighandler))
			continue
		}
`

const swapsig = `func setsig(i uint32, fn uintptr) {
	swapsig(i, fn)
}

// swapsig says what the signal was set to before.
//
//go:nosplit
//go:nowritebarrierrec
func swapsig(i uint32, fn uintptr) uintptr {
`

const cpuInfo = `	MOVL	$0, AX
	CPUID
	CMPL	AX, $0
	JE	nocpuinfo

	CMPL	BX, $0x756E6547  // "Genu"
	JNE	notintel
	CMPL	DX, $0x49656E69  // "ineI"
	JNE	notintel
	CMPL	CX, $0x6C65746E  // "ntel"
	JNE	notintel
	MOVB	$1, runtime·isIntel(SB)

notintel:
	// Load EAX=1 cpuid flags
	MOVL	$1, AX
	CPUID
	MOVL	AX, runtime·processorVersionInfo(SB)

nocpuinfo:
`

const rdtscp = `	var maxExtendedInformation uint32
	maxExtendedInformation, _, _, _ = cpuid(0x80000000, 0)

	if maxExtendedInformation < 0x80000001 {
		osInit()
		return
	}

	_, _, _, edxExt1 := cpuid(0x80000001, 0)
	X86.HasRDTSCP = isSet(edxExt1, cpuid_RDTSCP)

`

const avxVNNI = `	if eax7 >= 1 {
		eax71, _, _, _ := cpuid(7, 1)
		if X86.HasAVX {
			X86.HasAVXVNNI = isSet(eax71, cpuid_AVXVNNI)
		}
	}

`

const widen = `// single is 1 from when the runtime is ready, while there is one processor, no goroutine beside main's, and no sysmon; it is 2 when the runtime's
// goroutines have come with a collection, still without sysmon.
var single atomic.Uint32

// chosen is how many processors the environment says.
var chosen int

func widen() {
	switch gp := getg(); {
	case gp == gp.m.g0 || gp != gp.m.curg || gp.m.locks != 0 || gp.m.preemptoff != "":
	case chosen > 0:
		watch(single.Swap(0))
		GOMAXPROCS(chosen) // which does nothing for 1
	default:
		SetDefaultGOMAXPROCS()
	}
}

// collect is for a collection, before goroutines are asked for.
func collect() {
	if chosen == 0 {
		widen()
	} else if single.CompareAndSwap(1, 0) {
		helpers()
		single.Store(2)
	}
}

// watch starts sysmon, and the runtime's goroutines unless a collection has done so.
func watch(before uint32) {
	if before == 0 {
		return
	}
	systemstack(func() {
		newm(sysmon, nil, -1)
	})
	if before == 1 {
		helpers()
	}
}

// helpers is startHelpers, as a variable because a collection begins in mallocgc, which is what the order of initialisation is about.
var helpers func()

func startHelpers() {
	c := make(chan int, 2)
	go bgsweep(c)
	go bgscavenge(c)
	go forcegchelper()
	createfing()
	if gcCleanups.needG() {
		gcCleanups.createGs()
	}
}

`

const blockedAtStart = `func blockedAtStart(sig uint32) bool {
	return initSigmask[(sig-1)/32]&(1<<((sig-1)&31)) != 0
}

`

const collecting = "\tif single.Load() != 0 {\n\t\tcollect()\n\t}\n"

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
