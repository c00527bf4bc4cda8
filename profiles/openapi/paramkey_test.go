package openapi

import (
	"fmt"
	"strings"
	"testing"
)

// TestParamKeys holds which parameters are credentials, and which only sound like it.
func TestParamKeys(t *testing.T) {
	param := func(in, name string, required bool, more string) string {
		return fmt.Sprintf(`{"in":%q,"name":%q,"required":%v,"schema":{"type":"string"}%s}`, in, name, required, more)
	}
	for _, c := range []struct {
		params, security string
		operations       int
		want             string
	}{
		{param("header", "X-API-Key", true, ""), "", 1, "apiKey:header:X-API-Key 1"},
		{param("header", "X-Auth-Token", true, "") + "," + param("header", "X-User-Id", true, ""), "", 2, "apiKey:header:X-Auth-Token 2, apiKey:header:X-User-Id 2"},
		{param("query", "appid", true, ""), "", 1, "apiKey:query:appid 1"},
		{param("query", "api_key", false, ""), "", 1, "apiKey:query:api_key 1"},
		{param("query", "access_token", true, ""), "", 1, "apiKey:query:access_token 1"},
		{param("query", "key", true, `,"description":"Your API key"`), "", 1, "apiKey:query:key 1"},
		{param("query", "key", true, ""), "", 4, "apiKey:query:key 4"},
		{param("header", "Ocp-Apim-Subscription-Key", true, ""), "", 1, "apiKey:header:Ocp-Apim-Subscription-Key 1"},
		{param("query", "subscription-key", false, ""), "", 1, "apiKey:query:subscription-key 1"},
		{param("cookie", "JSESSIONID", true, `,"description":"authentication"`), "", 1, "apiKey:cookie:JSESSIONID 1"},
		{param("header", "Authorization", true, ""), "", 1, "bearer 1"},
		{param("header", "Authorization", true, `,"description":"Basic auth"`), "", 1, "basic 1"},
		{param("header", "authorization", false, `,"example":"Token 0123"`), "", 1, "apiKey:header:Authorization 1"},
		// What sounds like it and is none.
		{param("path", "key", true, ""), "", 4, ""},
		{param("query", "key", true, ""), "", 1, ""},
		{param("query", "key", false, ""), "", 9, ""},
		{param("query", "page_token", true, ""), "", 4, ""},
		{param("query", "nextToken", true, "") + "," + param("query", "continuation-token", true, ""), "", 4, ""},
		{param("header", "X-CSRF-Token", true, ""), "", 4, ""},
		{param("header", "Idempotency-Key", true, "") + "," + param("header", "X-User-Id", true, ""), "", 4, ""},
		{param("query", "reset_token", true, ""), "", 1, ""},
		{param("query", "app_id", true, ""), "", 2, ""},
		{param("query", "sort_key", true, ""), "", 4, ""},
		// What a scheme of the operation fills, or an operation with a scheme can do without.
		{param("header", "x-api-key", true, ""), `"security":[{"s":[]}],`, 1, ""},
		{param("query", "access_token", false, ""), `"security":[{"s":[]}],`, 1, ""},
		{param("header", "Authorization", true, ""), `"security":[{"s":[]}],`, 1, ""},
		{param("header", "X-Tenant-Token", true, ""), `"security":[{"s":[]}],`, 1, "apiKey:header:X-Tenant-Token 1"},
	} {
		var paths []string
		for i := range c.operations {
			path := fmt.Sprintf("/%d", i)
			if strings.Contains(c.params, `"path"`) {
				path += "/{key}"
			}
			paths = append(paths, fmt.Sprintf(`%q:{"get":{%s"parameters":[%s]}}`, path, c.security, c.params))
		}
		text := `{"openapi":"3.0.3","info":{},"servers":[{"url":"https://api.example.com"}],"components":{"securitySchemes":{"s":{"type":"apiKey","in":"header","name":"X-API-Key"}}},
"paths":{` + strings.Join(paths, ",") + `}}`
		d := read(t, Source{Name: "d.json", Data: []byte(text)}, Options{})
		var got []string
		for _, k := range d.Keys {
			if k.At == "" {
				t.Errorf("%s has no place", k.Name)
			}
			got = append(got, fmt.Sprint(k.Auth, " ", k.Operations))
		}
		if all := strings.Join(got, ", "); all != c.want {
			t.Errorf("%s: %q, want %q", c.params, all, c.want)
		}
	}
}
