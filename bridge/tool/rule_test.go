package tool

import (
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// TestRulesMatchTheWholePath: a rule that forbids holds for the path as the tool
// writes it and for the one that is sent.
func TestRulesMatchTheWholePath(t *testing.T) {
	for rule, denied := range map[string]bool{"GET /v1/x": true, "GET /x": true, "DELETE /x": false, "GET /v1/y": false, "get_*": true} {
		p := &profiles.Profile{Server: profiles.Server{Name: "s", BaseURL: "https://h.example/v1"}, Policy: profiles.Policy{Deny: []string{rule}},
			Tools: []profiles.Tool{{Name: "get_x", RequestTemplate: profiles.RequestTemplate{URL: "/x", Method: "GET"}}}}
		set, err := Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := set.Denied("get_x"); got != denied {
			t.Errorf("%s: denied %v", rule, got)
		}
	}
}
