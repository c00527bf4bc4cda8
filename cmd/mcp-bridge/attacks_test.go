//go:build linux

package main

import (
	"fmt"
	"strings"
)

const apiHead = `"openapi":"3.0.3","info":{"title":"t","version":"1"},"servers":[{"url":"https://api.example.com"}],`

// taking is a document with one operation that takes a JSON body of that schema.
func taking(schema, components string) string {
	return `{` + apiHead + `"paths":{"/x":{"post":{"operationId":"doIt","requestBody":{"content":{"application/json":{"schema":` + schema + `}}},"responses":{}}}},"components":{` + components + `}}`
}

func many(n int, one func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(one(i))
	}
	return b.String()
}

// attacks are documents that are made to harm, by name; the ones of which nothing can be
// read end with code 3.
func attacks() (good, bad map[string]func() string) {
	yaml := "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}\n"
	layers := func(format string) string {
		return `"schemas":{"S0":{"type":"object","properties":{"a":{"type":"string"}}},` + many(39, func(i int) string {
			return fmt.Sprintf(`"S%d":`, i+1) + strings.ReplaceAll(format, "@", fmt.Sprintf(`{"$ref":"#/components/schemas/S%d"}`, i))
		}) + `}`
	}
	last := `{"$ref":"#/components/schemas/S39"}`
	operations := func(n int, schema string) string {
		return `"paths":{` + many(n, func(i int) string {
			return fmt.Sprintf(`"/%d":{"post":{"operationId":"o%d","requestBody":{"content":{"application/json":{"schema":%s}}},"responses":{}}}`, i, i, schema)
		}) + `}`
	}
	fan := layers(`{"type":"object","properties":{"a":@,"b":@,"c":@}}`)
	var aliases, laughs strings.Builder
	for i := range 20 {
		if i == 0 {
			aliases.WriteString("x0: &a0 {type: string}\n")
			laughs.WriteString("x0: &a0 [lol, lol]\n")
			continue
		}
		fmt.Fprintf(&aliases, "x%d: &a%d {type: object, properties: {a: *a%d, b: *a%d, c: *a%d}}\n", i, i, i-1, i-1, i-1)
		fmt.Fprintf(&laughs, "x%d: &a%d [%s]\n", i, i, many(9, func(int) string { return fmt.Sprintf("*a%d", i-1) }))
	}
	good = map[string]func() string{
		"references in a circle": func() string {
			return taking(`{"$ref":"#/components/schemas/A"}`, `"schemas":{"A":{"$ref":"#/components/schemas/B"},"B":{"$ref":"#/components/schemas/A"}}`)
		},
		"paths in a circle": func() string {
			return `{` + apiHead + `"paths":{"/x":{"$ref":"#/paths/~1y"},"/y":{"$ref":"#/paths/~1x"}}}`
		},
		"fan-out of references": func() string { return taking(last, fan) },
		"fan-out of allOf":      func() string { return taking(last, layers(`{"allOf":[@,@,@]}`)) },
		"fan-out of oneOf":      func() string { return taking(last, layers(`{"oneOf":[@,@,@]}`)) },
		"5,000 times fan-out":   func() string { return `{` + apiHead + operations(5000, last) + `,"components":{` + fan + `}}` },
		"100,000 operations": func() string {
			return `{` + apiHead + `"paths":{` + many(100_000, func(i int) string { return fmt.Sprintf(`"/%d":{"get":{"responses":{}}}`, i) }) + `}}`
		},
		"100,000 parameters": func() string {
			return `{` + apiHead + `"paths":{"/x":{"get":{"parameters":[` + many(100_000, func(i int) string { return fmt.Sprintf(`{"name":"p%d","in":"query"}`, i) }) + `]}}}}`
		},
		"100,000 schemes": func() string {
			return taking(`{}`, `"securitySchemes":{`+many(100_000, func(i int) string { return fmt.Sprintf(`"s%d":{"type":"http","scheme":"bearer"}`, i) })+`}`)
		},
		"a server that grows": func() string {
			return `{` + strings.Replace(apiHead, "https://api.example.com\"", "https://"+strings.Repeat("{h}", 100_000)+`","variables":{"h":{"default":"`+strings.Repeat("a", 10_000)+`"}}`, 1) + `"paths":{}}`
		},
		"an enum of a million": func() string {
			return taking(`{"type":"string","enum":[`+many(1_000_000, func(i int) string { return fmt.Sprintf(`"v%d"`, i) })+`]}`, ``)
		},
		"a pattern of a megabyte": func() string { return taking(`{"type":"string","pattern":"`+strings.Repeat("(a+)+", 200_000)+`"}`, ``) },
		"a pattern that RE2 refuses": func() string {
			return taking(`{"type":"object","properties":{"a":{"type":"string","pattern":"((a{1000}){1000}){1000}"},"b":{"type":"string","pattern":"(?<=x)y"}}}`, ``)
		},
		"descriptions of megabytes": func() string {
			return `{` + apiHead + `"paths":{"/x":{"get":{"description":"` + strings.Repeat("d ", 10<<20) + `","summary":"` + strings.Repeat("s", 5<<20) + `","responses":{}}}}}`
		},
		"one string of 60 MB": func() string { return `{` + apiHead + `"paths":{},"x":"` + strings.Repeat("a", 60<<20) + `"}` },
		"duplicate keys": func() string {
			return `{` + apiHead + `"openapi":"3.0.3","paths":{"/x":{"get":{"operationId":"a"},"get":{"operationId":"b"}}}}`
		},
		"control characters": func() string {
			return `{"openapi":"3.0.3","info":{"title":"\u001b[2J\u0000evil\nname = \"x\"","version":"\u0000"},"servers":[{"url":"https://api.example.com"}],"paths":{"/x":{"get":{"operationId":"a\u0000\u202eb",` +
				`"summary":"\u001b]0;x\u0007","description":"x\u0000\u001b[2J\r\nmcp-bridge: fake","parameters":[{"name":"q\u0000\u001b[31m","in":"query","description":"\u0000"}]}},` +
				`"/\u001b[31m\u202e":{"get":{"parameters":[{"$ref":"#/\u001b[31m\u0000"}]}}},"components":{"securitySchemes":{"\u001b[31m\"]]\n[x":{"type":"http","scheme":"basic"},"b":{"type":"\u001b[2J"},"c":{"type":"apiKey","in":"header","name":"X\r\nEvil: 1"}}}}`
		},
		"a title that is a path": func() string {
			return `{"openapi":"3.0.3","info":{"title":"../../../etc/cron","version":"1"},"servers":[{"url":"https://api.example.com"}],"paths":{}}`
		},
		"names that are taken": func() string {
			return `{` + apiHead + `"paths":{` + many(12, func(i int) string {
				name := []string{"search_tools", "SEARCH_TOOLS", "Search-Tools", "describe_tool", "call_tool", "call_read_tool", "read_result", "", "..", "日本語", strings.Repeat("a", 100_000), "__proto__"}[i]
				return fmt.Sprintf(`"/%d":{"get":{"operationId":"%s","responses":{}}}`, i, name)
			}) + `}}`
		},
	}
	bad = map[string]func() string{
		"alias bomb": func() string {
			return strings.Replace(yaml, "paths: {}\n", aliases.String()+"paths: {/x: {post: {requestBody: {content: {application/json: {schema: *a19}}}}}}\n", 1)
		},
		"billion laughs":         func() string { return yaml + laughs.String() },
		"an alias inside itself": func() string { return "openapi: 3.0.3\npaths: &p {/x: {get: {x: *p}}}\n" },
		"JSON of 10,000 levels": func() string {
			return `{` + apiHead + `"paths":{},"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`
		},
		"YAML of 10,000 levels":      func() string { return yaml + "x: " + strings.Repeat("[", 10_000) + "\n" },
		"60 MB of brackets":          func() string { return strings.Repeat("[", 60<<20) },
		"60 MB of zeros":             func() string { return strings.Repeat("\x00", 60<<20) },
		"60 MB of values":            func() string { return `{` + apiHead + `"paths":{},"x":[` + strings.Repeat("{},", 20<<20) + `0]}` },
		"60 MB of values and commas": func() string { return `{` + apiHead + `"paths":{},"x":[` + strings.Repeat("0,", 30<<20) + `]}` },
		"60 MB of items":             func() string { return yaml + "x:\n" + strings.Repeat("- a\n", 15<<20) },
		"65 MB":                      func() string { return strings.Repeat(" ", 65<<20) },
		"nothing":                    func() string { return "" },
		"a web page":                 func() string { return "<!doctype html><html></html>" },
		"an AsyncAPI document":       func() string { return "asyncapi: 3.0.0\n" },
	}
	return good, bad
}
