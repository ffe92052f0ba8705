package container

import "golang.org/x/sys/unix"

const sysExecveat = unix.SYS_EXECVEAT
