#include "textflag.h"

// entry is what it is in entry_amd64.s.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MOVD $261, R8                  // prlimit64
	MOVD ZR, R0
	MOVD $7, R1                    // RLIMIT_NOFILE
	MOVD ZR, R2
	MOVD $·files(SB), R3
	SVC
	MOVD $167, R8                  // prctl
	MOVD $30, R0                   // PR_GET_TIMERSLACK
	SVC
	MOVD $4000000, R1
	CMP  R1, R0
	BHS  runtime                   // or an error
	MOVD R0, ·slack(SB)
	MOVD $167, R8
	MOVD $29, R0                   // PR_SET_TIMERSLACK
	SVC
runtime:
	JMP  _rt0_arm64_linux(SB)
