//go:build !unix

package credential

import "os/exec"

// group leaves the command as it is: its deadline ends the program itself.
func group(*exec.Cmd) {}
