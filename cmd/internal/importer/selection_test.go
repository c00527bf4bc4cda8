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
