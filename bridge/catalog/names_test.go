package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

func operation(id string, names ...string) string {
	var params []string
	for _, name := range names {
		one, _ := json.Marshal(map[string]any{"name": name, "in": "query", "schema": map[string]any{"type": "string"}})
		params = append(params, string(one))
	}
	return `"get":{"operationId":"` + id + `","parameters":[` + strings.Join(params, ",") + `],"responses":{"200":{"description":"ok"}}}`
}

// TestNamesInOtherScripts: every argument and tool is listed under a readable name with
// its own one beside it, takes a value under either, and keeps its name when others come.
func TestNamesInOtherScripts(t *testing.T) {
	names := []string{"用户名", "名称", "名字", "имя", "😀", "🎉", "filter[name]", "filter(name)", "$select", "id", "ID", "größe"}
	listed := func(names ...string) (map[string]string, []string) {
		text := `{"openapi":"3.0.3","info":{"title":"T","version":"1"},"servers":[{"url":"https://h.example"}],"paths":{"/a":{` +
			operation("获取用户", names...) + `},"/b":{` + operation("удалить", "x") + `},"/c":{` + operation("🎉", "x") + `},"/d":{` + operation("🚀", "x") + `}}}`
		file := filepath.Join(t.TempDir(), "api.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, set := compile(t, file, openapi.Options{})
		var tools []string
		for _, one := range set.Tools() {
			tools = append(tools, one.Name)
		}
		one, ok := set.Tool("huo_qu_yong_hu")
		if !ok || !strings.Contains(one.Description, "获取用户") {
			t.Fatalf("the tools are %v", tools)
		}
		out := map[string]string{}
		root, err := doc.FromJSON(one.InputSchema)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range root.Get("properties").Members {
			own := m.Key
			if title := m.Value.Get("title"); title != nil {
				own = title.Text
			}
			out[own] = m.Key
			for _, name := range []string{own, m.Key} {
				given, _ := json.Marshal(map[string]string{name: "x"})
				if args, err := one.Arguments(given); err != nil || len(args) != 1 {
					t.Errorf("%s: %v, %v", given, args, err)
				}
			}
		}
		if len(out) != len(names) {
			t.Errorf("%d arguments of %d are listed: %v", len(out), len(names), out)
		}
		return out, tools
	}
	before, tools := listed(names...)
	after, _ := listed(append(names, "昵称", "name_filter", "отчество", "🙂")...)
	for _, name := range names {
		if before[name] == "" || !propKey.MatchString(before[name]) || after[name] != before[name] {
			t.Errorf("%s is listed as %q, then as %q", name, before[name], after[name])
		}
	}
	if before["用户名"] != "Yong_Hu_Ming" || before["имя"] != "imia" || before["filter[name]"] != "filter_name" || before["größe"] != "grosse" {
		t.Errorf("%v", before)
	}
	if len(tools) != 4 || !strings.Contains(strings.Join(tools, " "), "udalit") {
		t.Errorf("the tools are %v", tools)
	}
}
