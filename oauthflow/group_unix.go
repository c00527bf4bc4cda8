//go:build unix

package oauthflow

import (
	"os/exec"
	"syscall"
)

// apart puts a program into a process group of its own.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
