package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/demo"
)

// fit holds tools against the limits of all clients.
func fit(t *testing.T, list []demo.ListedTool) {
	t.Helper()
	seen := map[string]bool{}
	for _, tool := range list {
		var in map[string]any
		if err := json.Unmarshal(tool.InputSchema, &in); err != nil {
			t.Fatal(err)
		}
		if !toolName.MatchString(tool.Name) || seen[strings.ToLower(tool.Name)] {
			t.Errorf("the name %q", tool.Name)
		}
		seen[strings.ToLower(tool.Name)] = true
		if whole, err := json.Marshal(tool); err != nil || len(whole) > 64<<10 {
			t.Errorf("%s has %d bytes (%v)", tool.Name, len(whole), err)
		}
		for _, key := range []string{"oneOf", "anyOf", "allOf", "not", "enum", "if"} {
			if in[key] != nil {
				t.Errorf("%s has %s at its root", tool.Name, key)
			}
		}
		if in["type"] != "object" {
			t.Errorf("%s takes no object", tool.Name)
		}
		if wrong := unfit(in, 1); wrong != "" {
			t.Errorf("%s: %s", tool.Name, wrong)
		}
	}
}

var (
	toolName    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,48}$`)
	propertyKey = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)
)

// unfit says what no client takes in a schema, "" when all take it.
func unfit(s map[string]any, level int) string {
	if level > 32 {
		return "more than 32 levels"
	}
	for _, key := range []string{"$ref", "$defs", "definitions", "nullable", "discriminator"} {
		if s[key] != nil {
			return "the keyword " + key
		}
	}
	array := s["type"] == "array"
	if kinds, ok := s["type"].([]any); ok {
		for _, k := range kinds {
			array = array || k == "array"
		}
	}
	if _, ok := s["items"].(map[string]any); array && !ok {
		return "an array without items"
	}
	var below []any
	for _, key := range []string{"items", "additionalProperties", "not"} {
		below = append(below, s[key])
	}
	for _, key := range []string{"oneOf", "anyOf", "allOf"} {
		all, _ := s[key].([]any)
		below = append(below, all...)
	}
	if properties, ok := s["properties"].(map[string]any); ok {
		for name, p := range properties {
			if !propertyKey.MatchString(name) {
				return "the key " + name
			}
			if _, ok := p.(map[string]any); !ok {
				return "the schema of " + name + " is no object"
			}
			below = append(below, p)
		}
	}
	for _, b := range below {
		if m, ok := b.(map[string]any); ok {
			if wrong := unfit(m, level+1); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}
