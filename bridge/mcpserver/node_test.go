package mcpserver

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the server that another client starts.
func TestMain(m *testing.M) {
	if os.Getenv("MCPSERVER_TEST_SERVE") == "1" {
		if Serve(context.Background(), os.Stdin, os.Stdout, asker()) != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestTypeScriptClientIsAsked: the official TypeScript client is asked to fill in a
// form and to open an address, and hears when that is over.
func TestTypeScriptClientIsAsked(t *testing.T) {
	client, err := filepath.Abs(filepath.Join("..", "..", ".ci", "node", "client.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(filepath.Join(filepath.Dir(client), "node_modules", "@modelcontextprotocol", "sdk"))
	if _, noNode := exec.LookPath("node"); noNode != nil || err != nil {
		const reason = "node or the TypeScript SDK is not installed: npm ci in .ci/node"
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", client, os.Args[0])
	cmd.Env = append(os.Environ(), `SERVER_ENV={"MCPSERVER_TEST_SERVE":"1"}`,
		`ELICIT={"capability":{"form":{},"url":{}},"answer":{"action":"accept","content":{"confirm":true}}}`)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, `{"method":"call","params":{"name":"ask","arguments":{"what":"twice"}}}`+"\n"); err != nil {
		t.Fatal(err)
	}
	var seen []map[string]json.RawMessage
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, m); len(seen) == 5 { // connected, asked, asked, completed, the result
			_ = in.Close()
		}
	}
	if err := cmd.Wait(); err != nil || len(seen) < 5 {
		t.Fatalf("%v, %s", err, seen)
	}
	var address struct{ Mode, URL, ElicitationID string }
	if err := json.Unmarshal(seen[2]["asked"], &address); err != nil || address.Mode != "url" || address.URL != "https://auth.test/start" {
		t.Errorf("%s", seen[2])
	}
	if !strings.Contains(string(seen[1]["asked"]), "Really?") || !strings.Contains(string(seen[3]["completed"]), address.ElicitationID) ||
		!strings.Contains(string(seen[4]["ok"]), "form:{accept true} url:{accept true}") {
		t.Errorf("%s", seen)
	}
}
