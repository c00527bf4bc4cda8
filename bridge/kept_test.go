package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// items answers with a JSON list that no client takes at once.
func items(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"total":3000,"items":[`)
	for i := range 3000 {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprintf(w, `{"id":%d,"name":"the name of item %d","token":"%s"}`, 9007199254740993+i, i, canary)
	}
	fmt.Fprint(w, `]}`)
}

const described = "[openapi]\nsource = \"openapi.yaml\"\n"

// TestReadResult: the rest of a result that was cut is read on, and picked from.
func TestReadResult(t *testing.T) {
	s := server(t, items)
	r := newRig(t, s.URL, bearer+described+toolTOML("a")+"security = { id = \"key\" }\n")
	out := r.calls(context.Background(), Call{Tool: "a"})
	text := out.Content[0].Text
	at, ok := out.Meta[MetaKept].(map[string]any)
	if !ok || len([]rune(text)) > 100_000 || out.Structured != nil || !strings.Contains(text, "the whole is an object of items (an array of 3000), total]") {
		t.Fatalf("%v …%s", out.Meta, text[len(text)-400:])
	}
	id, next := at["id"].(string), at["next"].(int)
	if !strings.Contains(text, fmt.Sprintf(`read_result {"id":"%s","offset":%d}`, id, next)) || text[next-1] != ',' {
		t.Errorf("cut at %d: …%s", next, text[next-40:])
	}
	whole := text[:next]
	for whole[len(whole)-2:] != "]}" {
		part := r.get(ReadResult, fmt.Sprintf(`{"id":%q,"offset":%d}`, id, len(whole))).Content[0].Text
		cut := strings.LastIndex(part, "\n[characters ")
		whole += part[:cut]
	}
	if !json.Valid([]byte(whole)) || !strings.Contains(whole, "9007199254743992") || strings.Contains(whole, canary) {
		t.Errorf("%d characters, ending %s", len(whole), whole[len(whole)-100:])
	}
	picked := r.get(ReadResult, fmt.Sprintf(`{"id":%q,"select":".items[2999].id"}`, id))
	if picked.IsError || picked.Content[0].Text != "9007199254743992" {
		t.Errorf("%+v", picked)
	}
	// What select gives may be cut, too, and is kept as well.
	again := r.get(ReadResult, fmt.Sprintf(`{"id":%q,"select":".items"}`, id))
	other, ok := again.Meta[MetaKept].(map[string]any)
	if !ok || other["id"] == id {
		t.Fatalf("%+v", again.Meta)
	}
	if got := r.get(ReadResult, fmt.Sprintf(`{"id":%q,"select":"length","offset":null}`, other["id"])); got.Content[0].Text != "3000" {
		t.Errorf("%+v", got)
	}
	for arguments, says := range map[string]string{
		`{"id":"nothing"}`:                    "no result is kept",
		`{}`:                                  "requires an id",
		``:                                    "requires an id",
		`{"id":5}`:                            "wrong type",
		`{"id":"x","offset":"y"}`:             "wrong type",
		`{"id":"x","limit":1}`:                "no argument",
		`{"id":"` + id + `","offset":-1}`:     "offset is -1",
		`{"id":"` + id + `","offset":"9e9"}`:  "wrong type",
		`{"id":"` + id + `","select":".["}`:   "select",
		`{"id":"` + id + `","offset":999999}`: "offset is 999999",
	} {
		r.fails(ReadResult, arguments, result.InvalidArguments, says)
	}
	if got := r.get(ReadResult, fmt.Sprintf(`{"id":%q,"offset":"%d"}`, id, next)); got.IsError { // as models write it
		t.Errorf("%+v", got)
	}
	// A client that takes less gets less; the profile's own limit wins.
	if out = r.calls(context.Background(), Call{Tool: "a", Client: "claude-code"}); len([]rune(out.Content[0].Text)) > 50_000 {
		t.Error(len(out.Content[0].Text))
	}
	r = newRig(t, s.URL, bearer+described+"[exposure]\nmaxResultChars = 2000\n"+toolTOML("a"))
	if out = r.calls(context.Background(), Call{Tool: "a", Client: "claude-code"}); len([]rune(out.Content[0].Text)) > 2000 || out.Meta[MetaKept] == nil {
		t.Error(len(out.Content[0].Text))
	}
	// Who calls once is not told to read on.
	if out = r.calls(context.Background(), Call{Tool: "a", Once: true}); out.Meta[MetaKept] != nil || !strings.HasSuffix(out.Content[0].Text, "in the profile]") {
		t.Errorf("%+v", out)
	}
	// select of the call itself takes the place of the cut.
	if out = r.calls(context.Background(), Call{Tool: "a", Select: ".total"}); out.Content[0].Text != "3000" {
		t.Errorf("%+v", out)
	}
}

// TestReadResultIsNotEverywhere: a profile written by hand has the tools that it names.
func TestReadResultIsNotEverywhere(t *testing.T) {
	s := server(t, items)
	r := newRig(t, s.URL, bearer+toolTOML("a"))
	out := r.get("a", "{}")
	if out.Meta[MetaKept] != nil || strings.Contains(all(out), "read_result") || !strings.HasSuffix(out.Content[0].Text, "characters are shown]") {
		t.Errorf("%v", out.Meta)
	}
	r.fails(ReadResult, `{"id":"x"}`, result.InvalidArguments, "no tool")
}

// TestKeptIsBounded: the oldest goes first, and what is too large is not kept.
func TestKeptIsBounded(t *testing.T) {
	var k kept
	if k.add(strings.Repeat("x", maxKept+1)) != "" || k.size != 0 {
		t.Error("more than the bound is kept")
	}
	var ids []string
	for i := range 100 {
		ids = append(ids, k.add(strings.Repeat("x", 1<<20+i)))
	}
	if k.size > maxKept || len(k.texts) != len(k.order) || len(k.texts) != 31 {
		t.Errorf("%d bytes of %d texts", k.size, len(k.texts))
	}
	if _, ok := k.get(ids[99]); !ok {
		t.Error("the newest is gone")
	}
	if _, ok := k.get(ids[0]); ok {
		t.Error("the oldest is there")
	}
	if id := k.add(strings.Repeat("y", maxKept)); id == "" || len(k.texts) != 1 {
		t.Error("one that is as large as the bound is not kept alone")
	}
}
