package ebpf

// argument is where in struct pt_regs the arguments of a system call are, callNumber where its number is
// (arch/arm64/include/asm/ptrace.h).
var argument = [...]int32{0, 8, 16, 24, 32, 40}

const callNumber = 280
