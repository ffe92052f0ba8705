#include "textflag.h"

// entry is the program's first instruction where it is linked with
// -E bantam/internal/linux/selfexe.entry. It does what Seal does with a read-only mount, before the
// Go runtime starts: the second start costs an execve(2) and no second runtime. For the
// verbs that start containers only. Whatever fails is left to Seal.
//
// struct statfs: f_flags at 80. struct mount_attr: attr_set at 0.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MOVQ SP, R12                   // argc, argv, 0, envp, 0
	LEAQ 8(R12), R13               // argv
	MOVQ R13, R14
next:
	MOVQ (R14), AX
	ADDQ $8, R14
	TESTQ AX, AX
	JZ   runtime
	MOVL (AX), AX
	CMPL AX, $0x006e7572           // "run\0"
	JEQ  found
	CMPL AX, $0x63657865           // "exec"
	JEQ  found
	CMPL AX, $0x61657263           // "crea"
	JNE  next
found:
	MOVL $157, AX                  // prctl
	MOVL $29, DI                   // PR_SET_TIMERSLACK
	MOVL $1000000, SI              // slack, see selfexe.go
	SYSCALL
	MOVQ 0(R12), AX
	LEAQ 16(R12)(AX*8), R14        // envp
	SUBQ $256, SP
	MOVL $137, AX                  // statfs
	LEAQ ·path(SB), DI
	MOVQ SP, SI
	SYSCALL
	TESTQ AX, AX
	JNZ  runtime
	TESTQ $1, 80(SP)               // ST_RDONLY
	JNZ  runtime
	MOVL $428, AX                  // open_tree
	MOVQ $-100, DI
	LEAQ ·path(SB), SI
	MOVL $0x80001, DX              // OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC
	SYSCALL
	TESTQ AX, AX
	JLT  runtime
	MOVQ AX, R15
	MOVQ $1, 0(SP)                 // MOUNT_ATTR_RDONLY
	MOVQ $0, 8(SP)
	MOVQ $0, 16(SP)
	MOVQ $0, 24(SP)
	MOVL $442, AX                  // mount_setattr
	MOVQ R15, DI
	LEAQ ·path+14(SB), SI          // ""
	MOVL $0x1000, DX               // AT_EMPTY_PATH
	MOVQ SP, R10
	MOVL $32, R8
	SYSCALL
	TESTQ AX, AX
	JNZ  close
	MOVL $322, AX                  // execveat
	MOVQ R15, DI
	LEAQ ·path+14(SB), SI
	MOVQ R13, DX
	MOVQ R14, R10
	MOVL $0x1000, R8
	SYSCALL
close:
	MOVL $3, AX                    // close
	MOVQ R15, DI
	SYSCALL
runtime:
	MOVQ R12, SP
	JMP  _rt0_amd64_linux(SB)

// lazy is the first instruction of a program that starts no container itself: the timer slack alone.
TEXT ·lazy(SB),NOSPLIT|NOFRAME,$0
	MOVL $157, AX                  // prctl
	MOVL $29, DI                   // PR_SET_TIMERSLACK
	MOVL $1000000, SI
	SYSCALL
	JMP  _rt0_amd64_linux(SB)

DATA ·path+0(SB)/8, $"/proc/se"
DATA ·path+8(SB)/8, $"lf/exe\x00\x00"
GLOBL ·path(SB), RODATA|NOPTR, $16
