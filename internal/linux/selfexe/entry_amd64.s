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
	MOVL $4000000, SI              // slack, see selfexe.go
	SYSCALL
	MOVQ 0(R12), AX
	LEAQ 16(R12)(AX*8), R14        // envp
	SUBQ $256, SP
	MOVL $137, AX                  // statfs
	LEAQ ·path(SB), DI
	MOVQ SP, SI
	SYSCALL
	TESTQ AX, AX
	JNZ  ready
	TESTQ $1, 80(SP)               // ST_RDONLY
	JNZ  ready
	MOVL $428, AX                  // open_tree
	MOVQ $-100, DI
	LEAQ ·path(SB), SI
	MOVL $0x80001, DX              // OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC
	SYSCALL
	TESTQ AX, AX
	JLT  ready
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
ready:
	MOVQ R12, SP
	JMP  single<>(SB)
runtime:
	MOVQ R12, SP
	JMP  _rt0_amd64_linux(SB)

// lazy is the first instruction of a program that starts no container itself: the timer slack, and
// one thread for the verbs that have a container started.
TEXT ·lazy(SB),NOSPLIT|NOFRAME,$0
	MOVL $157, AX                  // prctl
	MOVL $29, DI                   // PR_SET_TIMERSLACK
	MOVL $4000000, SI
	SYSCALL
	LEAQ 8(SP), R14                // argv
next:
	MOVQ (R14), AX
	ADDQ $8, R14
	TESTQ AX, AX
	JZ   runtime
	MOVL (AX), BX
	CMPL BX, $0x006e7572           // "run\0"
	JEQ  found
	CMPL BX, $0x63657865           // "exec"
	JEQ  exec
	CMPL BX, $0x72617473           // "star"
	JNE  next
	INCQ AX
	CMPB 3(AX), $0x74              // "t"
	JNE  next
exec:
	CMPB 4(AX), $0
	JNE  next
found:
	JMP  single<>(SB)
runtime:
	JMP  _rt0_amd64_linux(SB)

// server is the first instruction of a program that waits most of the time: the timer slack alone.
TEXT ·server(SB),NOSPLIT|NOFRAME,$0
	MOVL $157, AX                  // prctl
	MOVL $29, DI                   // PR_SET_TIMERSLACK
	MOVL $4000000, SI
	SYSCALL
	JMP  _rt0_amd64_linux(SB)

// single starts the Go runtime with ·variable in its environment, unless there is one of that name: it copies what the
// kernel has put on the stack (argc, argv, 0, envp, 0, pairs of auxv to one that begins with 0) to below, with one pointer more.
TEXT single<>(SB),NOSPLIT|NOFRAME,$0
	MOVQ ·variable(SB), R8         // the name's first 8 letters
	MOVQ (SP), AX
	LEAQ 16(SP)(AX*8), R14         // envp
environ:
	MOVQ (R14), AX
	TESTQ AX, AX
	JZ   auxiliary
	ADDQ $8, R14
	CMPQ R8, (AX)
	JNE  environ
	JMP  _rt0_amd64_linux(SB)
auxiliary:
	LEAQ 8(R14), R15
pair:
	MOVQ (R15), AX
	ADDQ $16, R15
	TESTQ AX, AX
	JNZ  pair
	MOVQ SP, SI
	MOVQ R15, AX
	SUBQ SP, AX
	ADDQ $8, AX
	SUBQ AX, SP
	ANDQ $-16, SP
	MOVQ SP, DI
	CLD
	MOVQ R14, CX                   // to the end of envp
	SUBQ SI, CX
	SHRQ $3, CX
	REP; MOVSQ
	LEAQ ·variable(SB), AX
	STOSQ
	MOVQ R15, CX                   // the rest
	SUBQ SI, CX
	SHRQ $3, CX
	REP; MOVSQ
	MOVB $1, ·added(SB)
	JMP  _rt0_amd64_linux(SB)

DATA ·path+0(SB)/8, $"/proc/se"
DATA ·path+8(SB)/8, $"lf/exe\x00\x00"
GLOBL ·path(SB), RODATA|NOPTR, $16

DATA ·variable+0(SB)/8, $"GOMAXPRO"
DATA ·variable+8(SB)/8, $"CS=1\x00\x00\x00\x00"
GLOBL ·variable(SB), RODATA|NOPTR, $16
