//go:build unix

package cli

import (
	"io"
	"os"
	"syscall"
)

// pollable makes the runtime's poller wait for a pipe or a socket, so that a
// message does not wake a thread of its own. A terminal's flags are shared with the
// shell and a file is always ready: those stay as they are.
func pollable(f *os.File) io.ReadCloser {
	info, err := f.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return f
	}
	fd, err := syscall.Dup(int(f.Fd())) // the original keeps its owner, whose end must not close ours
	if err != nil {
		return f
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return f
	}
	return os.NewFile(uintptr(fd), "stdin")
}
