#include "textflag.h"

// handler(sig, info, context): pidfd_send_signal(target, sig, NULL, 0).
TEXT ·handler(SB),NOSPLIT|NOFRAME,$0
	MOVLQZX	DI, SI
	MOVL	·target(SB), DI
	XORL	DX, DX
	XORL	R10, R10
	MOVL	$424, AX
	SYSCALL
	RET

// restorer: rt_sigreturn(2), where handler returns to.
TEXT ·restorer(SB),NOSPLIT|NOFRAME,$0
	MOVL	$15, AX
	SYSCALL
	INT	$3

// func addresses() (handler, restorer uintptr)
TEXT ·addresses(SB),NOSPLIT,$0-16
	LEAQ	·handler(SB), AX
	MOVQ	AX, handler+0(FP)
	LEAQ	·restorer(SB), AX
	MOVQ	AX, restorer+8(FP)
	RET
