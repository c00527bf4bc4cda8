package request

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func uploads(kind string, p tool.Param) *tool.Tool {
	p.Name, p.Wire, p.In = "body", "body", tool.InBody
	return &tool.Tool{Name: "up", Imported: true, Params: []tool.Param{p},
		Request: tool.Request{Method: "POST", URL: "https://api.example.com/", Headers: []profiles.Header{{Key: "Content-Type", Value: kind}}}}
}

type hinted struct{ error }

func (hinted) Hint() string { return "do this" }

func TestFiles(t *testing.T) {
	open := func(text string) (File, bool, error) {
		switch {
		case text == "file:///pictures/me.png":
			return File{Name: "me.png", Type: "image/png", Data: []byte("PNG")}, true, nil
		case strings.HasPrefix(text, "file:"):
			return File{}, false, hinted{errors.New("may not be read")}
		}
		return File{}, false, nil
	}
	whole := uploads("application/octet-stream", tool.Param{Binary: true})
	parts := uploads("multipart/form-data", tool.Param{Parts: map[string]tool.Part{"f": {Binary: true}, "g": {Binary: true, Type: "text/csv"}, "d": {Style: "deepObject", Explode: true}}})
	for _, c := range []struct {
		tool       *tool.Tool
		args, want string
	}{
		{whole, `"file:///pictures/me.png"`, "PNG"},
		{whole, `"UE5H"`, "PNG"},
		{whole, `"data:image/png;base64,UE5H"`, "PNG"},
		{whole, `"file:///etc/passwd"`, "argument /body may not be read"},
		{whole, `"/etc/passwd!"`, "argument /body is not base64"},
		{parts, `{"f":"file:///pictures/me.png"}`, "name=\"f\"; filename=\"me.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n"},
		{parts, `{"g":"file:///pictures/me.png"}`, "filename=\"me.png\"\r\nContent-Type: text/csv\r\n"},
		{parts, `{"f":["UE5H","file:///pictures/me.png"]}`, "name=\"f\"; filename=\"f\"\r\nContent-Type: application/octet-stream\r\n\r\nPNG\r\n"},
		{parts, `{"d":{"a":[true,{"b c":"1 + 2"}],"e":{}}}`, "name=\"d[a][0]\"\r\n\r\ntrue\r\n--mcp-bridge-"},
		{parts, `{"d":{"a":[true,{"b c":"1 + 2"}],"e":{}}}`, "name=\"d[a][1][b c]\"\r\n\r\n1 + 2\r\n--mcp-bridge-"},
		{parts, `{"d":{},"x":1}`, "\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--mcp-bridge-"},
		{parts, `{"f":"file:///secret"}`, "argument /f may not be read"},
	} {
		p, err := NewWithFiles(c.tool, tool.Args{"body": []byte(c.args)}, template.Env{}, open)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = string(p.Body)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
	_, err := NewWithFiles(whole, tool.Args{"body": []byte(`"file:///secret"`)}, template.Env{}, open)
	var e *Error
	if !errors.As(err, &e) || e.Hint() != "do this" || e.Kind != InvalidArguments {
		t.Errorf("the error %+v", err)
	}
	if _, err := New(whole, tool.Args{"body": []byte(`"file:///secret"`)}, template.Env{}); err == nil {
		t.Error("a file without any that is allowed")
	}
}
