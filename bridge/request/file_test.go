package request

import (
	"errors"
	"strconv"
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
		{whole, `"/etc/passwd"`, "argument /body names a local file"},
		{whole, `"C:/Users/ann/report"`, "argument /body names a local file"},
		{whole, `"hello, world."`, "argument /body is neither base64 nor the path of a file"},
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

// TestLocalPath holds which texts are paths, and which are base64.
func TestLocalPath(t *testing.T) {
	for text, want := range map[string]string{
		"/etc/passwd": "/etc/passwd", "/home/ann/Documents/report": "/home/ann/Documents/report", "/tmp": "/tmp", "/Users/ann/My Files/a b.pdf": "/Users/ann/My Files/a b.pdf",
		"/var/lib/docker/overlay2/9j4AAQSkZJRgABAQ": "/var/lib/docker/overlay2/9j4AAQSkZJRgABAQ", "/a-b_c/d": "/a-b_c/d", "//server/share/report": "//server/share/report",
		"~/Documents/report": "~/Documents/report", "~": "~", `~\x`: `~\x`, "./report": "./report", "../report": "../report", `..\x`: `..\x`, "../../etc/passwd": "../../etc/passwd",
		`C:\Users\ann\report`: `C:\Users\ann\report`, "C:/Users/ann/report": "C:/Users/ann/report", "d:/x": "d:/x", `\\server\share\report`: `\\server\share\report`,
		"file:report": "report", "file:///home/ann/a%20b.txt": "/home/ann/a b.txt", "FILE://localhost/etc/hosts": "/etc/hosts", "file:///C:/x": "C:/x", "file://host/etc/passwd": `\\host/etc/passwd`,
		"Documents/report": "Documents/report", "docs/report.pdf": "docs/report.pdf", "report.pdf": "report.pdf", " /etc/passwd\n": "/etc/passwd", "$HOME/x": "$HOME/x", `%USERPROFILE%\x`: `%USERPROFILE%\x`,
	} {
		if path, ok := LocalPath(text); !ok || path != want {
			t.Errorf("%q: %q, %v, want %q", text, path, ok, want)
		}
	}
	jpeg := "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8="
	for _, text := range []string{jpeg, strings.TrimRight(jpeg, "="), jpeg[:20] + "\n" + jpeg[20:], "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj", "/A==", "//s=", "UE5H", "aGVsbG8", "aGVsbG8gd29ybGQ/IQ",
		"/aB3" + strings.Repeat("xaB3", 300), "//uQ" + strings.Repeat("AAAAxGFh", 20), "a,b\nc,d", "https://example.com/x.png", "data:text/plain,/etc/passwd", "hello, world.", ""} {
		if path, ok := LocalPath(text); ok {
			t.Errorf("%q is the path %q", text, path)
		}
	}
}

// TestDataURLs holds that what says it is base64 is, or is an error.
func TestDataURLs(t *testing.T) {
	whole := uploads("*/*", tool.Param{Binary: true})
	for text, want := range map[string]string{
		"data:image/png;base64,UE5H":                      "image/png PNG",
		"data:text/csv;charset=utf-8;base64,YSxi":         "text/csv; charset=utf-8 a,b",
		"DATA:application/pdf;BASE64,JVBERg==":            "application/pdf %PDF",
		"data:;base64,UE5H":                               "application/octet-stream PNG",
		"data:,a%20b":                                     "application/octet-stream a b",
		"data:application/octet-stream;base64,/etc/passw": "application/octet-stream \xfd\xeb\x5c\xfe\x96\xac\xb3",
		"data:image/png;base64,???":                       "data: URL",
		"data:image/png":                                  "data: URL",
		"iVBORw0KGgoAAAANSUhEUg":                          "image/png \x89PNG",
	} {
		p, err := New(whole, tool.Args{"body": []byte(strconv.Quote(text))}, template.Env{})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = p.Header.Get("Content-Type") + " " + string(p.Body)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestFitting holds which media type a file is sent as.
func TestFitting(t *testing.T) {
	png, jpeg, pdf, unknown := File{Type: "image/png"}, File{Data: []byte("\xff\xd8\xff\xe0")}, File{Type: "application/pdf"}, File{Data: []byte("hello")}
	for _, c := range []struct {
		types string
		f     File
		want  string
	}{
		{"", png, "image/png"}, {"*/*", jpeg, "image/jpeg"}, {"*/*", unknown, bytesType}, {"image/*", png, "image/png"}, {"image/*", unknown, bytesType}, {"image/*", pdf, "application/pdf"},
		{"application/*", pdf, "application/pdf"}, {"image/png, image/jpeg", jpeg, "image/jpeg"}, {"image/png, image/jpeg", pdf, "image/png"}, {"image/png, " + bytesType, unknown, bytesType},
		{"text/csv; charset=utf-8", png, "text/csv; charset=utf-8"}, {"image/png; q=1, image/jpeg", png, "image/png; q=1"}, {"image/gif, */*", pdf, "application/pdf"},
	} {
		if got := fitting(c.types, c.f); got != c.want {
			t.Errorf("%q for %q: %q, want %q", c.types, c.f.Type, got, c.want)
		}
	}
}
