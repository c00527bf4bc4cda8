// Package oracle compares the OpenAPI reader with another implementation. It is a
// module of its own, so that the program does not depend on that one.
//
// # Terminology
//
// Ours is package profiles/openapi, theirs is libopenapi. A fact is one thing that both
// say of an operation, as text: the operation itself, a parameter, the body, what it
// asks for. A difference is a fact of one side only, and has to stand in explained.
package oracle

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// documents are the real ones, with how many operations each has by a count of its own.
var documents = []struct {
	name       string
	operations int
}{
	{"github-api.json", 1223},
	{"stripe.yaml", 402},
	{"docker-engine-swagger2.yaml", 108},
	{"discord-3.1.json", 242},
	{"digitalocean/specification/DigitalOcean-public.v2.yaml", 659},
	{"twilio-api-v2010.json", 197},
	{"spotify.yaml", 97},
	{"notion-3.1.json", 24},
}

// explained are the differences that are meant: facts by glob, and how many there are.
var explained = []struct {
	document, operation, theirs, ours string
	count                             int
	why                               string
}{
	{"stripe.yaml", "GET *", "body application/x-www-form-urlencoded", "", 190, hollow},
	{"stripe.yaml", "DELETE *", "body application/x-www-form-urlencoded", "", 28, hollow},
	{"their stripe.yaml", "GET *", "body application/x-www-form-urlencoded", "", 229, hollow},
	{"their stripe.yaml", "DELETE *", "body application/x-www-form-urlencoded", "", 23, hollow},
	{"docker-engine-swagger2.yaml", "POST /build", "body application/octet-stream", "body application/x-tar", 1, "its header parameter Content-Type names this"},
	{"docker-engine-swagger2.yaml", "PUT /containers/{id}/archive", "body required application/x-tar", "body required application/x-tar, application/octet-stream", 1,
		"which of several types of bytes is sent is that of the file"},
	{"DigitalOcean-public.v2.yaml", "PUT /<upload_url>", "", "path upload_url required simple", 1, "angle brackets are a placeholder"},
	{"their k8s.json", "*", "body */*", "body application/json", 121, "JSON is sent where any type will do"},
	{"their k8s.json", "*", "body required */*", "body required application/json", 169, "JSON is sent where any type will do"},
	{"their k8s.json", "PATCH *", "body required application/json-patch+json", "body required application/merge-patch+json", 98,
		"a merge patch is easier to write than a list of commands"},
	{"their vendor-extensions-test.yaml", "GET *", "query * deepObject", "query * deepObject exploded", 5,
		"the default of explode is false, but OpenAPI defines deepObject only with true"},
	{"their vendor-extensions-test.yaml", "*", "security *oauth2*", "security *openIdConnect*", 197, "both are the sign-in of one provider, which is one scheme"},
}

const hollow = "an optional form without any member, of a method that should have no body, is not sent"

// theirDocuments are those that the other implementation is tested with.
var theirDocuments = []struct {
	name       string
	operations int
}{
	{"asana.yaml", 152}, {"stripe.yaml", 494}, {"k8s.json", 853}, {"docusignv3.1.json", 402}, {"petstorev2.json", 20}, {"petstorev3.json", 19},
	{"burgershop.openapi.yaml", 5}, {"all-the-components.yaml", 5}, {"vendor-extensions-test.yaml", 206}, {"yaml-anchor.yaml", 2},
	{"nested_files/openapi.yaml", 3},
}

// facts are what one side says of each operation.
type facts map[string][]string

func TestAgreement(t *testing.T) {
	dir := os.Getenv("MCP_BRIDGE_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatalf("the real documents are missing: %v", err)
		}
		t.Skip("the real documents are missing: set MCP_BRIDGE_OPENAPI")
	}
	for _, d := range documents {
		t.Run(path.Base(d.name), func(t *testing.T) {
			agree(t, path.Base(d.name), filepath.Join(dir, filepath.FromSlash(d.name)), d.operations)
		})
	}
}

func TestAgreementOnTheirs(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pb33f/libopenapi").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "test_specs")
	for _, d := range theirDocuments {
		t.Run(path.Base(d.name), func(t *testing.T) {
			agree(t, "their "+path.Base(d.name), filepath.Join(dir, filepath.FromSlash(d.name)), d.operations)
		})
	}
}

// agree reads a document with both, and reports every difference that is not explained.
func agree(t *testing.T, document, file string, operations int) {
	theirs, ours := theirFacts(t, file), ourFacts(t, file)
	if len(theirs) != operations || len(ours) != operations {
		t.Errorf("%d operations are ours and %d theirs of %d", len(ours), len(theirs), operations)
	}
	found, total := make([]int, len(explained)), 0
	for key, want := range theirs {
		got := ours[key]
		total += len(want)
		missing, more := without(want, got), without(got, want)
		for i, e := range explained {
			if e.document != document || !like(e.operation, key) {
				continue
			}
			m, o := matching(missing, e.theirs), matching(more, e.ours)
			if len(m)+len(o) == 0 || e.theirs != "" && len(m) == 0 || e.ours != "" && len(o) == 0 {
				continue
			}
			found[i] += max(len(m), len(o))
			missing, more = without(missing, m), without(more, o)
		}
		for _, fact := range missing {
			t.Errorf("%s\n only theirs %s", key, fact)
		}
		for _, fact := range more {
			t.Errorf("%s\n only ours   %s", key, fact)
		}
	}
	for key := range ours {
		if theirs[key] == nil {
			t.Errorf("%s is only ours", key)
		}
	}
	for i, e := range explained {
		if e.document == document && found[i] != e.count {
			t.Errorf("explained %q / %q is met %d times, not %d: %s", e.theirs, e.ours, found[i], e.count, e.why)
		}
	}
	t.Logf("%d operations, %d facts", len(theirs), total)
}

func without(all, these []string) (rest []string) {
	for _, s := range all {
		if !slices.Contains(these, s) {
			rest = append(rest, s)
		}
	}
	return rest
}

func matching(all []string, pattern string) (found []string) {
	for _, s := range all {
		if pattern != "" && like(pattern, s) {
			found = append(found, s)
		}
	}
	return found
}

// like reports whether s is as pattern says; a * in it stands for anything.
func like(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok || len(parts) == 1 {
		return ok && s == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(s, part)
		if !found {
			return false
		}
		s = after
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

// parameter is the fact that an operation has a parameter.
func parameter(in, name string, required bool, style string, explode bool) string {
	fact := in + " " + name
	if required {
		fact += " required"
	}
	fact += " " + style
	if explode {
		fact += " exploded"
	}
	return fact
}

// security is the fact of what an operation asks for: alternatives in their order, of
// schemes by name with their scopes.
func security(said bool, alternatives [][]string) string {
	if !said {
		return "security is not said"
	}
	var out []string
	for _, all := range alternatives {
		slices.Sort(all)
		out = append(out, "{"+strings.Join(all, " and ")+"}")
	}
	return "security " + strings.Join(out, " or ")
}
