package catalog

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// planned reads the document of an archive, compiles its tools and plans the calls.
func planned(t testing.TB, a *txtar.Archive) string {
	t.Helper()
	d, err := openapi.Read(t.Context(), openapi.Source{Name: a.Files[0].Name, Data: a.Files[0].Data}, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := tool.CompileWith(&profiles.Profile{Server: profiles.Server{SecuritySchemes: d.Schemes}}, Tools(d))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(a.Files[1].Data)) {
		name, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		fmt.Fprintf(&b, "%s", line)
		b.WriteString(call(set, name, args))
	}
	for _, w := range set.Warnings() {
		fmt.Fprintf(&b, "warning: %s\n", w.Message)
	}
	return b.String()
}

func call(set *tool.Set, name, args string) string {
	one, ok := set.Tool(name)
	if !ok {
		return "there is no such tool\n"
	}
	checked, err := one.Arguments(json.RawMessage(args))
	var p *request.Plan
	if err == nil {
		p, err = request.New(one, checked, template.Env{})
	}
	if err != nil {
		text := "error: " + err.Error()
		var h interface{ Hint() string }
		if errors.As(err, &h) && h.Hint() != "" {
			text += " (" + h.Hint() + ")"
		}
		return text + "\n\n"
	}
	return strings.ReplaceAll(p.String(), "\r", "") + "\n"
}

// TestPlans plans calls of every document of testdata: from the document to the
// request. Run with -update to write what is planned.
func TestPlans(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := planned(t, a)
			if *update {
				a.Files = append(a.Files[:2], txtar.File{Name: "plans", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(a.Files[2].Data); got != want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", a.Comment, got, want)
			}
		})
	}
}

// TestRealPlans plans calls of the real documents.
func TestRealPlans(t *testing.T) {
	dir := corpus(t)
	for _, c := range []struct {
		file, operation, args string
		wants                 []string
	}{
		{"github-api.json", "issues/list-for-repo", `{"owner":"o w","repo":"r","state":"open","per_page":"5"}`,
			[]string{"GET https://api.github.com/repos/o%20w/r/issues?per_page=5&state=open\n"}},
		{"github-api.json", "issues/create", `{"owner":"o","repo":"r","body":{"title":"t","labels":["a"]}}`,
			[]string{"POST https://api.github.com/repos/o/r/issues\n", "Content-Type: application/json\n", `{"title":"t","labels":["a"]}`}},
		{"github-api.json", "repos/upload-release-asset", `{"owner":"o","repo":"r","release_id":1,"name":"a.txt","body":"aGk="}`,
			[]string{"POST https://uploads.github.com/repos/o/r/releases/1/assets?name=a.txt\n", "application/octet-stream", "\nhi\n"}},
		{"stripe.yaml", "PostCustomers", `{"body":{"email":"a@b.c","metadata":{"k":"v"},"expand":["x"],"shipping":{"name":"n","address":{"line1":"l"}}}}`,
			[]string{"application/x-www-form-urlencoded", "email=a%40b.c", "expand%5B0%5D=x", "metadata%5Bk%5D=v", "shipping%5Baddress%5D%5Bline1%5D=l"}},
		{"stripe.yaml", "GetCharges", `{"created":{"gt":5},"expand":["a"],"limit":3}`, []string{"created%5Bgt%5D=5", "expand%5B0%5D=a", "limit=3"}},
		{"twilio-api-v2010.json", "ListCall", `{"AccountSid":"AC0123456789abcdef0123456789abcdef","StartTime":"2026-01-01T00:00:00Z","PageSize":2}`,
			[]string{"GET https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Calls.json?PageSize=2&StartTime=2026-01-01T00%3A00%3A00Z\n"}},
		{"spotify.yaml", "get-an-album", `{"id":"4aawyAB9vmqN3uQ7FjRGTy","market":"ES"}`, []string{"GET https://api.spotify.com/v1/albums/4aawyAB9vmqN3uQ7FjRGTy?market=ES\n"}},
		{"discord-3.1.json", "create_guild_sticker", `{"guild_id":"1","body":{"name":"nn","tags":"t","file":"UE5H"}}`,
			[]string{"POST https://discord.com/api/v10/guilds/1/stickers\n", "multipart/form-data", "filename=\"file\"\nContent-Type: application/octet-stream\n\nPNG\n"}},
		{"docker-engine-swagger2.yaml", "ContainerList", `{"all":true,"limit":3}`, []string{"the URL has no scheme and host"}},
		{"notion-3.1.json", "get-self", `{"Notion-Version":"2025-09-03"}`, []string{"GET https://api.notion.com/v1/users/me\n", "Notion-Version: 2025-09-03\n"}},
	} {
		t.Run(c.operation, func(t *testing.T) {
			_, set := compile(t, filepath.Join(dir, c.file), openapi.Options{Include: profiles.Selection{Operations: []string{c.operation}}})
			if len(set.Tools()) != 1 {
				t.Fatalf("%d tools", len(set.Tools()))
			}
			got := call(set, set.Tools()[0].Name, c.args)
			for _, want := range c.wants {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in\n%s", want, got)
				}
			}
		})
	}
}
