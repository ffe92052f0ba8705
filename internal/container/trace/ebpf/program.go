package ebpf

import (
	"bantam/internal/container/trace"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// Two programs, at the kernel's raw tracepoints sys_enter and sys_exit, see every system call of the machine and
// pass over those of processes in other pid namespaces. The first counts. Of a few calls they write a record into a
// ring: the second with the result, and the first for execve(2), as behind it the path's memory is gone.
//
//	record  0 time  8 thread  12 process  16 call  20 stage  24 result  32 flags  40 name of the thread  56 path or address
const (
	recordHead = 56
	recordData = 256
	recordSize = recordHead + recordData
	// addressSize is enough for a unix socket's path.
	addressSize = 112
	// maxCalls bounds the numbers of system calls that are counted.
	maxCalls = 512
	// commSize is the kernel's TASK_COMM_LEN.
	commSize = 16
	// noWakeup leaves the reader asleep, who looks from time to time: waking it costs more than the record (BPF_RB_NO_WAKEUP).
	noWakeup = 1
)

// Stages of a record.
const (
	stageWhole = iota
	stageEnter // of an execve
	stageExit  // of an execve: it has no path
)

// The stack of the programs, below its top.
const (
	stackIDs   = -8  // struct bpf_pidns_info
	stackKey   = -16 // key of a map
	stackText  = -24 // the argument
	stackFlags = -32
	stackNr    = -40
)

// programs need these.
type maps struct{ config, calls, ring *ebpf.Map }

// begin keeps the context in r6.
func begin() asm.Instructions { return asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1)} }

// filter lets only the watched namespace through, with its ids on the stack.
func (m *maps) filter() asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, stackKey, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, m.config.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, stackKey),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "exit"),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
		asm.LoadMem(asm.R2, asm.R0, 8, asm.DWord),
		asm.JEq.Imm(asm.R2, 0, "exit"),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Add.Imm(asm.R3, stackIDs),
		asm.Mov.Imm(asm.R4, 8),
		asm.FnGetNsCurrentPidTgid.Call(),
		asm.JNE.Imm(asm.R0, 0, "exit"),
	}
}

// leave is the end of both programs.
func leave() asm.Instructions {
	return asm.Instructions{asm.Mov.Imm(asm.R0, 0).WithSymbol("exit"), asm.Return()}
}

// enter is the program at the entry. The context is the registers' address and the call's number.
func (m *maps) enter() asm.Instructions {
	p := append(begin(), m.filter()...)
	p = append(p,
		asm.LoadMem(asm.R7, asm.R6, 8, asm.DWord),
		asm.StoreMem(asm.RFP, stackNr, asm.R7, asm.DWord),
		asm.JGE.Imm(asm.R7, maxCalls, "exit"),
		asm.StoreMem(asm.RFP, stackKey, asm.R7, asm.Word),
		asm.LoadMapPtr(asm.R1, m.calls.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, stackKey),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "exit"),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
	)
	p = append(p, choose(func(c *trace.Call) bool { return c.Kind == trace.Exec })...)
	p = append(p, m.path(stageEnter)...)
	p = append(p, m.lost()...)
	return append(p, leave()...)
}

// exit is the program at the exit. The context is the registers' address and the result. Most calls are none
// of those that are meant, whoever makes them, so that is looked at first.
func (m *maps) exit() asm.Instructions {
	p := append(begin(),
		asm.LoadMem(asm.R3, asm.R6, 0, asm.DWord),
		asm.Add.Imm(asm.R3, callNumber),
	)
	p = append(p, fetch(stackNr)...)
	p = append(p,
		asm.LoadMem(asm.R7, asm.RFP, stackNr, asm.Word),
		asm.StoreMem(asm.RFP, stackNr, asm.R7, asm.DWord),
	)
	for i := range trace.Calls {
		p = append(p, asm.JEq.Imm(asm.R7, int32(trace.Calls[i].Number), "meant"))
	}
	p = append(p, asm.Ja.Label("exit"))
	p = append(p, named("meant", m.filter())...)
	for i := range trace.Calls {
		if trace.Calls[i].Kind == trace.Exec {
			p = append(p, asm.JEq.Imm(asm.R7, int32(trace.Calls[i].Number), "executed"))
		}
	}
	p = append(p, choose(func(c *trace.Call) bool { return c.Kind != trace.Exec })...)
	p = append(p, m.path(stageWhole)...)
	p = append(p, m.address()...)
	p = append(p, m.reserve(recordHead, stageExit, "executed")...)
	p = append(p, m.result()...)
	p = append(p, submit()...)
	p = append(p, m.lost()...)
	return append(p, leave()...)
}

// choose goes to "path" or "address" for a call that is meant, whose number is in r7, with the places
// of its arguments in r8 and r9.
func choose(meant func(*trace.Call) bool) (p asm.Instructions) {
	for i := range trace.Calls {
		if meant(&trace.Calls[i]) {
			p = append(p, asm.JEq.Imm(asm.R7, int32(trace.Calls[i].Number), label(i)))
		}
	}
	p = append(p, asm.Ja.Label("exit"))
	for i := range trace.Calls {
		c := &trace.Calls[i]
		if !meant(c) {
			continue
		}
		flags, next := int32(-1), "path"
		if c.Flags >= 0 {
			flags = argument[c.Flags]
		}
		if c.Address {
			next = "address"
		}
		p = append(p,
			asm.Mov.Imm(asm.R8, argument[c.Text]).WithSymbol(label(i)),
			asm.Mov.Imm(asm.R9, flags),
			asm.Ja.Label(next),
		)
	}
	return p
}

// path writes a record with a path.
func (m *maps) path(stage int64) asm.Instructions {
	return m.record("path", stage, asm.Instructions{
		asm.Mov.Imm(asm.R2, recordData),
		asm.LoadMem(asm.R3, asm.RFP, stackText, asm.DWord),
		asm.FnProbeReadUserStr.Call(),
	})
}

// address writes a record with an address.
func (m *maps) address() asm.Instructions {
	return m.record("address", stageWhole, asm.Instructions{
		asm.Mov.Imm(asm.R2, addressSize),
		asm.LoadMem(asm.R3, asm.RFP, stackText, asm.DWord),
		asm.FnProbeReadUser.Call(),
		asm.JEq.Imm(asm.R0, 0, "address read"),
		// It stands at the end of a page: an internet address is shorter.
		asm.Mov.Reg(asm.R1, asm.R8),
		asm.Add.Imm(asm.R1, recordHead),
		asm.Mov.Imm(asm.R2, 16),
		asm.LoadMem(asm.R3, asm.RFP, stackText, asm.DWord),
		asm.FnProbeReadUser.Call(),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("address read"),
	})
}

// record fetches the arguments whose places are in r8 and r9 and writes a record; read fills its data at r1.
func (m *maps) record(name string, stage int64, read asm.Instructions) asm.Instructions {
	p := asm.Instructions{
		asm.LoadMem(asm.R3, asm.R6, 0, asm.DWord).WithSymbol(name),
		asm.Add.Reg(asm.R3, asm.R8),
	}
	p = append(p, fetch(stackText)...)
	p = append(p,
		asm.LoadMem(asm.R1, asm.RFP, stackText, asm.DWord),
		asm.JEq.Imm(asm.R1, 0, "exit"),
		asm.Mov.Imm(asm.R1, 0),
		asm.StoreMem(asm.RFP, stackFlags, asm.R1, asm.DWord),
		asm.JSLT.Imm(asm.R9, 0, name+" flags"),
		asm.LoadMem(asm.R3, asm.R6, 0, asm.DWord),
		asm.Add.Reg(asm.R3, asm.R9),
	)
	p = append(p, fetch(stackFlags)...)
	p = append(p, m.reserve(recordSize, stage, name+" flags")...)
	p = append(p,
		asm.LoadMem(asm.R1, asm.RFP, stackFlags, asm.DWord),
		asm.StoreMem(asm.R8, 32, asm.R1, asm.DWord),
	)
	if stage == stageWhole {
		p = append(p, m.result()...)
	}
	p = append(p,
		asm.Mov.Reg(asm.R1, asm.R8),
		asm.Add.Imm(asm.R1, recordHead),
	)
	p = append(p, read...)
	return append(p, submit()...)
}

// result puts the call's result into the record.
func (m *maps) result() asm.Instructions {
	return asm.Instructions{
		asm.LoadMem(asm.R1, asm.R6, 8, asm.DWord),
		asm.StoreMem(asm.R8, 24, asm.R1, asm.DWord),
	}
}

// fetch reads 8 bytes of the kernel's at r3 onto the stack.
func fetch(to int16) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Add.Imm(asm.R1, int32(to)),
		asm.Mov.Imm(asm.R2, 8),
		asm.FnProbeReadKernel.Call(),
	}
}

// reserve makes room for a record at r8 and fills in what all records have.
func (m *maps) reserve(size int32, stage int64, symbol string) asm.Instructions {
	return asm.Instructions{
		asm.LoadMapPtr(asm.R1, m.ring.FD()).WithSymbol(symbol),
		asm.Mov.Imm(asm.R2, size),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnRingbufReserve.Call(),
		asm.JEq.Imm(asm.R0, 0, "lost"),
		asm.Mov.Reg(asm.R8, asm.R0),
		asm.FnKtimeGetNs.Call(),
		asm.StoreMem(asm.R8, 0, asm.R0, asm.DWord),
		asm.LoadMem(asm.R1, asm.RFP, stackIDs, asm.DWord),
		asm.StoreMem(asm.R8, 8, asm.R1, asm.DWord),
		asm.LoadMem(asm.R1, asm.RFP, stackNr, asm.DWord),
		asm.StoreMem(asm.R8, 16, asm.R1, asm.Word),
		asm.StoreImm(asm.R8, 20, stage, asm.Word),
		asm.Mov.Imm(asm.R1, 0),
		asm.StoreMem(asm.R8, 24, asm.R1, asm.DWord),
		asm.StoreMem(asm.R8, 32, asm.R1, asm.DWord),
		asm.Mov.Reg(asm.R1, asm.R8),
		asm.Add.Imm(asm.R1, 40),
		asm.Mov.Imm(asm.R2, commSize),
		asm.FnGetCurrentComm.Call(),
	}
}

func submit() asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.R8),
		asm.Mov.Imm(asm.R2, noWakeup),
		asm.FnRingbufSubmit.Call(),
		asm.Ja.Label("exit"),
	}
}

// lost counts a record for which the ring had no room, in the last of the calls.
func (m *maps) lost() asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, stackKey, maxCalls, asm.Word).WithSymbol("lost"),
		asm.LoadMapPtr(asm.R1, m.calls.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, stackKey),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "exit"),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
	}
}

// named gives the first instruction a label.
func named(label string, p asm.Instructions) asm.Instructions {
	p[0] = p[0].WithSymbol(label)
	return p
}

func label(i int) string { return "call " + string(rune('a'+i)) }
