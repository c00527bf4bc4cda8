//go:build unix

package main

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// TestSignInOutlivesGroup: the client ends the whole process group of its server while
// the person signs in. The browser and the sign-in stay.
func TestSignInOutlivesGroup(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.browser("hold=" + r.home + "/go")
	h := r.hostWith(func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} })
	h.handshake("{}")
	h.send(toolCall("1", "whoami", ""))
	until(t, "a tab is open", func() bool { return len(r.tabs()) == 1 })
	if err := syscall.Kill(-h.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	h.ended()
	r.write("go", "")
	until(t, "the token is stored", func() bool {
		_, _, code := r.try(nil, "call", "whoami")
		return code == 0
	})
	if n := len(r.tabs()); n != 1 || r.Grants("authorization_code") != 1 {
		t.Errorf("%d tabs, %d exchanges", n, r.Grants("authorization_code"))
	}
}
