package request

import (
	"context"
	"errors"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// A token goes into Authorization as its type wants it, and a bound one never without
// its proof.
func TestTokenTypes(t *testing.T) {
	scheme := &profiles.SecurityScheme{ID: "s", Type: profiles.OAuth2}
	p := plan(t, &tool.Tool{Request: tool.Request{URL: "https://h/x"}, Security: [][]tool.Requirement{{{Scheme: scheme}}}}, nil)
	for _, tt := range []struct {
		kind, proof         string
		authorization, dpop string
	}{
		{"", "", "Bearer token", ""},
		{"Bearer", "", "Bearer token", ""},
		{"Bearer", "a.b.c", "Bearer token", ""},
		{"DPoP", "a.b.c", "DPoP token", "a.b.c"},
		{"dpop", "a.b.c", "DPoP token", "a.b.c"},
		{"DPoP", "", "", ""},
		{"DPoP", "a\nb", "", ""},
	} {
		r, err := p.Request(context.Background(), []Credential{{Scheme: scheme, Value: secret.New("token"), Type: tt.kind, Proof: tt.proof}})
		var e *Error
		switch {
		case tt.authorization == "":
			if !errors.As(err, &e) || e.Kind != CredentialMissing {
				t.Errorf("%+v: %v", tt, err)
			}
		case err != nil || r.Header.Get("Authorization") != tt.authorization || r.Header.Get("DPoP") != tt.dpop:
			t.Errorf("%+v: %v, %v", tt, r, err)
		}
	}
}
