package main

import (
	"fmt"
	ieee "hash/crc32"
	"strings"
)

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
	// The heap is below 128 GB, so that the tables of what it may be made of are 0.8 MB of addresses and not 1.2 GB, which a limit of the address space
	// (RLIMIT_AS, ulimit -v) counts: the runtime does not notice that it could not get them, and uses what is elsewhere.
	{"malloc.go", "goarch.IsArm64))*48 + ", "goarch.IsArm64))*37 + ", 1},
	{"malloc.go", "\tarenaBaseOffset = 0xffff800000000000*goarch.IsAmd64 + ", "\tarenaBaseOffset = ", 1},
	{"malloc.go", "\tlogHeapArenaBytes = (6+20)*", "\tlogHeapArenaBytes = (2+20)*", 1},
	// Those tables are variables, which nobody has to ask the kernel for, and each of whose pages is there when it is touched: together less than 2 MB, or
	// they would be made of huge pages where the kernel gives those to everybody. So would the heap's first piece be.
	{"mpagealloc_64bit.go", "\tpallocChunksL1Bits = 13\n", "\tpallocChunksL1Bits = 8\n", 1},
	{"mpagealloc_64bit.go", "func (p *pageAlloc) sysInit(test bool) {\n", pageTables + "func (p *pageAlloc) sysInit(test bool) {\n\tat := 0\n", 1},
	{"mpagealloc_64bit.go", "\t\tb := alignUp(uintptr(entries)*pallocSumBytes, physPageSize)\n\t\tr := sysReserve(nil, b, \"page summary\")\n", "\t\tr := unsafe.Pointer(&summaries[at])\n\t\tat += entries\n", 1},
	{"mpagealloc_64bit.go", "\t\tsysMap(unsafe.Pointer(need.base.addr()), need.size(), p.sysStat, \"page alloc\")\n\t\tsysUsed(unsafe.Pointer(need.base.addr()), need.size(), need.size())\n\t\tp.summaryMappedReady += need.size()\n", touched, 1},
	{"mpagealloc_64bit.go", "\t\tsysMap(unsafe.Pointer(need.base.addr()), need.size(), sysStat, \"scavenge index\")\n\t\tsysUsed(unsafe.Pointer(need.base.addr()), need.size(), need.size())\n", touched, 1},
	{"mpagealloc_64bit.go", "\treturn need.size()\n", "\treturn 0\n", 1},
	{"mpagealloc_64bit.go", "\tnbytes := n * unsafe.Sizeof(atomicScavChunkData{})\n\tr := sysReserve(nil, nbytes, \"scavenge index\")\n", "\tr := unsafe.Pointer(&scavengeable)\n", 1},
	{"mpagealloc.go", "\t\t\tr := sysAlloc(l2Size, p.sysStat, vmaNamePageAllocIndex)\n", "\t\t\tr := unsafe.Pointer(&firstChunks)\n\t\t\tif firstTaken {\n\t\t\t\tr = sysAlloc(l2Size, p.sysStat, vmaNamePageAllocIndex)\n\t\t\t}\n\t\t\tfirstTaken = true\n", 1},
	{"mpagealloc.go", "\t\t\t\tif p.chunkHugePages {\n\t\t\t\t\tsysHugePage(r, l2Size)\n\t\t\t\t} else {\n\t\t\t\t\tsysNoHugePage(r, l2Size)\n\t\t\t\t}\n", "", 1},
	{"malloc.go", "\t\t\tl2 = (*[1 << arenaL2Bits]*heapArena)(sysAllocOS(unsafe.Sizeof(*l2), \"heap index\"))\n", "\t\t\tl2 = &arenaTable\n", 1},
	{"malloc.go", "\t\t\tif h.arenasHugePages {\n\t\t\t\tsysHugePage(unsafe.Pointer(l2), unsafe.Sizeof(*l2))\n\t\t\t} else {\n\t\t\t\tsysNoHugePage(unsafe.Pointer(l2), unsafe.Sizeof(*l2))\n\t\t\t}\n", "", 1},
	{"mheap.go", "\t// The memory just allocated counts as both released\n", "\tif firstGrow {\n\t\tsysNoHugePage(unsafe.Pointer(v), nBase-v)\n\t}\n\n\t// The memory just allocated counts as both released\n", 1},
	// Nor is each class of sizes prepared that nothing is ever allocated of.
	{"mheap.go", "\tfor i := range h.central {\n\t\th.central[i].mcentral.init(spanClass(i))\n\t}\n", "", 1},
	{"mcache.go", "\ts = mheap_.central[spc].mcentral.cacheSpan()\n", "\tmheap_.central[spc].mcentral.spanclass = spc\n\ts = mheap_.central[spc].mcentral.cacheSpan()\n", 1},
	// Names for the kernel's list of mappings are a call each, and keep it from joining them.
	{"runtime1.go", "value: &debug.decoratemappings, def: 1}", "value: &debug.decoratemappings, def: 0}", 1},
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
	// Signals have their default actions, as in a C library's and any other program, but for those that the runtime itself needs: it would print stacks for some
	// and pass over others that end a process. What a signal was set to is asked by the call that sets it.
	{"signal_unix.go", "if (isarchive || islibrary) && t.flags&_SigPanic", "if t.flags&_SigPanic", 1},
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

const pageTables = `// summaries are all levels of p.summary, one after the other.
var summaries [1<<levelsBits0 + 1<<levelsBits1 + 1<<levelsBits2 + 1<<levelsBits3 + 1<<levelsBits4]pallocSum

const (
	levelsBits0 = summaryL0Bits
	levelsBits1 = levelsBits0 + summaryLevelBits
	levelsBits2 = levelsBits1 + summaryLevelBits
	levelsBits3 = levelsBits2 + summaryLevelBits
	levelsBits4 = levelsBits3 + summaryLevelBits
)

// scavengeable is the scavenger's index.
var scavengeable [(1 << heapAddrBits) / pallocChunkBytes]atomicScavChunkData

// firstChunks are the bitmaps of the heap's first part.
var (
	firstChunks [1 << pallocChunksL2Bits]pallocData
	firstTaken  bool
)

// arenaTable finds the heap's arenas; there is no first level.
var arenaTable [1 << arenaL2Bits]*heapArena

`

// touched writes to a page of zeros before it is read: that is one fault, not two.
const touched = `		if need.size() == physPageSize {
			*(*uint64)(unsafe.Pointer(need.base.addr())) = 0
		}
`

const swapped = `		if sigInstallGoHandler(i) {
			handlingSig[i] = 1
			fwdSig[i] = swapsig(i, abi.FuncPCABIInternal(sighandler))
		}
		if i != _SIGHUP && i != _SIGINT {
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
