package template

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// render parses and renders; the second result is the error of either.
func render(t *testing.T, text, data string) (string, error) {
	t.Helper()
	parsed, err := Parse("t", text)
	if err != nil {
		return "", err
	}
	if len(data) < 64<<10 { // the rest takes too long to do it twice
		agree(t, text, []byte(data))
	}
	return parsed.Render([]byte(data), env())
}

// TestHostileTemplates runs templates that would use up memory, time or the stack:
// each ends with an error that shows no data.
func TestHostileTemplates(t *testing.T) {
	long := `{"s":"` + strings.Repeat("secret ", 1<<17) + `","big":999999999,"q":"` + strings.Repeat(`\"`, 1<<10) + `","l":[` + strings.Repeat("1,", 30_000) + `1]}`
	for _, c := range []struct{ name, text string }{
		{"the smallest number", `{{until -9223372036854775808}}`},
		{"the smallest step", `{{untilStep 0 -9223372036854775808 -1}}`},
		{"the smallest repetition", `{{repeat -9223372036854775808 "x"}}`},
		{"a dictionary in itself", `{{$d := dict "a" 1}}{{$_ := set $d "self" $d}}{{$d}}`},
		{"a dictionary in itself by way of another", `{{$a := dict}}{{$b := dict "a" $a}}{{$_ := set $a "b" (list $b)}}{{$a}}`},
		{"twice as much each time", `{{$d := dict}}{{range until 60}}{{$d = dict "a" $d "b" $d}}{{end}}{{$d}}`},
		{"twice as long each time", `{{$l := list 1}}{{range until 60}}{{$l = list $l $l}}{{end}}{{toJson $l}}`},
		{"twice the text each time", `{{$x := "x"}}{{range until 60}}{{$x = print $x $x}}{{end}}`},
		{"multipaths", `{{gjson "[@this,@this]|[@this,@this]|[@this,@this]|[@this,@this]|[@this,@this]|[@this,@this]|[@this,@this]|[@this,@this]"}}`},
		{"escapes of escapes", `{{gjson "q|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr"}}`},
		{"a long path", `{{gjson (repeat 5000 "#(")}}`},
		{"a costly path again and again", `{{range until 100000}}{{gjson "l.#(==2)"}}{{end}}`},
		{"conditions on a variable", `{{$x := .l}}{{range until 300000}}{{if $x}}{{end}}{{end}}`},
		{"loops over a variable", `{{$x := .l}}{{range until 300000}}{{range $x}}{{break}}{{end}}{{end}}`},
		{"many paths in a long document", strings.Repeat("{{.zz}}", 20_000)},
		{"split into bytes", `{{splitList "" .s}}`},
		{"split into a dictionary", `{{split "" (repeat 8 .s)}}`},
		{"find every place", `{{regexFindAll "" (repeat 4 .s) -1}}`},
		{"compare everything with everything", `{{uniq .l}}`},
		{"compare everything with much", `{{without .l (repeat 100 "x") .l .l}}{{uniq .l}}`},
		{"draw without end", `{{range until 10000}}{{$x := randAlpha 10000}}{{end}}`},
		{"shuffle much", `{{shuffle (repeat 4 .s)}}`},
		{"wide columns", `{{printf "` + strings.Repeat("%9999d", 10_000) + `" 1}}`},
		{"our own functions", `{{__leave}}`},
		{"our own functions as arguments", `{{print __leave}}`},
		{"our own lookup", `{{__get . "l|@pretty"}}`},
		{"our own functions behind a pipe", `{{. | __items}}`},
		{"fail with data", `{{fail .s}}`},
		{"an index that is data", `{{index (list 1) .s}}`},
		{"a key that is data", `{{index "abc" .s}}`},
		{"a number that is data", `{{repeat .s "x"}}`},
		{"a date that is data", `{{dateModify "1h" .s}}`},
		{"a pattern that is data", `{{mustRegexMatch (print .s "(") "x"}}`},
		{"JSON that is data", `{{mustFromJson .s}}`},
		{"a pattern with much to repeat", `{{regexMatch (repeat 400 "(?:x?){1000}") .s}}`},
		{"a long pattern", `{{regexMatch (print (repeat 9000 "a?") "$") .s}}`},
		{"patterns again and again", `{{range until 100000}}{{$x := regexMatch "(a|b|c){100}" "x"}}{{end}}`},
		{"zones again and again", `{{range until 100000}}{{$x := dateInZone "2006" now (print "Europe/x" .)}}{{end}}`},
		{"trim much of much", `{{trimAll .s (repeat 2 .s)}}`},
		{"a deep dictionary from the top", `{{$top := dict}}{{$at := $top}}{{range until 30000}}{{$n := dict}}{{$_ := set $at "a" $n}}{{$at = $n}}{{end}}{{toJson $top}}`},
		{"a deep dictionary to copy", `{{$top := dict}}{{$at := $top}}{{range until 30000}}{{$n := dict}}{{$_ := set $at "a" $n}}{{$at = $n}}{{end}}{{$x := deepCopy $top}}`},
		{"a large number", `{{range .big}}{{end}}`},
		{"a number that is too large", `{{range 99999999999}}{{end}}`},
		{"characters of a text again and again", `{{range .s}}{{range $.s}}{{end}}{{end}}`},
		{"a truth value to go over", `{{range true}}{{end}}`},
		{"much JSON", `{{fromJson (print "[" (repeat 4000000 "[],") "1]")}}`},
		{"a separator that is long", `{{join (repeat 10000 .) .l}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := render(t, c.text, long)
			if err == nil {
				t.Fatalf("no error, %d bytes: %.60q", len(out), out)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds data: %.200s", err)
			}
		})
	}
}

func TestDeepBlocks(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("{{ if .a}}", 50_000) + strings.Repeat("{{end}}", 50_000),
		strings.Repeat("{{if .a}}{{/*{{end}}*/}}", 20_000) + strings.Repeat("{{end}}", 20_000),
		strings.Repeat("{{if print `{{end}}` \"{{end}}\" }}", 20_000) + strings.Repeat("{{end}}", 20_000),
		"{{print " + strings.Repeat("(print \")\" ", 600) + strings.Repeat(")", 600) + "}}",
		"{{if .a}}" + strings.Repeat("{{else if .b}}", 30_000) + "{{end}}",
		"{{with .a}}" + strings.Repeat("{{- else  with .b}}", 30_000) + "{{end}}",
		strings.Repeat(`{{- range .a}}`, 600) + strings.Repeat("{{end}}", 600),
		"{{" + strings.Repeat("(", 600) + "1" + strings.Repeat(")", 600) + "}}",
	} {
		if _, err := Parse("t", text); err == nil || !strings.Contains(err.Error(), "levels deep") {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	many := strings.Repeat("{{if .a}}{{end}}{{if .b}}x{{else if .c}}{{end}}", 2000) + strings.Repeat(`{{print (print (1))}}`, 1000)
	if out, err := render(t, many, `{"b":1}`); err != nil || len(out) != 3000 {
		t.Errorf("many blocks side by side: %d bytes, %v", len(out), err)
	}
}

// TestDeepText has texts that are deep data when something unwraps them.
func TestDeepText(t *testing.T) {
	for _, inner := range []string{strings.Repeat("[", 2<<20), strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), strings.Repeat(`[\"]\",`, 300_000), strings.Repeat(`\u005b`, 1<<20)} {
		data := `{"s":"` + inner + `","l":[{"s":"` + inner + `"}]}`
		for _, text := range []string{"{{gjson `s|@fromstr|@pretty`}}", "{{gjson `s.@fromstr` | join ``}}", "{{range gjson `s.@fromstr`}}{{.}}{{end}}", "{{gjson `l.#.s.@fromstr`}}",
			"{{gjson `{\"a\":s.@fromstr.@pretty}`}}", "{{fromJson .s | toJson}}x", "{{if eq .s 5}}{{end}}{{gjson `s.@fromstr.0.0`}}", "{{gjson `s.@fromstr.@fromstr.0`}}",
			"{{gjson (print `s|@fromstr|` (repeat 100 `@this|@fromstr|`) `@ugly`)}}"} {
			out, err := render(t, text, data)
			if err == nil && out != "" && out != "nullx" && out != "x" || len(out) > 100 {
				t.Errorf("%s over %.20q: %d bytes, %v", text, inner, len(out), err)
			}
		}
	}
	for text, want := range map[string]string{
		"{{gjson `s.@fromstr.a.1`}} {{gjson `s|@fromstr|a|#`}}":                   "2 2",
		"{{gjson `l.#.s.@fromstr.a`}} {{gjson `{\"x\":s.@fromstr.b}`}}":           `[[1,2]] {"x":{"c":"d"}}`,
		"{{range gjson `s.@fromstr.a`}}{{.}}{{end}} {{(gjson `s.@fromstr`).b.c}}": "12 d",
		"{{eq .n 42}} {{gjson `n.@fromstr`}} {{gjson `t.@fromstr.@fromstr`}}":     "true 42 7",
	} {
		data := `{"s":"{\"a\":[1,2],\"b\":{\"c\":\"d\"}}","l":[{"s":"{\"a\":[1,2]}"}],"n":"42","t":"\"7\""}`
		if got, err := render(t, text, data); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestDeepRecursion has as many levels of blocks in as many levels of templates as
// are allowed.
func TestDeepRecursion(t *testing.T) {
	text := `{{define "r"}}` + strings.Repeat("{{with $}}", maxNesting-2) + `{{template "r" .}}` + strings.Repeat("{{end}}", maxNesting-2) + `{{end}}{{template "r" .}}`
	if _, err := render(t, text, `{"a":1}`); err == nil || !strings.Contains(err.Error(), "too deeply") {
		t.Error(err)
	}
}

// TestDeepData renders over data that is nested so deeply that reading it by
// recursion would end the process.
func TestDeepData(t *testing.T) {
	for _, data := range [][]byte{
		bytes.Repeat([]byte("["), 8<<20),
		bytes.Repeat([]byte(`{"a":`), 1<<20),
		[]byte(strings.Repeat("[", 2000) + strings.Repeat("]", 2000)),
	} {
		for _, text := range []string{`{{.a}}`, `{{range .}}{{.}}{{end}}`, `{{toPrettyJson .}}`} {
			parsed, err := Parse("t", text)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := parsed.Render(data, env()); err != nil || strings.Contains(out, "[") {
				t.Errorf("%s: %.40q %v", text, out, err)
			}
		}
	}
	deepest := strings.Repeat("[", maxLevels) + strings.Repeat("]", maxLevels)
	if out, err := render(t, `{{.}}{{join "" .}}`, deepest); err != nil || !strings.HasPrefix(out, deepest) {
		t.Errorf("%d levels: %.40q %v", maxLevels, out, err)
	}
	brackets := `{"a":"` + strings.Repeat(`[\"`, 2000) + `"}`
	if out, err := render(t, `{{len .a}}`, brackets); err != nil || out != "4000" {
		t.Errorf("brackets in text: %q %v", out, err)
	}
}

func TestMalformedData(t *testing.T) {
	for _, data := range []string{"", "x", `{"a":`, `{"a":1}}`, "\x00", "\xff\xfe", `{"a":"` + "\xff" + `"}`, "null", "[]", "7", `"text"`} {
		for _, text := range []string{`[{{.a.b}}]`, `[{{range $k, $v := .a}}{{$v}}{{end}}]`, `[{{index . "a" "b"}}]`, `[{{gjson "a.b"}}]`} {
			if strings.Contains(text, "range") && strings.Contains(data, "\xff\"") {
				continue // a text, and it has characters
			}
			if out, err := render(t, text, data); err != nil || out != "[]" {
				t.Errorf("%s over %q: %q %v", text, data, out, err)
			}
		}
	}
}

func TestDictionaries(t *testing.T) {
	for text, want := range map[string]string{
		`{{$d := dict "b" 2 "a" 1}}{{keys $d}}{{values $d}}{{keys $d | join ","}}`:                                   `["a","b"][1,2]a,b`,
		`{{$d := dict "a" 1}}{{$_ := set $d "b" (list 1 2)}}{{toJson $d}}`:                                           `{"a":1,"b":[1,2]}`,
		`{{$a := dict "x" 1}}{{$b := dict "x" 2 "y" 3}}{{toJson (merge $a $b)}}{{toJson (mergeOverwrite $a $b)}}`:    `{"x":1,"y":3}{"x":2,"y":3}`,
		`{{$a := dict "n" (dict)}}{{$b := dict "n" (dict "z" $a)}}{{toJson (mustMerge $a $b)}}`:                      `{"n":{"z":{"n":{}}}}`,
		`{{$i := dict}}{{$d := dict "n" $i}}{{$_ := set $i "k" "v"}}{{toJson $d}}`:                                   `{"n":{"k":"v"}}`,
		`{{range $k, $v := dict "b" 2 "a" 1}}{{$k}}{{$v}}{{end}}`:                                                    `a1b2`,
		`{{keys .o | join ","}}{{hasKey .o "q"}}{{pick .o "q" | toJson}}{{omit .o "q" | toJson}}`:                    `p,q` + `true{"q":2}{"p":1}`,
		`{{$d := dict "a" (dict "b" "c")}}{{dig "a" "b" "none" $d}}{{dig "a" "x" "none" $d}}{{get $d "a" | toJson}}`: `cnone{"b":"c"}`,
	} {
		if got, err := render(t, text, `{"o":{"q":2,"p":1}}`); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		`{{toDate "2006-01-02" "2026-02-03" | date "2006-01-02T15:04:05Z07:00"}}`: "2026-02-03T00:00:00Z",
		`{{mustToDate "2006-01-02" "2026-02-03" | unixEpoch}}`:                    "1770076800",
		`{{toDate "2006-01-02" "no date" | date "2006"}}`:                         "0001",
		`{{durationRound "2h10m5s"}} {{durationRound "400ms"}}`:                   "2h 0s",
		`{{durationRound "3000h"}} {{durationRound "-20000h"}}`:                   "4mo 2y",
		`{{durationRound "100h"}} {{durationRound "90s"}} {{durationRound "9s"}}`: "4d 1m 9s",
		`{{durationRound (toDate "2006-01-02" "2026-01-01")}}`:                    "1d",
		`{{ago (toDate "2006-01-02" "2026-01-02")}}`:                              "3h4m5s",
		`{{dateInZone "15:04" .t "Nowhere/Land"}}`:                                "00:02",
		`{{htmlDate .t}} {{htmlDateInZone .t "UTC"}} {{date "2006" "x"}}`:         "1970-01-01 1970-01-01 2026",
		`{{now | dateModify "24h" | date "2006-01-02"}}`:                          "2026-01-03",
	} {
		if got, err := render(t, text, `{"t":120}`); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestFunctionsOfOurOwn(t *testing.T) {
	for text, want := range map[string]string{
		`{{index .l 0}}{{index .o "a.b"}}{{index .o "*"}}{{index .o "no"}}{{index (list 1 2) 1}}{{index (dict "a" 3) "a"}}`: "102" + "3",
		`{{slice "abc" 1}}{{slice .s 1 2}}{{slice (list 1 2 3) 2}}`:                                                         "bce[3]",
		`{{len ""}}{{len (list 1)}}{{len (dict)}}{{len .n}}{{len 12}}`:                                                      "01000",
		`{{println .s}}{{html "<"}}{{js "'"}}{{urlquery "a b" "&"}}`:                                                        "def\n&lt;\\'a+b%26",
		`{{print .l .o}}`: `[1] {"a.b":"0","*":"","c":2}`,
		`{{eq .c 2.0}} {{eq "2" .c}} {{lt "a" "b"}} {{gt 2 .c}} [{{index .l 5}}]`: "true true true false []",
		`{{printf "%05d|%x|%t|%v|%e|%q|%10s|%.2f" .c .c .c .c .c .s .s .c}}`:      `00002|2|true|2|2.000000e+00|"def"|       def|2.00`,
		`{{printf "%d" .big}}`: "123456789012345678901234567890",
	} {
		if got, err := render(t, text, `{"l":[1],"o":{"a.b":"0","*":"","c":2},"s":"def","c":2,"big":123456789012345678901234567890}`); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`{{len}}`, `{{index 5 1}}`, `{{slice "abc" 4}}`, `{{slice "abc" 2 1}}`, `{{slice 5}}`,
		`{{slice "abc" 0 1 2}}`, `{{eq 1}}`, `{{lt 1}}`, `{{toJson 1 2}}`, `{{upper}}`, `{{upper "a" "b"}}`, `{{repeat "x" "y"}}`, `{{gjson "a" 5}}`,
		`{{keys 5}}`, `{{div 1 0}}`, `{{date "2006"}}`, `{{dateModify "1h" 5}}`, `{{printf "%*d" 5 5}}`} {
		if out, err := render(t, text, `{"l":[1]}`); err == nil {
			t.Errorf("%s: no error, %q", text, out)
		} else if e, ok := err.(*Error); !ok || e.Message == "" {
			t.Errorf("%s: %#v", text, err)
		}
	}
}

// TestArgsHaveOneOrder: definitions do not change places from one run to the next.
func TestArgsHaveOneOrder(t *testing.T) {
	text := `{{define "b"}}{{.args.x}}{{$.args.y}}{{end}}{{define "a"}}{{urlquery $.args.z}}{{end}}{{define "c"}}{{.args.w}}{{end}}`
	var first []ArgUse
	for range 20 {
		parsed, err := Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = parsed.Args()
		}
		if !slices.Equal(first, parsed.Args()) || len(first) != 4 {
			t.Fatal(first, parsed.Args())
		}
	}
}
