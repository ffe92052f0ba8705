#include "textflag.h"

// entry is what it is in entry_amd64.s.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MOVD RSP, R19                  // argc, argv, 0, envp, 0
	ADD  $8, R19, R20              // argv
	MOVD R20, R21
	MOVW $0x006e7572, R9           // "run\0"
	MOVW $0x63657865, R10          // "exec"
	MOVW $0x61657263, R11          // "crea"
next:
	MOVD (R21), R0
	ADD  $8, R21
	CBZ  R0, runtime
	MOVWU (R0), R0
	CMPW R9, R0
	BEQ  found
	CMPW R10, R0
	BEQ  found
	CMPW R11, R0
	BNE  next
found:
	MOVD $167, R8                  // prctl
	MOVD $29, R0                   // PR_SET_TIMERSLACK
	MOVD $4000000, R1              // slack, see selfexe.go
	SVC
	MOVD (R19), R0
	ADD  $16, R19, R21
	ADD  R0<<3, R21                // envp
	SUB  $256, RSP
	MOVD $43, R8                   // statfs
	MOVD $·path(SB), R0
	MOVD RSP, R1
	SVC
	CBNZ R0, ready
	MOVD 80(RSP), R0
	TBNZ $0, R0, ready             // ST_RDONLY
	MOVD $428, R8                  // open_tree
	MOVD $-100, R0
	MOVD $·path(SB), R1
	MOVD $0x80001, R2              // OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC
	SVC
	TBNZ $63, R0, ready
	MOVD R0, R22
	MOVD $1, R0                    // MOUNT_ATTR_RDONLY
	MOVD R0, 0(RSP)
	MOVD ZR, 8(RSP)
	MOVD ZR, 16(RSP)
	MOVD ZR, 24(RSP)
	MOVD $442, R8                  // mount_setattr
	MOVD R22, R0
	MOVD $·path+14(SB), R1         // ""
	MOVD $0x1000, R2               // AT_EMPTY_PATH
	MOVD RSP, R3
	MOVD $32, R4
	SVC
	CBNZ R0, close
	MOVD $281, R8                  // execveat
	MOVD R22, R0
	MOVD $·path+14(SB), R1
	MOVD R20, R2
	MOVD R21, R3
	MOVD $0x1000, R4
	SVC
close:
	MOVD $57, R8                   // close
	MOVD R22, R0
	SVC
ready:
	MOVD R19, RSP
	JMP  single<>(SB)
runtime:
	MOVD R19, RSP
	JMP  _rt0_arm64_linux(SB)

// lazy is what it is in entry_amd64.s.
TEXT ·lazy(SB),NOSPLIT|NOFRAME,$0
	MOVD $167, R8                  // prctl
	MOVD $29, R0                   // PR_SET_TIMERSLACK
	MOVD $4000000, R1
	SVC
	ADD  $8, RSP, R21              // argv
	MOVW $0x006e7572, R9           // "run\0"
	MOVW $0x63657865, R10          // "exec"
	MOVW $0x72617473, R11          // "star"
next:
	MOVD (R21), R0
	ADD  $8, R21
	CBZ  R0, runtime
	MOVWU (R0), R1
	CMPW R9, R1
	BEQ  found
	CMPW R10, R1
	BEQ  exec
	CMPW R11, R1
	BNE  next
	ADD  $1, R0
	MOVBU 3(R0), R1
	CMPW $0x74, R1                 // "t"
	BNE  next
exec:
	MOVBU 4(R0), R1
	CBNZ R1, next
found:
	JMP  single<>(SB)
runtime:
	JMP  _rt0_arm64_linux(SB)

// server is what it is in entry_amd64.s.
TEXT ·server(SB),NOSPLIT|NOFRAME,$0
	MOVD $167, R8                  // prctl
	MOVD $29, R0                   // PR_SET_TIMERSLACK
	MOVD $4000000, R1
	SVC
	JMP  _rt0_arm64_linux(SB)

// single is what it is in entry_amd64.s.
TEXT single<>(SB),NOSPLIT|NOFRAME,$0
	MOVD RSP, R19
	MOVD ·variable(SB), R9         // the name's first 8 letters
	MOVD (R19), R0
	ADD  $16, R19, R21
	ADD  R0<<3, R21                // envp
environ:
	MOVD (R21), R0
	CBZ  R0, auxiliary
	ADD  $8, R21
	MOVD (R0), R0
	CMP  R9, R0
	BNE  environ
	JMP  _rt0_arm64_linux(SB)
auxiliary:
	ADD  $8, R21, R22
pair:
	MOVD (R22), R0
	ADD  $16, R22
	CBNZ R0, pair
	SUB  R19, R22, R0
	ADD  $8, R0
	SUB  R0, R19, R0
	AND  $~15, R0
	MOVD R0, RSP
before:                                // to the end of envp
	CMP  R21, R19
	BEQ  insert
	MOVD.P 8(R19), R1
	MOVD.P R1, 8(R0)
	JMP  before
insert:
	MOVD $·variable(SB), R1
	MOVD.P R1, 8(R0)
after:                                 // the rest
	CMP  R22, R19
	BEQ  done
	MOVD.P 8(R19), R1
	MOVD.P R1, 8(R0)
	JMP  after
done:
	MOVD $1, R1
	MOVB R1, ·added(SB)
	JMP  _rt0_arm64_linux(SB)

DATA ·path+0(SB)/8, $"/proc/se"
DATA ·path+8(SB)/8, $"lf/exe\x00\x00"
GLOBL ·path(SB), RODATA|NOPTR, $16

DATA ·variable+0(SB)/8, $"GOMAXPRO"
DATA ·variable+8(SB)/8, $"CS=1\x00\x00\x00\x00"
GLOBL ·variable(SB), RODATA|NOPTR, $16
