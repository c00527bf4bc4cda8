package tool

import "testing"

// TestVariables holds how variables of a hand-written URL template are read.
func TestVariables(t *testing.T) {
	for url, want := range map[string]string{
		"/x/{id:[0-9]{4}}/y":                "/x/{id}/y",
		"/v1/{id=projects/*}:cancel":        "/v1/{id}:cancel slash",
		"/proxy/{id+}":                      "/proxy/{id} slash",
		"/proxy/{+id}":                      "/proxy/{id} slash",
		"/x/{id}":                           "/x/{id}",
		"/x/{{.args.id}}/{id:\\d+}?q={{q}}": "/x/{{.args.id}}/{id}?q={{q}}",
		"/x/{other:[0-9]+}/{id}":            "/x/{other:[0-9]+}/{id}",
	} {
		tool := &Tool{Request: Request{URL: "https://h.example" + url}, Params: []Param{{Name: "id", Wire: "id", In: InPath}}}
		tool.variables()
		got := tool.Request.URL[len("https://h.example"):]
		if tool.Params[0].Reserved {
			got += " slash"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
	one := single(t, "[[tools]]\nname = \"t\"\nrequestTemplate = { url = \"/users/{id:[0-9]+}\", method = \"GET\" }\nargs = [{ name = \"id\", type = \"integer\", position = \"path\" }]\n")
	if one.Request.URL != "https://h.example/base/users/{id}" || one.Path != "/users/{id:[0-9]+}" {
		t.Errorf("%s for %s", one.Request.URL, one.Path)
	}
}
