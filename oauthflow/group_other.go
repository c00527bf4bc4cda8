//go:build !unix

package oauthflow

import "os/exec"

// apart does nothing: the desktop starts browsers on its own.
func apart(*exec.Cmd) {}
