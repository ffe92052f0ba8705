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

// teller(sig, info, context): sendto(connection, {kind, sig}, 2, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0).
TEXT ·teller(SB),NOSPLIT|NOFRAME,$0
	SUB	$16, RSP
	MOVBU	·kind(SB), R1
	MOVB	R1, 0(RSP)
	MOVB	R0, 1(RSP)
	MOVW	·connection(SB), R0
	MOVD	RSP, R1
	MOVD	$2, R2
	MOVD	$0x4040, R3
	MOVD	ZR, R4
	MOVD	ZR, R5
	MOVD	$206, R8
	SVC
	ADD	$16, RSP
	RET

// restorer: rt_sigreturn(2), where handler returns to.
TEXT ·restorer(SB),NOSPLIT|NOFRAME,$0
	MOVD	$139, R8
	SVC
	UNDEF

// func addresses() (handler, teller, restorer uintptr)
TEXT ·addresses(SB),NOSPLIT,$0-24
	MOVD	$·handler(SB), R0
	MOVD	R0, handler+0(FP)
	MOVD	$·teller(SB), R0
	MOVD	R0, teller+8(FP)
	MOVD	$·restorer(SB), R0
	MOVD	R0, restorer+16(FP)
	RET
