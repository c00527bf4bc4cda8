package importer

import (
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func TestJudgeHosts(t *testing.T) {
	for name, row := range map[string]struct {
		base, calls, signIn, named, allow string
		doubtful, refused                 string
		private, insecure, public         string // what is recorded
	}{
		"public":                {"https://a.example", "https://a.example https://b.example", "https://as.example/x", "", "", "", "", "", "", "as.example"},
		"inside":                {"https://a.example", "https://a.example http://127.0.0.1:2375 https://10.0.0.5 https://db.internal:8443", "", "", "", "http://127.0.0.1:2375 https://10.0.0.5 https://db.internal:8443", "", "127.0.0.1:2375 10.0.0.5 db.internal:8443", "", ""},
		"plain":                 {"http://a.example", "http://a.example http://b.example:8080", "", "", "", "http://a.example http://b.example:8080", "", "", "a.example:80 b.example:8080", ""},
		"named":                 {"https://10.0.0.5", "https://10.0.0.5 https://10.0.0.6", "", "10.0.0.5", "", "https://10.0.0.6", "", "10.0.0.6", "", ""},
		"allowed":               {"http://10.0.0.5:81", "http://10.0.0.5:81 http://b.example", "", "", "10.0.0.5:81 b.example", "", "", "10.0.0.5:81 b.example", "10.0.0.5:81 b.example:80", ""},
		"another port":          {"http://10.0.0.5:81", "http://10.0.0.5:81", "", "", "10.0.0.5:82", "http://10.0.0.5:81", "", "10.0.0.5:82 10.0.0.5:81", "10.0.0.5:81", ""},
		"sign-in inside":        {"https://a.example", "https://a.example", "http://127.0.0.1:1/x https://10.0.0.5/y https://kc.internal", "", "", "", "http://127.0.0.1:1 https://10.0.0.5 https://kc.internal", "", "", "127.0.0.1 10.0.0.5 kc.internal"},
		"sign-in allowed":       {"https://a.example", "https://a.example", "https://10.0.0.5/y", "", "10.0.0.5", "", "", "10.0.0.5", "", ""},
		"both inside":           {"https://10.0.0.4", "https://10.0.0.4", "https://10.0.0.5/y", "10.0.0.4", "", "", "", "", "", ""},
		"sign-in at the API":    {"https://10.0.0.4", "https://10.0.0.4", "https://10.0.0.4/y", "10.0.0.4", "", "", "", "", "", ""},
		"no base":               {"", "", "https://10.0.0.5/y", "", "", "", "https://10.0.0.5", "", "", "10.0.0.5"},
		"no addresses, no host": {"", "", "not-an-address", "", "", "", "", "", "", ""},
	} {
		h := JudgeHosts(row.base, strings.Fields(row.calls), strings.Fields(row.signIn), outbound.NewHosts(strings.Fields(row.named)...), strings.Fields(row.allow))
		if got := strings.Join(h.Doubtful, " "); got != row.doubtful {
			t.Errorf("%s: doubtful %s", name, got)
		}
		if got := strings.Join(h.Refused, " "); got != row.refused {
			t.Errorf("%s: refused %s", name, got)
		}
		p := &profiles.Profile{}
		h.Record(p, false)
		for _, list := range []struct {
			what string
			got  []string
			want string
		}{{"private", p.HTTP.AllowPrivate, row.private}, {"insecure", p.HTTP.AllowInsecure, row.insecure}, {"public", p.HTTP.OnlyPublic, row.public}} {
			if !slices.Equal(list.got, strings.Fields(list.want)) {
				t.Errorf("%s: %s %v, want %s", name, list.what, list.got, list.want)
			}
		}
	}
	// Tools that become the profile's own need a record of what only the document names.
	p := &profiles.Profile{}
	JudgeHosts("", []string{"https://a.example", "http://localhost:1"}, nil, outbound.Hosts{}, nil).Record(p, true)
	if !slices.Equal(p.HTTP.OnlyPublic, []string{"a.example"}) || !slices.Equal(p.HTTP.AllowPrivate, []string{"localhost:1"}) {
		t.Errorf("%+v", p.HTTP)
	}
}
