#include "textflag.h"

// func clone(args *cloneArgs, size uintptr, m *machine) (pid int, errno uintptr)
//
// The child starts on the stack named by args and never returns. No
// callee-saved register is expected back: only R12, which the kernel keeps, carries m over.
TEXT ·clone(SB),NOSPLIT,$0-40
	MOVQ	args+0(FP), DI
	MOVQ	size+8(FP), SI
	MOVQ	m+16(FP), R12
	MOVQ	$435, AX // SYS_clone3
	SYSCALL
	CMPQ	AX, $0xfffffffffffff001
	JCC	failed
	TESTQ	AX, AX
	JEQ	child
	MOVQ	AX, pid+24(FP)
	MOVQ	$0, errno+32(FP)
	RET
failed:
	NEGQ	AX
	MOVQ	$-1, pid+24(FP)
	MOVQ	AX, errno+32(FP)
	RET
child:
	SUBQ	$32, SP
	MOVQ	R12, 0(SP)
	CALL	·interpret(SB)
	INT	$3
