//go:build unix

package signin

import (
	"os/exec"
	"syscall"
)

// startDetached starts a command in a session of its own: signals to the
// client's process group and the end of its terminal do not reach it.
func startDetached(command func() *exec.Cmd) (*exec.Cmd, error) {
	cmd := command()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, cmd.Start()
}
