package main

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp/syntax"
	"strings"
)

// number reads a bound.
func number(s schema, key string, otherwise float64) float64 {
	if n, ok := s[key].(float64); ok {
		return n
	}
	return otherwise
}

func (g *generator) number(s schema) any {
	low, high := number(s, "minimum", math.Inf(-1)), number(s, "maximum", math.Inf(1))
	low = max(low, number(s, "exclusiveMinimum", math.Inf(-1))+1)
	high = min(high, number(s, "exclusiveMaximum", math.Inf(1))-1)
	if low < -1e6 && high >= 1 { // beyond what JavaScript counts exactly
		low = 1
	}
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		low, high = 1, 50
	case math.IsInf(low, -1):
		low = high - 10
	case math.IsInf(high, 1):
		high = low + 10
	}
	v := low + float64(g.IntN(int(min(max(high-low, 0), 50))+1))
	if step := number(s, "multipleOf", 0); step > 0 {
		v = math.Ceil(low/step) * step
	}
	if kindOf(s) == "integer" {
		return int64(v)
	}
	return v
}

// formats has a value of every format that a document names and validators check.
var formats = map[string]string{
	"date-time": "2026-03-04T05:06:07Z", "date": "2026-03-04", "time": "05:06:07Z", "duration": "P3D",
	"email": "ada@example.com", "hostname": "host.example.com", "idn-hostname": "host.example.com", "ipv4": "192.0.2.7", "ipv6": "2001:db8::7", "ip": "192.0.2.7",
	"uri": "https://example.com/a?b=c", "url": "https://example.com/a", "uri-reference": "/a/b", "iri": "https://example.com/a",
	"uuid": "9f0c8c1e-2a3b-4c5d-8e6f-0a1b2c3d4e5f", "snowflake": "80351110224678912", "json-pointer": "/a/b", "regex": "^a+$",
	"byte": "aGVsbG8=", "int64": "7", "decimal": "1.5",
}

func (g *generator) text(s schema) string {
	format, _ := s["format"].(string)
	about, _ := s["description"].(string)
	if _, named, ok := strings.Cut(about, "Format: "); ok { // one that validators of clients do not know
		format, _, _ = strings.Cut(named, ".")
	}
	if strings.Contains(strings.ToLower(about), "the path of a local file") {
		if g.IntN(2) == 0 {
			return "file://" + g.file
		}
		return base64.StdEncoding.EncodeToString([]byte("some bytes"))
	}
	if _, list, ok := strings.Cut(about, "One of: \""); ok { // of more values than are listed
		return strings.Split(list, "\"")[0]
	}
	if s["contentEncoding"] == "base64" {
		return "aGVsbG8="
	}
	least, most := int(number(s, "minLength", 0)), int(number(s, "maxLength", 1<<20))
	if pattern, ok := s["pattern"].(string); ok {
		if re, err := syntax.Parse(pattern, syntax.Perl); err == nil {
			var out string
			for range 50 {
				var b strings.Builder
				g.match(&b, re.Simplify(), least)
				if out = b.String(); len(out) >= least && len(out) <= most {
					break
				}
			}
			return out
		}
	}
	if v, ok := formats[format]; ok {
		return v
	}
	words := []string{"north", "a b", "x-1", "café", "50%", "q&a", "one/two"}
	out := words[g.IntN(len(words))]
	for len([]rune(out)) < least {
		out += fmt.Sprint(g.IntN(10))
	}
	if r := []rune(out); len(r) > most {
		out = string(r[:most])
	}
	return out
}

// match writes a text that a pattern matches.
func (g *generator) match(b *strings.Builder, re *syntax.Regexp, least int) {
	repeat := func(low, high int) {
		if high < 0 {
			high = max(low+3, min(least, 64))
		}
		for range low + g.IntN(high-low+1) {
			g.match(b, re.Sub[0], least)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(g.class(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture:
		g.match(b, re.Sub[0], least)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			g.match(b, sub, least)
		}
	case syntax.OpAlternate:
		g.match(b, re.Sub[g.IntN(len(re.Sub))], least)
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	}
}

// class picks a rune of a class, a letter or digit where it has one.
func (g *generator) class(ranges []rune) rune {
	var all, plain []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1] && r < 127; r++ {
			if all = append(all, r); r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
				plain = append(plain, r)
			}
		}
	}
	switch {
	case len(plain) > 0:
		return plain[g.IntN(len(plain))]
	case len(all) > 0:
		return all[g.IntN(len(all))]
	}
	return ranges[0]
}
