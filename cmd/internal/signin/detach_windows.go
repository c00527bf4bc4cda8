package signin

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// startDetached starts a command without a console, in a process group of its own
// and outside of the client's job where the job allows that: a job that ends with
// the client would end the sign-in too.
func startDetached(command func() *exec.Cmd) (cmd *exec.Cmd, err error) {
	const apart = windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP
	for _, flags := range []uint32{apart | windows.CREATE_BREAKAWAY_FROM_JOB, apart} {
		cmd = command()
		cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: flags}
		if err = cmd.Start(); err == nil {
			return cmd, nil
		}
	}
	return cmd, err
}
