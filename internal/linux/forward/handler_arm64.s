#include "textflag.h"

// handler(sig, info, context): pidfd_send_signal(target, sig, NULL, 0).
TEXT ·handler(SB),NOSPLIT|NOFRAME,$0
	MOVW	R0, R1
	MOVW	·target(SB), R0
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	$424, R8
	SVC
	RET

// restorer: rt_sigreturn(2), where handler returns to.
TEXT ·restorer(SB),NOSPLIT|NOFRAME,$0
	MOVD	$139, R8
	SVC
	UNDEF

// func addresses() (handler, restorer uintptr)
TEXT ·addresses(SB),NOSPLIT,$0-16
	MOVD	$·handler(SB), R0
	MOVD	R0, handler+0(FP)
	MOVD	$·restorer(SB), R0
	MOVD	R0, restorer+8(FP)
	RET
