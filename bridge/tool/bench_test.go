package tool

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// thousand is a profile of a thousand hand-written tools.
func thousand() *profiles.Profile {
	p := &profiles.Profile{Server: profiles.Server{Name: "s", BaseURL: "https://h.example", DefaultUpstreamSecurity: profiles.Security{{{ID: "key"}}},
		SecuritySchemes: []profiles.SecurityScheme{{ID: "key", Type: profiles.APIKey, In: "header", Name: "X-Key"}}}}
	for i := range 1000 {
		p.Tools = append(p.Tools, profiles.Tool{Name: fmt.Sprintf("tool_%d", i), Description: "Reads one thing of many, and says what it is.",
			Args: []profiles.Arg{
				{Name: "id", Type: "integer", Position: "path", Required: true, Description: "Which one"},
				{Name: "q", Position: "query", Default: []byte(`"all"`), Enum: []json.RawMessage{[]byte(`"all"`), []byte(`"new"`)}},
				{Name: "tags", Type: "array", Position: "query", Items: []byte(`{"type":"string"}`)},
				{Name: "body", Type: "object", Position: "body", Properties: []byte(`{"name":{"type":"string"},"size":{"type":"integer","minimum":0}}`)},
			},
			RequestTemplate:  profiles.RequestTemplate{URL: "/things/{id}", Method: "POST", Headers: []profiles.Header{{Key: "X-Tenant", Value: "{{.config.tenant}}"}}},
			ResponseTemplate: profiles.ResponseTemplate{Body: "{{.name}}: {{.size}}"}})
	}
	return p
}

func BenchmarkCompile1000(b *testing.B) {
	p := thousand()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList1000(b *testing.B) {
	s, err := Compile(thousand())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(listing(s.Tools()))))
	}
}

func BenchmarkArguments(b *testing.B) {
	s, err := Compile(thousand())
	if err != nil {
		b.Fatal(err)
	}
	raw := []byte(`{"id":"12345","q":"new","tags":["a","b","c"],"body":{"name":"thing","size":5}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Tools()[0].Arguments(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkArgumentsFirst(b *testing.B) {
	s, err := Compile(thousand())
	if err != nil {
		b.Fatal(err)
	}
	one := s.Tools()[0]
	b.ReportAllocs()
	for b.Loop() {
		fresh := &Tool{Name: one.Name, InputSchema: one.InputSchema, Params: one.Params}
		if _, err := fresh.Arguments([]byte(`{"id":5}`)); err != nil {
			b.Fatal(err)
		}
	}
}
