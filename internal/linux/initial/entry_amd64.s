#include "textflag.h"

// entry is the program's first instruction where it is linked with
// -E bantam/internal/linux/initial.entry.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MOVL $302, AX                  // prlimit64
	XORL DI, DI
	MOVL $7, SI                    // RLIMIT_NOFILE
	XORL DX, DX
	LEAQ ·files(SB), R10
	SYSCALL
	MOVL $157, AX                  // prctl
	MOVL $30, DI                   // PR_GET_TIMERSLACK
	SYSCALL
	CMPQ AX, $4000000
	JHS  runtime                   // or an error
	MOVQ AX, ·slack(SB)
	MOVL $157, AX
	MOVL $29, DI                   // PR_SET_TIMERSLACK
	MOVL $4000000, SI
	SYSCALL
runtime:
	JMP  _rt0_amd64_linux(SB)
