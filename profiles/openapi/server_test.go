package openapi

import (
	"strconv"
	"strings"
	"testing"
)

// TestServers holds which address servers of real documents stand for, and that a
// warning names the line to write where none can be used.
func TestServers(t *testing.T) {
	const from = "https://docs.example.com/spec/openapi.json"
	for _, c := range []struct {
		document, location string
		want, warning      string
	}{
		// Swagger 2.0.
		{`{"host":"https://api.example.com","basePath":"/api"}`, "", "https://api.example.com/api", "has a scheme"},
		{`{"host":"http://api.example.com","basePath":"/api","schemes":["https"]}`, "", "https://api.example.com/api", "has a scheme"},
		{`{"host":"http://api.example.com/"}`, "", "http://api.example.com", "has a scheme"},
		{`{"host":"HTTPS://api.example.com:8443/v1/","basePath":"v2"}`, "", "https://api.example.com:8443/v1/v2", "has a scheme"},
		{`{"host":"//api.example.com/v1","basePath":"/v1"}`, "", "https://api.example.com/v1", "has a scheme"},
		{`{"host":"api.example.com/v1","basePath":"//v2//x/"}`, "", "https://api.example.com/v1/v2/x", ""},
		{`{"host":" api.example.com ","schemes":["HTTPS://"]}`, "", "https://api.example.com", ""},
		{`{"host":"localhost:8080"}`, "", "http://localhost:8080", ""},
		{`{"host":"api.example.com","schemes":["wss"]}`, "", "", "--base-url https://HOST"},
		{`{"host":"{tenant}.example.com"}`, "", "", "--base-url https://{tenant}.example.com"},
		{`{"host":"<your-domain>","basePath":"/v1"}`, "", "", "--base-url https://<your-domain>/v1"},
		{`{"host":"api.example.com","basePath":"/{version}"}`, "", "", "placeholder"},
		{`{"basePath":"/v1"}`, "", "", "--base-url"},
		{`{"basePath":"v1"}`, from, "https://docs.example.com/spec/v1", ""},
		// OpenAPI 3.
		{`{"servers":[{"url":"api.example.com/v1"}]}`, "", "https://api.example.com/v1", "has no scheme"},
		{`{"servers":[{"url":"api.example.com/v1"}]}`, from, "https://api.example.com/v1", "has no scheme"},
		{`{"servers":[{"url":"api.example.com:8443"}]}`, "", "https://api.example.com:8443", "has no scheme"},
		{`{"servers":[{"url":"localhost:3000/api"}]}`, "", "http://localhost:3000/api", "is on this machine"},
		{`{"servers":[{"url":"//api.example.com/v1/"}]}`, "", "https://api.example.com/v1", ""},
		{`{"servers":[{"url":"//api.example.com/v1/"}]}`, from, "https://api.example.com/v1", ""},
		{`{"servers":[{"url":"  HTTPS://API.example.com/v1//x/ "}]}`, "", "https://api.example.com/v1/x", ""},
		{`{"servers":["https://api.example.com"]}`, "", "https://api.example.com", ""},
		{`{"servers":[{"url":"https://<your-domain>/api"}]}`, "", "", "--base-url https://<your-domain>/api"},
		{`{"servers":[{"url":"https://api.example.com/<tenant>"}]}`, "", "", "--base-url https://api.example.com/<tenant>"},
		{`{"servers":[{"url":"https://YOUR_DOMAIN/v1"}]}`, "", "", "--base-url https://YOUR_DOMAIN/v1"},
		{`{"servers":[{"url":"https://your-tenant.example.com"}]}`, "", "", "--base-url https://your-tenant.example.com"},
		{`{"servers":[{"url":"https://yourdomain.example"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https://[host]/v1"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https://HOST:PORT/v1"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https://host:<port>"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https://{tenant}.example.com/v1"}]}`, "", "", "--base-url https://{tenant}.example.com/v1"},
		{`{"servers":[{"url":"https://${tenant}.example.com","variables":{"tenant":{"default":"acme"}}}]}`, "", "https://acme.example.com", "stands for its default"},
		{`{"servers":[{"url":"https://{Tenant}.example.com","variables":{"tenant":{"enum":["a","b"]}}}]}`, "", "https://a.example.com", "stands for its default"},
		{`{"servers":[{"url":"https://{host}/v1","variables":{"host":{"default":"https://api.example.com"}}}]}`, "", "https://api.example.com/v1", ""},
		{`{"servers":[{"url":"{scheme}://{host}","variables":{"scheme":{"default":"https"},"host":{"default":"api.example.com"}}}]}`, "", "https://api.example.com", ""},
		{`{"servers":[{"url":"https://{sub}.example.com","variables":{"sub":{"default":""}}}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https://user:pass@api.example.com"}]}`, "", "", "--base-url https://api.example.com"},
		{`{"servers":[{"url":"https://api.example.com/v1?key=1"}]}`, "", "https://api.example.com/v1", "query"},
		{`{"servers":[{"url":"wss://api.example.com"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https:/api.example.com"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https://"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":"https://api..example.com"}]}`, "", "", "--base-url"},
		{`{"servers":[{"url":""}]}`, "", "", "--base-url"},
		{`{"servers":[]}`, "", "", "--base-url"},
		{`{"servers":[]}`, from, "https://docs.example.com", ""},
		{`{"servers":[{"url":"/v1"}]}`, "", "", "--base-url https://HOST/v1"},
		{`{"servers":[{"url":"v1/"}]}`, from, "https://docs.example.com/spec/v1", ""},
		{`{"servers":[{"url":"./api.php"}]}`, from, "https://docs.example.com/spec/api.php", ""},
		{`{"servers":[{"url":"http://localhost:8080"},{"url":"https://a.example.com"},{"url":"https://b.example.com"}]}`, "", "https://a.example.com", "--base-url http://localhost:8080"},
		{`{"servers":[{"url":"https://localhost"},{"url":"https://api.example.com"}]}`, "", "https://api.example.com", "is used"},
		{`{"servers":[{"url":"https://[2001:db8::1]:8443/x"}]}`, "", "https://[2001:db8::1]:8443/x", ""},
		{`{"servers":[{"url":"https://my-api.example.com"},{"url":"https://yourls.org"}]}`, "", "https://my-api.example.com", "is used"},
	} {
		head := `{"openapi":"3.0.3","info":{},"paths":{"/x":{"get":{}}},`
		if !strings.Contains(c.document, `"servers"`) {
			head = `{"swagger":"2.0","info":{},"paths":{"/x":{"get":{}}},`
		}
		d := read(t, Source{Name: "d.json", Data: []byte(head + c.document[1:])}, Options{Location: c.location})
		if d.Server != c.want || d.Operations[0].URL != c.want+"/x" {
			t.Errorf("%s: %q and %q, want %q (%v)", c.document, d.Server, d.Operations[0].URL, c.want, d.Warnings)
		}
		if told := warnings(d); c.warning != "" && !strings.Contains(told, c.warning) || c.warning == "" && c.want != "" && strings.Contains(told, "not used") {
			t.Errorf("%s: the warnings %q, want %q", c.document, told, c.warning)
		}
	}
}

func warnings(d *Document) string {
	var b strings.Builder
	for _, w := range d.Warnings {
		b.WriteString(strconv.Quote(w.At) + " " + w.Message + "\n")
	}
	return b.String()
}
