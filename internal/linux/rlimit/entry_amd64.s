#include "textflag.h"

// entry is the program's first instruction where it is linked with
// -E bantam/internal/linux/rlimit.entry: prlimit(0, RLIMIT_NOFILE, nil, &start).
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MOVL $302, AX
	XORL DI, DI
	MOVL $7, SI
	XORL DX, DX
	LEAQ ·start(SB), R10
	SYSCALL
	JMP  _rt0_amd64_linux(SB)
