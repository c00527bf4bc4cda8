package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// warehouse is an API with many tools, one of which answers more than fits.
func warehouse(t *testing.T) *person {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"method":%q,"path":%q,"items":[%s1]}`, r.Method, r.URL, strings.Repeat(`{"n":9007199254740993},`, 200))
	}))
	t.Cleanup(s.Close)
	p := newPerson(t)
	var b strings.Builder
	b.WriteString("description = \"A warehouse\"\n[server]\nname = \"warehouse\"\n[exposure]\nmode = \"search\"\nmaxResultChars = 2000\n[policy]\nconfirm = [\"DELETE /**\"]\n")
	for _, thing := range []string{"box", "shelf", "truck", "order", "invoice", "customer", "label", "driver", "route", "price"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			fmt.Fprintf(&b, "[[tools]]\nname = \"%[1]s_%[2]s\"\ndescription = \"%[1]s a %[2]s\"\n[[tools.args]]\nname = \"id\"\nrequired = true\nposition = \"path\"\n"+
				"[tools.requestTemplate]\nurl = \"%[3]s/%[2]s/{id}\"\nmethod = %[4]q\n", strings.ToLower(method), thing, s.URL, method)
		}
	}
	p.write(".mcp-bridge/profiles/warehouse.toml", b.String())
	p.run("", "use", "warehouse")
	return p
}

// TestSearchMode: a model finds, describes and calls tools, and reads on in a result
// that was cut, through the official TypeScript client.
func TestSearchMode(t *testing.T) {
	p := warehouse(t)
	s := p.typescriptAsked(`{"capability":{"form":{}},"answer":{"action":"accept","content":{"confirm":true}}}`)
	if got, want := s.names(), []string{"search_tools", "describe_tool", "call_read_tool", "call_write_tool", "read_result"}; !slices.Equal(got, want) {
		t.Fatal(got)
	}
	found := s.call("search_tools", `{"query":"delete a truck","limit":3}`)
	var hits struct {
		Tools []struct{ Name, Summary, Arguments string }
		Total int
	}
	if err := json.Unmarshal(found.Structured, &hits); err != nil || len(hits.Tools) != 3 || hits.Tools[0].Name != "delete_truck" || hits.Tools[0].Arguments != "id*" {
		t.Fatalf("%+v, %v", found, err)
	}
	if got := s.call("describe_tool", `{"names":["delete_truck"]}`); !strings.Contains(got.text(), `"required":["id"]`) {
		t.Error(got.text())
	}
	if got := s.call("call_read_tool", `{"name":"delete_truck","arguments":{"id":"7"}}`); !got.IsError || !strings.Contains(got.text(), "call_write_tool") {
		t.Errorf("%+v", got)
	}
	if got := s.call("call_read_tool", `{"name":"get_truck","arguments":{}}`); !got.IsError || !strings.Contains(got.text(), "the arguments of get_truck") {
		t.Errorf("%+v", got)
	}
	if got := s.call("call_read_tool", `{"name":"get_truck","arguments":"{\"id\":7}","select":".path"}`); got.text() != `"/truck/7"` {
		t.Errorf("%+v", got)
	}
	cut := s.call("call_read_tool", `{"name":"get_truck","arguments":{"id":"7"}}`)
	var kept struct {
		ID   string
		Next int
	}
	if err := json.Unmarshal(cut.Meta["mcp-bridge/kept"], &kept); err != nil || !strings.Contains(cut.text(), fmt.Sprintf(`read_result {"id":%q,"offset":%d}`, kept.ID, kept.Next)) {
		t.Fatalf("%+v, %v", cut, err)
	}
	if got := s.call("read_result", fmt.Sprintf(`{"id":%q,"select":".items | length"}`, kept.ID)); got.text() != "201" {
		t.Errorf("%+v", got)
	}
	if got := s.call("read_result", fmt.Sprintf(`{"id":%q,"offset":%d}`, kept.ID, kept.Next)); !strings.HasPrefix(got.text(), `{"n":9007199254740993},`) {
		t.Errorf("%+v", got)
	}
	// Policy holds behind the meta tools: the person is asked.
	if _, err := s.in.Write([]byte(`{"method":"call","params":{"name":"call_write_tool","arguments":{"name":"delete_truck","arguments":{"id":"7"}}}}` + "\n")); err != nil {
		t.Fatal(err)
	}
	if asked := string(s.next("asked")); !strings.Contains(asked, "/truck/7") {
		t.Error(asked)
	}
	var got called
	if err := json.Unmarshal(s.next("ok"), &got); err != nil || got.IsError || !strings.Contains(got.text(), `"method":"DELETE"`) {
		t.Errorf("%+v, %v", got, err)
	}
	if out := p.run("", "call", "get_truck", "--arg", "id=7", "--select", ".path"); out != "\"/truck/7\"\n" {
		t.Error(out)
	}
	if out := p.run("", "call", "get_truck", "--arg", "id=7"); !strings.Contains(out, "pick with --select") || strings.Contains(out, "read_result") {
		t.Error(out)
	}
	if out := p.run("", "tools", "--client"); !strings.Contains(out, `"search_tools"`) || strings.Contains(out, "get_truck") {
		t.Error(out)
	}
	if out := p.run("", "tools", "--json"); strings.Count(out, `"operation"`) != 30 {
		t.Error(out)
	}
}
