package bridge

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// TestNothingWasSent: a backend that refuses a request without a credential is answered
// with the scheme and the command, whether the document says none, optional or nothing.
func TestNothingWasSent(t *testing.T) {
	status := http.StatusUnauthorized
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer backend.Close()
	op := func(security [][]tool.Requirement) []*tool.Tool {
		return []*tool.Tool{{Name: "op", Operation: "op", Path: "/ops", Request: tool.Request{Method: "GET", URL: backend.URL + "/ops"},
			InputSchema: []byte(`{"type":"object","properties":{}}`), Security: security}}
	}
	const imports = "[openapi]\nsource = \"o.yaml\"\ndigest = \"0000000000000000000000000000000000000000000000000000000000000000\"\n"
	optional := [][]tool.Requirement{{{Scheme: &profiles.SecurityScheme{ID: "basic"}}}, {}}
	for _, c := range []struct {
		text     string
		security [][]tool.Requirement
		stored   string
		want     string
	}{
		{fourSchemes + imports, [][]tool.Requirement{}, "basic", "stored for scheme basic: mcp-bridge add p --update --auth basic"},
		{fourSchemes + imports, [][]tool.Requirement{}, "key", "stored for scheme key: mcp-bridge add p --update --auth apiKey:header:X-Key"},
		{fourSchemes + imports, nil, "", "of scheme oauth: write defaultUpstreamSecurity"},
		{fourSchemes + imports, optional, "", "optional; to send one: mcp-bridge login p --scheme basic"},
		{imports, nil, "", "To send one: mcp-bridge add p --update --auth bearer"},
	} {
		for _, status = range []int{http.StatusUnauthorized, http.StatusForbidden} {
			r := newRigWith(t, backend.URL, c.text, op(c.security))
			if c.stored != "" {
				r.save(c.stored, canary, "https://elsewhere.example")
			}
			p := r.Bridge.o.Set.Profile()
			p.File = "" // as one of the home's
			if got := all(r.get("op", "{}")); !strings.Contains(got, c.want) {
				t.Errorf("%d: %s\nwant %s", status, got, c.want)
			}
		}
	}
	r := newRigWith(t, backend.URL, fourSchemes+imports+"[http.headers]\nauthorization = \"Bearer x\"\n", op(nil))
	if got := all(r.get("op", "{}")); strings.Contains(got, "no credential was sent") {
		t.Errorf("the profile sends one itself: %s", got)
	}
}
