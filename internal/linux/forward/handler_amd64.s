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

// teller(sig, info, context): sendto(connection, {kind, sig}, 2, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0).
TEXT ·teller(SB),NOSPLIT|NOFRAME,$0
	SUBQ	$24, SP
	MOVB	·kind(SB), AX
	MOVB	AX, 0(SP)
	MOVB	DI, 1(SP)
	MOVL	·connection(SB), DI
	MOVQ	SP, SI
	MOVL	$2, DX
	MOVL	$0x4040, R10
	XORL	R8, R8
	XORL	R9, R9
	MOVL	$44, AX
	SYSCALL
	ADDQ	$24, SP
	RET

// restorer: rt_sigreturn(2), where handler returns to.
TEXT ·restorer(SB),NOSPLIT|NOFRAME,$0
	MOVL	$15, AX
	SYSCALL
	INT	$3

// func addresses() (handler, teller, restorer uintptr)
TEXT ·addresses(SB),NOSPLIT,$0-24
	LEAQ	·handler(SB), AX
	MOVQ	AX, handler+0(FP)
	LEAQ	·teller(SB), AX
	MOVQ	AX, teller+8(FP)
	LEAQ	·restorer(SB), AX
	MOVQ	AX, restorer+16(FP)
	RET
