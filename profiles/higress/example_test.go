package higress

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const examples = "../../docs/examples/higress"

// TestExamples reads each YAML example and its TOML twin: both are one profile.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("examples: %d, %v", len(files), err)
	}
	secrets := map[string]int{"secure-server.yaml": 4, "fetch-sensitive-data.yaml": 2, "passthrough.yaml": 0, "as-printed.yaml": 1}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			i := importFile(t, file)
			if got, want := len(i.Warnings) > 0, strings.Contains(file, "as-printed"); got != want {
				t.Errorf("warnings: %v", i.Warnings)
			}
			stored, err := SplitSecrets(i, Keychain)
			if want := secrets[filepath.Base(file)]; err != nil || len(stored) != want {
				t.Errorf("secrets: %d, want %d, %v", len(stored), want, err)
			}
			twin := strings.TrimSuffix(file, ".yaml") + ".toml"
			data, err := os.ReadFile(twin)
			if err != nil {
				t.Fatal(err)
			}
			want, warnings, err := profiles.Load(twin, data, profiles.Options{Private: func(string) (bool, string) { return true, "" }})
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			equal(t, i.Profile, want)
		})
	}
}

func importFile(t *testing.T, file string) *Imported {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	i, err := Import(file, data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// equal compares all of two profiles but where they came from.
func equal(t *testing.T, got, want *profiles.Profile) {
	t.Helper()
	if !reflect.DeepEqual(got.Server, want.Server) {
		t.Errorf("server\n got %s\nwant %s", encode(t, got), encode(t, want))
	}
	if !reflect.DeepEqual(got.Tools, want.Tools) {
		t.Errorf("tools\n got %s\nwant %s", encode(t, got), encode(t, want))
	}
	if a, b := encode(t, got), encode(t, want); a != b {
		t.Errorf("encoded\n got %s\nwant %s", a, b)
	}
}

func encode(t *testing.T, p *profiles.Profile) string {
	t.Helper()
	b, err := profiles.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
