#include "textflag.h"

// func clone(args *cloneArgs, size uintptr, m *machine) (pid int, errno uintptr)
//
// See clone_amd64.s.
TEXT ·clone(SB),NOSPLIT,$0-40
	MOVD	args+0(FP), R0
	MOVD	size+8(FP), R1
	MOVD	m+16(FP), R11
	MOVD	$435, R8 // SYS_clone3
	SVC
	CMN	$4095, R0
	BCS	failed
	CBZ	R0, child
	MOVD	R0, pid+24(FP)
	MOVD	$0, R1
	MOVD	R1, errno+32(FP)
	RET
failed:
	MOVD	$-1, R1
	MOVD	R1, pid+24(FP)
	NEG	R0, R0
	MOVD	R0, errno+32(FP)
	RET
child:
	SUB	$32, RSP
	MOVD	R11, 8(RSP)
	CALL	·interpret(SB)
	UNDEF
