package result

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/itchyny/gojq"
)

// unweighed is what gojq alone makes of an expression.
func unweighed(t *testing.T, expression string, document []byte) (string, error) {
	t.Helper()
	query, err := gojq.Parse(expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return "", err
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	w := &writer{limit: 1 << 20}
	for outputs := code.Run(v); ; {
		v, ok := outputs.Next()
		if !ok {
			return w.String(), nil
		}
		if err, ok := v.(error); ok {
			return "", err
		}
		if w.Len() > 0 {
			w.WriteByte('\n')
		}
		w.value(v)
	}
}

// TestWeighingChangesNothing: an expression that asks for nothing bad means what it
// means without the weighing, in every place where there is some.
func TestWeighingChangesNothing(t *testing.T) {
	document := []byte(`{"items":[{"id":3,"name":"c d","tags":["x","y"],"n":9007199254740993},{"id":1,"name":"a","tags":[],"n":1.50},{"id":2,"name":"b","tags":["x"],"n":-2}],"total":3,"s":"2026-07-28T10:00:00Z"}`)
	for _, expression := range []string{
		".", ".items[] | {id, name}", ".items | sort_by(.id) | map(.name) | join(\", \")", ".items | group_by(.tags | length) | map(length)",
		".items | min_by(.id), max_by(.id)", "[.items[].n] | add", ".items | map(.id) | sort | reverse", "[.items[] | select(.name == \"a\" or .id >= 3)]",
		".items[0].tags | contains([\"x\"])", ".items | map(.id * 2 + 1 - 3)", "{a: 1} * {b: {c: 2}}", ".items[0].name / \" \"", "[1,2,3] - [2]", "7 / 2, 7 % 2",
		"(1,2) * (3,4)", "(1,2) + (10,20)", "[(1,2) < (2,1)]", `"\(.total) of \(.items | length)"`, `@base64 "x\(.total)"`, ".s | @uri, @base64, @json, @text", "[.items[].id] | @csv, @sh",
		".items | tojson | fromjson | length", ".items[] |= empty?", "del(.items[] | select(.id > 1)) | .items | length", "del(.items[0], .total)", "delpaths([[\"items\"]])",
		"path(.items[0].name)", "[paths] | length", "[paths(type == \"number\")] | length", "to_entries | map(.key)", "with_entries(select(.key == \"total\"))",
		"[{key: \"a\", value: 1}] | from_entries", ".items | INDEX(.id) | keys", "2 | IN(1, 2)", "any(.items[]; .id == 1), all(.items[]; .id > 5)", ".items | any(.id == 1)",
		".s | test(\"^2026\"), [match(\"[0-9]+\"; \"g\").string], sub(\"T.*\"; \"\"), gsub(\"[0-9]\"; \"#\"), [scan(\"[0-9]{2}\")], capture(\"(?<y>[0-9]+)\")",
		".s | split(\"-\"), split(\"[-T]\"; null), [splits(\"-\")]", ".s | fromdate | todate", ".s | explode | implode", ".s | ascii_downcase, ascii_upcase, ltrimstr(\"2026\"), startswith(\"2\")",
		".items | index({}), (map(.id) | index(1), indices(2))", ".s | index(\"-\"), rindex(\"-\")", "[1,[2,[3]]] | flatten, flatten(1)", "[[1,2],[3]] | transpose", ".items | unique_by(.tags) | length",
		"reduce .items[] as $i (0; . + $i.id)", "[foreach .items[] as $i (0; . + $i.id)]", "first(.items[] | select(.id == 2)).name", "[limit(2; .items[])] | length", "def f(x): x + 1; f(.total)",
		"def split: \"mine\"; split", ". as {items: [$first]} | $first.id", "if .total == 3 then \"three\" else \"other\" end", "try error(\"x\") catch .", ".items[0].tags as [$a, $b] | $a + $b", ".[\"total\"], .items[1:][0].id, .items[-1].id",
		"path(.[\"items\"][0])", "[.. | numbers] | length", "\"5\" | tonumber", ".total | tostring | tojson", "[1,2,2] | unique, bsearch(2)", "-(.total), -.total", ".a.b.c?", ".items[0] | keys_unsorted | length", "getpath([\"items\", 0, \"id\"])",
		"[.items[] | .tags | inside([\"x\", \"y\"])]", "input_line_number", "splits(\"a\")?", "[.[]?]", "ascii?", "@html \"<\\(.s)>\"", "label $out | .items[] | if .id == 1 then ., break $out else . end | .id", "$__loc__", "limit(3; repeat(1))",
		"[.items[].name | length]", "walk(if type == \"number\" then . + 1 else . end) | .total", "env | length", ".items | map(has(\"id\")) | all", "[splits(\"x\")]?", "tojson | length", "getpath([\"no\"]) // \"none\"", "\"abc\" | .[1:2]", "[range(5)] | .[2:4], .[[1,2]]",
	} {
		want, wantErr := unweighed(t, expression, document)
		got, err := Select(context.Background(), expression, document, 1<<20)
		if string(got) != want || (err == nil) != (wantErr == nil) {
			refused := err != nil && strings.Contains(err.Error(), "select only reads")
			if !refused {
				t.Errorf("%s = %s, %v; gojq alone has %s, %v", expression, got, err, want, wantErr)
			}
		}
	}
}

// TestSelectIsBounded: what would take all memory, or for ever, in one step is
// refused before that step.
func TestSelectIsBounded(t *testing.T) {
	const bomb = "reduce range(60) as $i (1; [., .]) | "
	for _, expression := range []string{`"x" * 500000000`, `500000000 * "x"`, `[range(20) | "x" * 50000000]`, `reduce range(64) as $i ("x"; . + .)`, `reduce range(64) as $i ("x"; "\(.)\(.)")`,
		`reduce range(64) as $i (99999999999999999999; . * .)`, `[range(11000)] - [range(11000)]`, `[range(11000) | 0] as $z | $z | .[$z]`, `[range(11000) | 0] as $z | $z | indices($z)`,
		`[range(11000)] as $z | $z | contains($z)`, `[range(15000) | tostring] | join("x") | [match(""; "g")]`, `"1e999999999999" * 2`, strings.Repeat(" ", maxExpression) + ".",
		bomb + ".", bomb + "tojson", bomb + ". == .", bomb + ". < .", bomb + "[., .] | sort", bomb + "[.] | unique_by(.)", bomb + ". as $b | [1] | group_by($b)", bomb + "@base64", bomb + "@csv", bomb + "flatten",
		bomb + `"\(.)"`, bomb + ". as $b | [1] | INDEX($b)", bomb + "IN(.)", bomb + "error(.)", bomb + "[{key: ., value: 1}] | from_entries", bomb + "contains(.)", bomb + ".[.]", bomb + "del(.[0])",
		bomb + "delpaths([[0]])", bomb + "join(.)", bomb + "add", bomb + "tostring", bomb + "transpose", bomb + "bsearch(1)", bomb + "{a: .} | tojson", bomb + "[.] | min", bomb + "[limit(1; .)] | tojson"} {
		// What ends it is the work that it asks for, however busy the machine is.
		got, err := selectWithin(context.Background(), time.Hour, expression, []byte(`[1,2]`), 1<<20)
		var e *SelectError
		if !errors.As(err, &e) || got != nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%.90s: %d bytes, %v", expression, len(got), err)
		}
	}
}

// TestSelectHeap: memory that grows step by step ends an expression, too.
func TestSelectHeap(t *testing.T) {
	w := watch(context.Background())
	if w.Err() != nil {
		t.Error(w.Err())
	}
	w.most = 1
	var ended bool
	for range 2 * look {
		select {
		case <-w.Done():
			ended = true
		default:
		}
	}
	if !ended || !errors.Is(w.Err(), errTooMuch) {
		t.Errorf("%v, %v", ended, w.Err())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if w = watch(ctx); w.Err() == nil {
		t.Error("its own context does not count")
	}
}

func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		v    any
		want int
	}{{nil, 1}, {"abc", 4}, {json.Number("1.50"), 5}, {[]any{1, "ab"}, 5}, {map[string]any{"k": []any{}}, 3}, {true, 1}} {
		if got := 100 - weigh(c.v, 100); got != c.want {
			t.Errorf("%v weighs %d, want %d", c.v, got, c.want)
		}
	}
}
