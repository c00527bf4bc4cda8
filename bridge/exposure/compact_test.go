package exposure

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// TestCompactList: a list that costs too much is brief, and describe_tool and the
// answer to a wrong call show the rest.
func TestCompactList(t *testing.T) {
	e := New(compile(t, library+imported+"[exposure]\nmode = \"list\"\nlistTokens = 1\n"), nil)
	whole := New(compile(t, library+imported+"[exposure]\nmode = \"list\"\n"), nil)
	var listed []struct{ Name string }
	if err := json.Unmarshal(e.List(), &listed); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range listed {
		names = append(names, one.Name)
	}
	if want := []string{"delete_book", "find_books", "hidden_one", DescribeTool, ReadResult}; !slices.Equal(names, want) || !e.Compact() || e.Searching() || whole.Compact() {
		t.Errorf("%v, compact %v", names, e.Compact())
	}
	r := e.Call(DescribeTool, json.RawMessage(`{"names":["find_books"]}`), 0, nil)
	one, _ := e.set.Tool("find_books")
	if len(r.Content) != 1 || !strings.Contains(r.Content[0].Text, string(one.InputSchema)) || strings.Contains(r.Content[0].Text, "callWith") {
		t.Errorf("%+v", r)
	}
	wrong := func(string, json.RawMessage, string) *result.Result {
		return result.Errorf(result.InvalidArguments, "", "wrong")
	}
	for e, want := range map[*Exposure]bool{e: true, whole: false} {
		r := e.Call("find_books", nil, 0, wrong)
		if text := r.Content[len(r.Content)-1].Text; strings.Contains(text, string(one.InputSchema)) != want {
			t.Errorf("compact %v: %s", e.Compact(), text)
		}
	}
	right := func(string, json.RawMessage, string) *result.Result { return &result.Result{} }
	if r := e.Call("find_books", nil, 0, right); len(r.Content) != 0 {
		t.Errorf("%+v", r)
	}
}
