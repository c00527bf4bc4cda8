package openapi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// real lists the documents with what is in them, counted by others.
var real = []struct {
	file       string
	format     string
	server     string
	operations int
}{
	{"github-api.json", "openapi-3.0", "https://api.github.com", 1223},
	{"stripe.yaml", "openapi-3.0", "https://api.stripe.com", 402},
	{"docker-engine-swagger2.yaml", "swagger-2.0", "", 108},
	{"discord-3.1.json", "openapi-3.1", "https://discord.com/api/v10", 242},
	{"digitalocean/specification/DigitalOcean-public.v2.yaml", "openapi-3.0", "https://api.digitalocean.com", 659},
	{"twilio-api-v2010.json", "openapi-3.0", "https://api.twilio.com", 197},
	{"spotify.yaml", "openapi-3.0", "https://api.spotify.com/v1", 97},
	{"notion-3.1.json", "openapi-3.1", "https://api.notion.com", 24},
}

func TestRealDocuments(t *testing.T) {
	dir := corpus(t)
	for _, c := range real {
		t.Run(c.file, func(t *testing.T) {
			file := filepath.Join(dir, filepath.FromSlash(c.file))
			d := read(t, source(t, file), Options{})
			if d.Format != c.format || d.Server != c.server || d.Total != c.operations || len(d.Skipped) != 0 {
				t.Errorf("%s at %q with %d operations, %d of them skipped: %v", d.Format, d.Server, d.Total, len(d.Skipped), d.Skipped)
			}
			if strings.HasSuffix(c.file, ".json") {
				if n := count(t, file); n != d.Total {
					t.Errorf("%d operations, another count says %d", d.Total, n)
				}
			}
			for i := range d.Notes {
				if d.Schemes[i].ID != d.Notes[i].ID {
					t.Errorf("the note %+v is for the scheme %s", d.Notes[i], d.Schemes[i].ID)
				}
			}
			twice := read(t, source(t, file), Options{})
			a, _ := json.Marshal(d)
			b, _ := json.Marshal(twice)
			if string(a) != string(b) {
				t.Error("read twice, and not the same")
			}
		})
	}
}

// count counts the operations of a JSON document without any of this package.
func count(t *testing.T, file string) int {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, item := range d.Paths {
		for key := range item {
			if strings.Contains(" get put post delete options head patch trace ", " "+key+" ") {
				n++
			}
		}
	}
	return n
}

func operation(t testing.TB, d *Document, id string) *Operation {
	t.Helper()
	for i := range d.Operations {
		if d.Operations[i].ID == id {
			return &d.Operations[i]
		}
	}
	t.Fatalf("there is no operation %s", id)
	return nil
}

// TestRealFeatures holds what the real documents are known for.
func TestRealFeatures(t *testing.T) {
	dir := corpus(t)
	github := read(t, source(t, filepath.Join(dir, "github-api.json")), Options{})
	if o := operation(t, github, "repos/upload-release-asset"); o.Server != "https://uploads.github.com" || !o.Body.Binary || o.Body.Type != "application/octet-stream" {
		t.Errorf("an operation with its own server and bytes: %s %+v", o.URL, o.Body)
	}
	if o := operation(t, github, "issues/create"); o.Name != "issues_create" || o.Security != nil || o.URL != "https://api.github.com/repos/{owner}/{repo}/issues" {
		t.Errorf("%s %v %s", o.Name, o.Security, o.URL)
	}
	stripe := read(t, source(t, filepath.Join(dir, "stripe.yaml")), Options{})
	o := operation(t, stripe, "PostCharges")
	if p := o.Body.Parts["metadata"]; o.Body.Type != formType || p.Style != "deepObject" || !p.Explode {
		t.Errorf("a form with deepObject: %+v", o.Body)
	}
	if o := operation(t, stripe, "GetCharges"); o.Body != nil || len(o.Security) != 2 {
		t.Errorf("a GET with an empty body, and a choice of schemes: %+v %v", o.Body, o.Security)
	}
	docker := read(t, source(t, filepath.Join(dir, "docker-engine-swagger2.yaml")), Options{BaseURL: "http://127.0.0.1:2375"})
	if o := operation(t, docker, "ImageBuild"); !o.Body.Binary || o.URL != "http://127.0.0.1:2375/build" {
		t.Errorf("a tar stream: %s %+v", o.URL, o.Body)
	}
	discord := read(t, source(t, filepath.Join(dir, "discord-3.1.json")), Options{})
	if o := operation(t, discord, "create_guild_sticker"); o.Body.Type != multipartType || !o.Body.Parts["file"].Binary {
		t.Errorf("multipart with a file: %+v", o.Body)
	}
	spotify := read(t, source(t, filepath.Join(dir, "spotify.yaml")), Options{})
	if o := operation(t, spotify, "add-tracks-to-playlist"); len(o.Security) != 1 || len(o.Security[0][0].Scopes) == 0 {
		t.Errorf("scopes of an operation: %v", o.Security)
	}
	notion := read(t, source(t, filepath.Join(dir, "notion-3.1.json")), Options{})
	if o := operation(t, notion, "get-self"); o.Security == nil {
		t.Errorf("security is said to be none: %v", o.Security)
	}
	twilio := read(t, source(t, filepath.Join(dir, "twilio-api-v2010.json")), Options{BaseURL: "https://proxy.example/twilio/"})
	if o := operation(t, twilio, "ListCall"); !strings.HasPrefix(o.URL, "https://proxy.example/twilio/2010-04-01/") {
		t.Errorf("the base address of the person: %s", o.URL)
	}
}

func BenchmarkReadGitHub(b *testing.B) {
	s := source(b, filepath.Join(corpus(b), "github-api.json"))
	b.SetBytes(int64(len(s.Data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), s, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
