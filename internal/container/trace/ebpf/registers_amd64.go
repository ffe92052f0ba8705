package ebpf

// argument is where in struct pt_regs the arguments of a system call are, callNumber where its number is
// (arch/x86/include/asm/ptrace.h).
var argument = [...]int32{112, 104, 96, 56, 72, 64}

const callNumber = 120
