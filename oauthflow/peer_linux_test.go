package oauthflow

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain plays the other user when it is asked to: the test's own program fetches one
// address and prints what came.
func TestMain(m *testing.M) {
	if address := os.Getenv("MCP_BRIDGE_TEST_FETCH"); address != "" {
		resp, err := http.Get(address)
		if err != nil {
			fmt.Print(err)
			os.Exit(1)
		}
		_, _ = io.Copy(os.Stdout, resp.Body)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fetchAs fetches an address as another user.
func fetchAs(t *testing.T, uid uint32, address string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "peer") // t.TempDir is for us alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := filepath.Join(dir, "fetch")
	for _, err := range []error{os.Chmod(dir, 0o755), os.WriteFile(program, data, 0o755), os.Chmod(program, 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program)
	cmd.Dir, cmd.Env = "/", []string{"MCP_BRIDGE_TEST_FETCH=" + address}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// Another user of the machine who has seen the address gets neither the form nor an
// answer in, whatever the address is; the person's own programs do.
func TestAnotherUserIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user for a moment")
	}
	const nobody = 65534
	a := ask(t, FormOptions{}, nil)
	if got := fetchAs(t, nobody, a.address); !strings.Contains(got, "not for you") || strings.Contains(got, "<form") {
		t.Errorf("nobody gets the form:\n%s", got)
	}
	if got := fetchAs(t, 0, a.address); !strings.Contains(got, "<form") {
		t.Errorf("the person does not get the form:\n%s", got)
	}
	s := newAuthority()
	p := begun(t, t.Context(), s, LoginOptions{})
	if got := fetchAs(t, nobody, p.callback(p.good())); !strings.Contains(got, "not for you") || s.exchanges.Load() != 0 {
		t.Errorf("nobody signs in in the person's place:\n%s", got)
	}
	p.waits()
	if got := fetchAs(t, 0, p.callback(p.good())); !strings.Contains(got, "signed in") {
		t.Errorf("the person's own answer:\n%s", got)
	}
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestUserOf(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 1 1 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0
   2: 0100007F:C351 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0        0 3 1 0
   3: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 4 1 0
   4: 00000000000000000000000001000000:C353 00000000000000000000000001000000:1F90 01 00000000:00000000 00:00000000 00000000  1003        0 5 1 0
   5: garbage
`
	for peer, want := range map[string]int{"127.0.0.1:50000": 1001, "127.0.0.1:50001": -1, "127.0.0.1:50002": 1002, "[::1]:50003": 1003, "127.0.0.1:50003": -1, "127.0.0.2:50000": -1} {
		local := "127.0.0.1:8080"
		if strings.HasPrefix(peer, "[") {
			local = "[::1]:8080"
		}
		got, found := userOf(table, netip.MustParseAddrPort(local), netip.MustParseAddrPort(peer))
		if !found {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d, want %d", peer, got, want)
		}
	}
}
