package importer

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// TestStraySelections: each part of a selection that picks nothing is found, with the
// nearest that would; parts that pick something are not.
func TestStraySelections(t *testing.T) {
	all := &openapi.Document{Operations: []openapi.Operation{
		{ID: "issues/list", Method: "GET", Path: "/repos/{r}/issues", Tags: []string{"issues", "Übersicht"}, Name: "issues_list"},
		{ID: "issues/create", Method: "POST", Path: "/repos/{r}/issues", Tags: []string{"issues"}, Name: "issues_create"},
		{Method: "GET", Path: "/user", Name: "get_user"},
	}}
	for _, c := range []struct {
		include, exclude profiles.Selection
		allowed          []string
		flag, hint       string
	}{
		{include: profiles.Selection{Tags: []string{"issues", "isues"}}, flag: "include-tag", hint: "did you mean issues?"},
		{include: profiles.Selection{Tags: []string{"nothing like it"}}, flag: "include-tag", hint: "the document has issues, Übersicht"},
		{exclude: profiles.Selection{Tags: []string{"Ubersicht"}}, flag: "exclude-tag", hint: "did you mean Übersicht?"},
		{include: profiles.Selection{Operations: []string{"issues/lst"}}, flag: "include-operation", hint: "did you mean issues/list?"},
		{exclude: profiles.Selection{Operations: []string{"issue/*"}}, flag: "exclude-operation", hint: "issues/create"},
		{include: profiles.Selection{Paths: []string{"/users"}}, flag: "include-path", hint: "did you mean /user?"},
		{include: profiles.Selection{Methods: []string{"PSOT"}}, flag: "include-method", hint: "POST"},
		{allowed: []string{"issues_*", "get_usr"}, flag: "allow-tool", hint: "did you mean get_user?"},
		{include: profiles.Selection{Tags: []string{"iss*"}, Methods: []string{"get"}, Paths: []string{"/repos/**"}, Operations: []string{"*"}}, allowed: []string{"*"}},
	} {
		s := CheckSelection(c.include, c.exclude, c.allowed, all)
		switch {
		case c.flag == "" && s != nil:
			t.Errorf("%+v: %v", c, s)
		case c.flag != "" && (s == nil || s.Flag != c.flag || !strings.Contains(s.Hint(), c.hint)):
			t.Errorf("%+v: %+v", c, s)
		}
	}
}

// TestStraysOfAProfile: each part of a profile that picks nothing is found, all of them
// and with their keys; what is for an operation that is no tool is none.
func TestStraysOfAProfile(t *testing.T) {
	all := &openapi.Document{Operations: []openapi.Operation{
		{ID: "issues/list", Method: "GET", Path: "/repos/{r}/issues", Tags: []string{"issues"}},
		{ID: "user", Method: "GET", Path: "/user"},
	}, Skipped: []openapi.Skip{{Operation: "POST /broken"}}}
	p := &profiles.OpenAPI{
		Include: profiles.Selection{Tags: []string{"issues", "isues", "isue"}, Paths: []string{"/usr"}},
		Exclude: profiles.Selection{Operations: []string{"user", "usr"}, Paths: []string{"/broken", "/brokn"}, Methods: []string{"DELETE"}},
		Overrides: []profiles.Override{{Operation: "user"}, {Operation: "issues/lst"}, {Match: "GET /usr"}, {Match: "GET /**"},
			{Match: "POST /broken", Hidden: true}, {Match: "POST /user"}},
	}
	var got []string
	for _, s := range Strays(p, all) {
		got = append(got, s.Key+": "+s.InProfile()+"; "+s.Hint())
	}
	want := []string{
		`openapi.include.tags[1]: "isues" matches no tag of the document; did you mean issues`,
		`openapi.include.tags[2]: "isue" matches no tag of the document; the document has issues`,
		`openapi.include.paths[0]: "/usr" matches no path of the document; did you mean /user`,
		`openapi.exclude.paths[1]: "/brokn" matches no path of the document; the document has /repos`,
		`openapi.exclude.operations[1]: "usr" matches no operation id of the document; did you mean user`,
		`openapi.overrides[1].operation: "issues/lst" matches no operation id of the document; did you mean issues/list`,
		`openapi.overrides[2].match: "GET /usr" matches no operation of the document; did you mean GET /user`,
		`openapi.overrides[5].match: "POST /user" matches no operation of the document; `,
	}
	if len(got) != len(want) {
		t.Fatalf("%d: %s", len(got), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}
