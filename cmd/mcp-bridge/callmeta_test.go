package main

import (
	"strings"
	"testing"
)

// TestCallTakesWhatClientsAreShown: the tools that tools --client prints can be called
// from the terminal, with the rules of the tools that they name.
func TestCallTakesWhatClientsAreShown(t *testing.T) {
	p := warehouse(t)
	for _, one := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"search_tools", "--arg", "query=delete a truck"}, "delete_truck", 0},
		{[]string{"search_tools", "--arg", "query=invoice", "--arg", "limit:=1"}, "invoice", 0},
		{[]string{"search_tools", "--arg", "query=price", "--json"}, `"structuredContent"`, 0},
		{[]string{"search_tools"}, "query", 1},
		{[]string{"describe_tool", "--arg", "names=get_box"}, `"required":["id"]`, 0},
		{[]string{"describe_tool", "--args", `{"names":["get_box","post_box"]}`}, "post_box", 0},
		{[]string{"call_read_tool", "--arg", "name=get_truck", "--arg", `arguments:={"id":7}`, "--select", ".path"}, `"/truck/7"`, 0},
		{[]string{"call_read_tool", "--args", `{"name":"get_truck","arguments":{"id":7},"select":".method"}`}, `"GET"`, 0},
		{[]string{"call_read_tool", "--arg", "name=delete_truck"}, "call_write_tool", 1},
		{[]string{"call_read_tool", "--arg", "name=get_trck"}, "get_truck", 1},
		{[]string{"call_write_tool", "--arg", "name=post_truck", "--arg", `arguments:={"id":7}`, "--select", ".method"}, `"POST"`, 0},
		{[]string{"call_write_tool", "--arg", "name=delete_truck", "--arg", `arguments:={"id":7}`}, "--yes", 1},
		{[]string{"call_write_tool", "--arg", "name=delete_truck", "--arg", `arguments:={"id":7}`, "--yes", "--select", ".method"}, `"DELETE"`, 0},
		{[]string{"call_write_tool", "--arg", "name=delete_truck", "--arg", `arguments:={"id":7}`, "--dry-run"}, "/truck/7", 0},
		{[]string{"read_result", "--arg", "id=x"}, "--select", 1},
		{[]string{"serch_tools"}, "did you mean search_tools", 1},
	} {
		out, said, code := p.try(nil, append([]string{"call"}, one.args...)...)
		if code != one.code || !strings.Contains(out+said, one.want) {
			t.Errorf("%q: exit code %d, %s%s", one.args, code, out, said)
		}
	}
	p.write(".mcp-bridge/profiles/listed.toml", strings.Replace(p.read(".mcp-bridge/profiles/warehouse.toml"), `mode = "search"`, `mode = "list"`, 1))
	if out, said, code := p.try(nil, "call", "search_tools", "--profile", "listed", "--arg", "query=x"); code != 1 || !strings.Contains(said, "has no tool") {
		t.Errorf("exit code %d, %s%s", code, out, said)
	}
}
