package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/demo"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// published is a real API: its document, how its person signs in, and how Prism sees
// that a request is wrong.
type published struct {
	name, file string
	operations int
	auth       string      // add --auth
	logins     [][2]string // schemes and credentials
	cut        bool        // Prism does not come to an end with the answers of the document: see prism.mjs
	accepted   float64     // at least this share of all operations
	wrong      byHand
}

var apis = []published{
	{name: "notion", file: "notion-3.1.json", operations: 24, accepted: 1,
		auth: "bearer", logins: [][2]string{{"bearerAuth", "secret_ntn"}},
		wrong: byHand{request: "GET /v1/users?page_size=many", says: "page_size must be integer"}},
	{name: "spotify", file: "spotify.yaml", operations: 97, accepted: 1,
		auth: "bearer", logins: [][2]string{{"bearer", "BQtoken"}},
		wrong: byHand{request: "GET /me", noCredential: true, says: "Invalid security scheme used"}},
	{name: "docker", file: "docker-engine-swagger2.yaml", operations: 108, accepted: 0.99,
		wrong: byHand{request: "POST /containers/create", kind: "application/json", body: `{"Image":[]}`, says: "Image must be string"}},
	{name: "twilio", file: "twilio-api-v2010.json", operations: 197, accepted: 0.99,
		logins: [][2]string{{"accountSid_authToken", "AC1:token"}},
		wrong:  byHand{request: "POST /2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Calls.json", kind: formKind, body: "From=a", says: "must have required property 'To'"}},
	{name: "discord", file: "discord-3.1.json", operations: 242, accepted: 1, cut: true,
		auth: "bearer", logins: [][2]string{{"bearer", "token"}},
		wrong: byHand{request: "POST /guilds/1/stickers", kind: "multipart/form-data; boundary=x", body: "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nabc\r\n--x--\r\n", says: "must have required property 'file'"}},
	{name: "digitalocean", file: "digitalocean/specification/DigitalOcean-public.v2.yaml", operations: 659, accepted: 0.99,
		logins: [][2]string{{"bearer_auth", "dop_v1"}, {"inference_bearer_auth", "sk-do"}},
		wrong:  byHand{request: "GET /v2/droplets?per_page=500", says: "per_page must be <= 200"}},
	{name: "github", file: "github-api.json", operations: 1223, accepted: 0.995,
		auth: "bearer", logins: [][2]string{{"bearer", "ghp_x"}},
		wrong: byHand{request: "GET /repos/a/b/issues?state=none", says: "state must be equal to one of the allowed values"}},
	{name: "stripe", file: "stripe.yaml", operations: 402, accepted: 0.98, cut: true,
		logins: [][2]string{{"bearerAuth", "sk_test"}},
		wrong:  byHand{request: "POST /v1/charges", noCredential: true, says: "Invalid security scheme used"}},
}

// documents is where the real documents are.
func documents(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MCP_BRIDGE_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err != nil {
		missing(t, "there are no real documents: set MCP_BRIDGE_OPENAPI to their folder")
	}
	return dir
}

// TestRealAPIs: every real document becomes a profile whose tools every client takes,
// and whose calls Prism, which knows nothing but the document, accepts. Every operation
// is called when all parts must be there, else a few of each API.
func TestRealAPIs(t *testing.T) {
	dir := documents(t)
	for _, api := range apis {
		t.Run(api.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, filepath.FromSlash(api.file))
			g := newGate(t, startPrism(t, file, api.cut))
			p := newPerson(t)
			imported(t, p, api, file, g.URL)
			c, list := connect(t, p, api)
			g.wait()
			if x := g.send(api.wrong); x.accepted() || !strings.Contains(string(x.answer)+x.violations, api.wrong.says) {
				t.Fatalf("Prism does not look: %s", x)
			}
			calls(t, c, sample(list), api, g, filepath.Join(p.home, "uploads", "picture.png"))
		})
	}
}

// imported makes the profile and signs in.
func imported(t *testing.T, p *person, api published, file, base string) {
	t.Helper()
	args := []string{"add", file, "--name", api.name, "--base-url", base, "--mode", "list", "--json"}
	if api.auth != "" {
		args = append(args, "--auth", api.auth)
	}
	var report struct {
		Operations, Tools int
		Skipped           []any
	}
	if err := json.Unmarshal([]byte(p.run("", args...)), &report); err != nil {
		t.Fatal(err)
	}
	if report.Operations != api.operations || report.Tools+len(report.Skipped) != report.Operations {
		t.Errorf("%d operations: %d tools and %d skipped, want %d in all", report.Operations, report.Tools, len(report.Skipped), api.operations)
	}
	profile := ".mcp-bridge/profiles/" + api.name + ".toml"
	text, err := os.ReadFile(filepath.Join(p.home, profile))
	if err != nil {
		t.Fatal(err)
	}
	p.write("uploads/picture.png", "\x89PNG\r\n\x1a\nnot much of a picture")
	p.write(profile, fmt.Sprintf("%s\n[policy]\nfiles = [%q]\n", text, filepath.Join(p.home, "uploads")))
	p.run("", "check", api.name)
	for _, l := range api.logins {
		p.run(l[1], "login", api.name, "--scheme", l[0], "--with-token")
	}
}

// trial is one call and what became of it.
type trial struct {
	tool, said string
	arguments  []byte
	seen       []exchange
}

func (a trial) accepted() bool { return len(a.seen) > 0 && a.seen[0].accepted() }

func (a trial) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", a.tool, a.arguments)
	for _, x := range a.seen {
		fmt.Fprintf(&b, "   %s\n", x)
	}
	if len(a.seen) == 0 {
		fmt.Fprintf(&b, "   nothing was sent: %s\n", a.said)
	}
	return b.String()
}

// connect starts a real server and returns the tools of operations with the whole of
// their schemas, as a client finds them out: a long list shows less of each tool.
func connect(t *testing.T, p *person, api published) (*demo.Client, []demo.ListedTool) {
	t.Helper()
	c, _, err := demo.Connect(t.Context(), binary(t), []string{"serve", "--profile", api.name}, p.environ(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	list, err := c.Tools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fit(t, list)
	meta := func(tool demo.ListedTool) bool { return slices.Contains(profiles.MetaTools(), tool.Name) }
	brief := slices.ContainsFunc(list, func(tool demo.ListedTool) bool { return tool.Name == "describe_tool" })
	list = slices.DeleteFunc(list, meta)
	for i := 0; brief && i < len(list); i++ {
		r, err := c.Call(t.Context(), "describe_tool", json.RawMessage(fmt.Sprintf(`{"names":[%q]}`, list[i].Name)))
		if err != nil || len(r.Content) == 0 {
			t.Fatal(r, err)
		}
		if err := json.Unmarshal([]byte(r.Content[0].Text), &list[i]); err != nil {
			t.Fatal(err)
		}
	}
	fit(t, list)
	if len(list) != api.operations {
		t.Errorf("%d tools of %d operations", len(list), api.operations)
	}
	return c, list
}

// calls makes calls through a real server and counts those that Prism accepts.
func calls(t *testing.T, c *demo.Client, list []demo.ListedTool, api published, g *gate, file string) {
	t.Helper()
	accepted, again, excused := 0, 0, map[string][]string{}
	for _, tool := range list {
		a := call(t, c, tool, g, file, 0)
		if a.accepted() {
			accepted++
			continue
		}
		why := ""
		if len(a.seen) > 0 {
			why = excuse(api, a.seen[0])
		}
		if why == "" {
			t.Errorf("not accepted: %s", a)
			continue
		}
		for round := 1; round <= 5 && !a.accepted(); round++ {
			a = call(t, c, tool, g, file, round)
		}
		if a.accepted() {
			again++
		} else {
			excused[why] = append(excused[why], tool.Name)
		}
	}
	share := float64(accepted+again) / float64(len(list))
	t.Logf("%d operations, %d called, %d accepted at once and %d with other arguments (%.1f %%)", api.operations, len(list), accepted, again, 100*share)
	for why, names := range excused {
		t.Logf("%d not, because %s: %s", len(names), why, strings.Join(names, " "))
	}
	if len(list) == api.operations && share < api.accepted {
		t.Errorf("%.3f of the calls are accepted, want %.3f", share, api.accepted)
	}
	for _, f := range faults {
		if f.api == api.name {
			if x := g.send(f.hand); x.accepted() || !strings.Contains(excuse(api, x), f.why) {
				t.Errorf("Prism has mended this: %s\n%s", f.why, x)
			}
		}
	}
}

// sample picks tools from all over the list, or all of a short one.
func sample(list []demo.ListedTool) []demo.ListedTool {
	const few, short = 15, 30
	if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" || len(list) < short {
		return list
	}
	var out []demo.ListedTool
	for i := range few {
		out = append(out, list[i*len(list)/few])
	}
	return out
}

// call calls a tool with made arguments; those of round 1 are all that may be given.
// Where the tool's own check refuses them, or Prism does as they meet two branches of a
// union, others are made.
func call(t *testing.T, c *demo.Client, tool demo.ListedTool, g *gate, file string, round int) trial {
	t.Helper()
	var in any
	if err := json.Unmarshal(tool.InputSchema, &in); err != nil {
		t.Fatal(err)
	}
	a := trial{tool: tool.Name}
	for try := range 5 {
		from := newGenerator(fmt.Sprint(tool.Name, 10*round+try), file)
		from.all = round == 1
		a.arguments, _ = json.Marshal(from.value(in, 0))
		g.take()
		r, err := c.Call(t.Context(), tool.Name, a.arguments)
		if err != nil {
			t.Fatal(err)
		}
		if a.said = ""; len(r.Content) > 0 {
			a.said = r.Content[0].Text
		}
		if a.seen = g.take(); len(a.seen) > 0 && !a.meetsTwo() {
			break
		}
	}
	return a
}

// meetsTwo reports arguments that meet two branches of a oneOf, which the bridge sends and
// Prism refuses.
func (a trial) meetsTwo() bool {
	return slices.ContainsFunc(a.seen[0].complaints(), func(v violation) bool { return v.Code == "oneOf" && v.Location[0] == "body" })
}

// startPrism starts Prism with a document and returns its address, at which it will
// listen when it has read it.
func startPrism(t *testing.T, file string, cut bool) string {
	t.Helper()
	dir := nodeModules(t)
	cli := filepath.Join(dir, "node_modules", "@stoplight", "prism-cli", "dist", "index.js")
	if _, err := os.Stat(cli); err != nil {
		missing(t, "Prism is not installed: npm ci in .ci/node")
	}
	if cut {
		short := filepath.Join(t.TempDir(), "cut.json")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "node", filepath.Join(dir, "prism.mjs"), file, short).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		file = short
	}
	addr := freePort(t)
	_, port, _ := net.SplitHostPort(addr)
	background(t, nil, "node", cli, "mock", "--errors", "--verboseLevel", "fatal", "-h", "127.0.0.1", "-p", port, file)
	return addr
}
