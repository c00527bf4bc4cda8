//go:build unix

package credential

import (
	"os/exec"
	"syscall"
)

// group puts the command into a process group of its own, so that its deadline
// also ends what it has started.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
