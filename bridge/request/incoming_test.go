package request

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func scheme(kind profiles.SchemeType, word, in, name string) *profiles.SecurityScheme {
	return &profiles.SecurityScheme{ID: "s", Type: kind, Scheme: word, In: in, Name: name}
}

// TestExtract has a row for each rule of Higress's
// ExtractAndRemoveIncomingCredential.
func TestExtract(t *testing.T) {
	bearerS, basicS := scheme("http", "bearer", "", ""), scheme("http", "basic", "", "")
	auth := func(v string) Incoming { return Incoming{Header: map[string]string{"authorization": v}} }
	for _, c := range []struct {
		name   string
		scheme *profiles.SecurityScheme
		in     Incoming
		want   string
	}{
		{"bearer", bearerS, auth("Bearer tok"), "tok"},
		{"bearer without case, trimmed", bearerS, auth("bEARER   tok  "), "tok"},
		{"wrong word: nothing", bearerS, auth("Basic dXNlcjpw"), ""},
		{"word without a token", bearerS, auth("Bearer "), ""},
		{"word without a space", bearerS, auth("Bearertok"), ""},
		{"word alone", bearerS, auth("Bearer"), ""},
		{"no header", bearerS, Incoming{}, ""},
		{"basic is not decoded", basicS, auth("Basic dXNlcjpw"), "dXNlcjpw"},
		{"basic, wrong word", basicS, auth("Bearer tok"), ""},
		{"digest cannot be taken", scheme("http", "digest", "", ""), auth("Digest x"), ""},
		{"oauth2 as bearer", scheme("oauth2", "", "", ""), auth("Bearer tok"), "tok"},
		{"openIdConnect as bearer", scheme("openIdConnect", "", "", ""), auth("Bearer tok"), "tok"},
		{"key header, whole value", scheme("apiKey", "", "header", "X-Key"), Incoming{Header: map[string]string{"x-kEY": " Bearer k "}}, " Bearer k "},
		{"key header without a name", scheme("apiKey", "", "header", ""), Incoming{Header: map[string]string{"": "k"}}, ""},
		{"key query", scheme("apiKey", "", "query", "key"), Incoming{Query: map[string]string{"key": "k", "Key": "K"}}, "k"},
		{"key cookie", scheme("apiKey", "", "cookie", "sid"), Incoming{Header: map[string]string{"Cookie": "a=1; sid=k=2; sid=3"}}, "k=2"},
		{"key cookie absent", scheme("apiKey", "", "cookie", "sid"), Incoming{Header: map[string]string{"Cookie": "a=1; xsid=k"}}, ""},
		{"key in nowhere", scheme("apiKey", "", "body", "sid"), Incoming{Query: map[string]string{"sid": "1"}}, ""},
		{"mutualTLS", scheme("mutualTLS", "", "", ""), auth("Bearer tok"), ""},
		{"passthroughAuthHeader: as it came", nil, auth("Negotiate abc"), "Negotiate abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, ok := Extract(c.scheme, c.in)
			if v.Reveal() != c.want || ok != (c.want != "") {
				t.Errorf("Extract = %q, %v, want %q", v.Reveal(), ok, c.want)
			}
		})
	}
}

func TestFromStored(t *testing.T) {
	for _, c := range []struct {
		scheme   *profiles.SecurityScheme
		in, want string
	}{
		{scheme("http", "basic", "", ""), "user:pass", "dXNlcjpwYXNz"},
		{scheme("http", "basic", "", ""), "Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"},
		{scheme("http", "basic", "", ""), "dXNlcjpwYXNz", "dXNlcjpwYXNz"},
		{scheme("http", "bearer", "", ""), "Bearer tok", "tok"},
		{scheme("oauth2", "", "", ""), "tok", "tok"},
		{scheme("apiKey", "", "header", "X"), "Bearer k", "Bearer k"},
		{nil, "Basic x", "Basic x"},
	} {
		if got := FromStored(c.scheme, secret.New(c.in)).Reveal(); got != c.want {
			t.Errorf("FromStored(%v, %q) = %q, want %q", c.scheme, c.in, got, c.want)
		}
	}
}

func meta(s string) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		panic(err)
	}
	return m
}

func TestParseMeta(t *testing.T) {
	in, err := ParseMeta(meta(`{"mcp-bridge/headers":{"authorization":"Bearer t","x-key":"k","X-Empty":""},"mcp-bridge/query":{"Key":"v"},"other":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"Authorization": "Bearer t", "X-Key": "k"}; !maps.Equal(in.Header, want) {
		t.Errorf("headers = %v, want %v", in.Header, want)
	}
	if want := map[string]string{"Key": "v"}; !maps.Equal(in.Query, want) {
		t.Errorf("query = %v, want %v", in.Query, want)
	}
	if in, err := ParseMeta(nil); err != nil || len(in.Header)+len(in.Query) != 0 {
		t.Errorf("no _meta: %v, %v", in, err)
	}
}

func TestParseMetaMalformed(t *testing.T) {
	for _, value := range []string{`"x"`, `null`, `[]`, `1`, `{"A":1}`, `{"A":null}`, `{"A":["SECRET"]}`, `{"A":"SECRET\n"}`, `{"A":"SECRET\u0000"}`} {
		for _, key := range []string{MetaHeaders, MetaQuery} {
			_, err := ParseMeta(map[string]json.RawMessage{key: json.RawMessage(value)})
			var e *Error
			if !errors.As(err, &e) || e.Kind != InvalidArguments || !strings.Contains(err.Error(), key) || e.Hint() == "" {
				t.Errorf("%s = %s: error %v", key, value, err)
			}
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the error prints a value: %v", err)
			}
		}
	}
	for _, headers := range []string{`{"a b":"1"}`, `{"":"1"}`, `{"X-A":"1","x-a":"2"}`, `{"A\r\nB":"1"}`} {
		if _, err := ParseMeta(map[string]json.RawMessage{MetaHeaders: json.RawMessage(headers)}); err == nil {
			t.Errorf("%s is accepted", headers)
		}
	}
}

func TestParseEnv(t *testing.T) {
	schemes := []*profiles.SecurityScheme{
		scheme("apiKey", "", "header", "X-API-Key"), scheme("apiKey", "", "query", "key"), scheme("apiKey", "", "query", "api.key"),
		scheme("apiKey", "", "cookie", "sid"), scheme("apiKey", "", "header", "X-Empty"), scheme("http", "bearer", "", ""), nil,
	}
	in := ParseEnv([]string{
		"PATH=/bin", "MCP_BRIDGE_CLIENT_AUTHORIZATION=Bearer a=b", "mcp_bridge_client_header_x_api_key=first",
		"MCP_BRIDGE_CLIENT_HEADER_X_API_KEY=k", "MCP_BRIDGE_CLIENT_QUERY_KEY=q", "MCP_BRIDGE_CLIENT_QUERY_API_KEY=q2",
		"MCP_BRIDGE_CLIENT_HEADER_COOKIE=sid=1", "MCP_BRIDGE_CLIENT_HEADER_X_EMPTY=", "MCP_BRIDGE_CLIENT_HEADER_OTHER=o", "broken",
	}, schemes)
	if want := map[string]string{"Authorization": "Bearer a=b", "X-Api-Key": "k", "Cookie": "sid=1"}; !maps.Equal(in.Header, want) {
		t.Errorf("headers = %v, want %v", in.Header, want)
	}
	if want := map[string]string{"key": "q", "api.key": "q2"}; !maps.Equal(in.Query, want) {
		t.Errorf("query = %v, want %v", in.Query, want)
	}
	key := scheme("apiKey", "", "header", "Authorization")
	if in := ParseEnv([]string{"MCP_BRIDGE_CLIENT_HEADER_AUTHORIZATION=k"}, []*profiles.SecurityScheme{key}); in.Header["Authorization"] != "k" {
		t.Errorf("HEADER_AUTHORIZATION is not read: %v", in.Header)
	}
}

func TestEnvSecrets(t *testing.T) {
	got := map[string]bool{}
	for _, v := range EnvSecrets([]string{"A=b", "MCP_BRIDGE_CLIENT_QUERY_X=unused1", "MCP_BRIDGE_CLIENT_AUTHORIZATION=Bearer tok123", "MCP_BRIDGE_CLIENT_HEADER_E="}) {
		got[v.Reveal()] = true
	}
	if want := map[string]bool{"unused1": true, "Bearer tok123": true, "tok123": true}; !maps.Equal(got, want) {
		t.Errorf("secrets = %v, want %v", got, want)
	}
}

func TestMerge(t *testing.T) {
	got := Merge(
		Incoming{Header: map[string]string{"authorization": "meta"}, Query: map[string]string{"a": "meta"}},
		Incoming{Header: map[string]string{"Authorization": "env", "X-Key": "env"}, Query: map[string]string{"a": "env", "A": "env"}},
	)
	if want := map[string]string{"Authorization": "meta", "X-Key": "env"}; !maps.Equal(got.Header, want) {
		t.Errorf("headers = %v, want %v", got.Header, want)
	}
	if want := map[string]string{"a": "meta", "A": "env"}; !maps.Equal(got.Query, want) {
		t.Errorf("query = %v, want %v", got.Query, want)
	}
}

func TestIncomingIsNeverPrinted(t *testing.T) {
	in := Incoming{Header: map[string]string{"Authorization": "SECRET"}, Query: map[string]string{"k": "SECRET"}}
	j, err := json.Marshal(map[string]any{"in": in})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "in", in)
	for _, s := range []string{fmt.Sprint(in), fmt.Sprintf("%v %+v %#v %s %q %x", in, in, in, in, in, in), string(j), log.String(), in.GoString()} {
		if strings.Contains(s, "SECRET") || strings.Contains(s, fmt.Sprintf("%x", "SECRET")) {
			t.Errorf("printed: %s", s)
		}
	}
}

// FuzzCarriers: no carrier panics, a value that was read is one that was given,
// and no error prints a value.
func FuzzCarriers(f *testing.F) {
	f.Add(`{"Authorization":"Bearer MARK"}`, `{"k":"MARK"}`, "MCP_BRIDGE_CLIENT_QUERY_K=MARK", "k")
	f.Add(`{"A":"MARK\n"}`, `[]`, "MCP_BRIDGE_CLIENT_HEADER_COOKIE=a=MARK", "a")
	f.Add(`null`, `{"a":{}}`, "=", "é")
	f.Fuzz(func(t *testing.T, headers, query, entry, name string) {
		in, err := ParseMeta(map[string]json.RawMessage{MetaHeaders: json.RawMessage(headers), MetaQuery: json.RawMessage(query)})
		if err != nil && strings.Contains(err.Error(), "MARK") {
			t.Fatalf("the error prints a value: %v", err)
		}
		for k, v := range in.Header {
			if v == "" || !isToken(k) || strings.ContainsAny(v, "\r\n\x00") {
				t.Fatalf("header %q: %q", k, v)
			}
		}
		for _, in2 := range []string{"header", "query", "cookie"} {
			s := scheme("apiKey", "", in2, name)
			merged := Merge(in, ParseEnv([]string{entry}, []*profiles.SecurityScheme{s}))
			if v, ok := Extract(s, merged); ok {
				given := strings.Contains(entry, v.Reveal())
				for _, v2 := range in.Secrets() {
					given = given || strings.Contains(v2.Reveal(), v.Reveal())
				}
				if !given {
					t.Fatalf("extracted %q, which nobody gave", v.Reveal())
				}
			}
		}
	})
}
