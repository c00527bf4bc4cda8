package bridge

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// imports returns imported tools at the address: "up" sends bytes, "parts" a file in
// a form, "get" reads what the path says.
func imports(base string) []*tool.Tool {
	kind := func(s string) []profiles.Header { return []profiles.Header{{Key: "Content-Type", Value: s}} }
	body := func(p tool.Param, in string) []*tool.Tool {
		p.Name, p.Wire, p.In = "body", "body", tool.InBody
		return []*tool.Tool{{Imported: true, Params: []tool.Param{p}, InputSchema: json.RawMessage(`{"type":"object","properties":{"body":` + in + `}}`)}}
	}
	up := body(tool.Param{Binary: true}, `{"type":"string"}`)[0]
	up.Name, up.Request = "up", tool.Request{Method: "POST", URL: base + "/up", Headers: kind("application/octet-stream")}
	parts := body(tool.Param{Parts: map[string]tool.Part{"file": {Binary: true}}}, `{"type":"object","properties":{"file":{"type":"string"}}}`)[0]
	parts.Name, parts.Request = "parts", tool.Request{Method: "POST", URL: base + "/parts", Headers: kind("multipart/form-data")}
	get := &tool.Tool{Name: "get", Imported: true, Request: tool.Request{Method: "GET", URL: base + "/{what}"},
		Params:      []tool.Param{{Name: "what", Wire: "what", In: tool.InPath, Style: "simple", Required: true}},
		InputSchema: json.RawMessage(`{"type":"object","properties":{"what":{"type":"string"}},"required":["what"]}`)}
	return []*tool.Tool{up, parts, get}
}

func TestUploads(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := new(bytes.Buffer)
		_, _ = body.ReadFrom(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "got %s", body)
	}))
	defer server.Close()
	dir, outside := t.TempDir(), t.TempDir()
	for file, text := range map[string]string{filepath.Join(dir, "a b.txt"): "HELLO", filepath.Join(outside, "secret.txt"): "SECRET"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "secret.txt"), filepath.Join(dir, "link.txt")); err != nil {
		t.Skip("no symbolic links here")
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := newRigWith(t, server.URL, "[policy]\nfiles = ["+fmt.Sprintf("%q", dir)+"]\n", imports(server.URL))
	say := func(path string) string { return fmt.Sprintf(`{"body":%q}`, path) }
	r.works("up", say("file://"+filepath.ToSlash(dir)+"/a%20b.txt"), "got HELLO")
	r.works("up", say("file:"+filepath.Join(dir, "a b.txt")), "got HELLO")
	r.works("up", say(filepath.Join(dir, "a b.txt")), "got HELLO")
	r.works("up", say("file:a b.txt"), "got HELLO")
	r.works("up", say(base64.StdEncoding.EncodeToString([]byte("BYTES"))), "got BYTES")
	r.works("parts", fmt.Sprintf(`{"body":{"file":%q}}`, filepath.Join(dir, "a b.txt")), `name="file"; filename="a b.txt"`)
	for _, path := range []string{filepath.Join(outside, "secret.txt"), "file://" + filepath.ToSlash(outside) + "/secret.txt", filepath.Join(dir, "link.txt"), "file:link.txt",
		"file:../" + filepath.Base(outside) + "/secret.txt", filepath.Join(dir, "sub"), dir, filepath.Join(dir, "none.txt"), "file:sub/../../x",
		dir + "/../" + filepath.Base(outside) + "/secret.txt", "file:///etc/passwd", "file:", "file://host/etc/passwd"} {
		out := r.fails("up", say(path), result.InvalidArguments, "argument /body")
		if strings.Contains(all(out), "SECRET") {
			t.Errorf("%s was read", path)
		}
	}
	none := newRigWith(t, server.URL, "", imports(server.URL))
	none.fails("up", say("file:///etc/passwd"), result.InvalidArguments, "policy.files")
	for _, path := range []string{"/etc/passwd", "/home/ann/Documents/report", "~/Documents/report", `C:\Users\ann\report`, "C:/Users/ann/report", `\\server\share`, "./report", "../report", "Documents/report", "report.pdf"} {
		none.fails("up", say(path), result.InvalidArguments, "policy.files")
		r.fails("up", say(path), result.InvalidArguments, "file")
	}
	none.works("up", say("/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8="), "JFIF")
	t.Setenv("HOME", dir)
	r.works("up", say("~/a b.txt"), "got HELLO")
	r.works("up", say("./a b.txt"), "got HELLO")
	r.works("up", say("a b.txt"), "got HELLO")
	r.fails("up", say("./none"), result.InvalidArguments, "no such file")
	r.fails("up", say(filepath.Join(dir, "none")), result.InvalidArguments, "no such file")
	r.fails("up", say("../"+filepath.Base(outside)+"/secret.txt"), result.InvalidArguments, "in no folder of policy.files")
}

func TestSaved(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		switch r.URL.Path {
		case "/named":
			w.Header().Set("Content-Disposition", `attachment; filename="../../a/report.pdf"`)
		case "/evil":
			w.Header().Set("Content-Disposition", `attachment; filename="..\\..\\con.pdf"`)
		case "/text":
			w.Header().Set("Content-Type", "text/plain")
		}
		_, _ = w.Write([]byte("%PDF"))
	}))
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "down")
	r := newRigWith(t, server.URL, "[policy]\nsaveTo = "+fmt.Sprintf("%q", dir)+"\n", imports(server.URL))
	r.works("get", `{"what":"named"}`, "saved 4 bytes of application/pdf to "+filepath.Join(dir, "report.pdf"))
	r.works("get", `{"what":"named"}`, filepath.Join(dir, "report-2.pdf"))
	r.works("get", `{"what":"evil"}`, filepath.Join(dir, "get.pdf"))
	r.works("get", `{"what":"text"}`, "%PDF")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Errorf("%d files (%v)", len(files), err)
	}
	for _, f := range files {
		if data, _ := os.ReadFile(filepath.Join(dir, f.Name())); string(data) != "%PDF" {
			t.Errorf("%s holds %q", f.Name(), data)
		}
	}
	blob := newRigWith(t, server.URL, "", imports(server.URL)).get("get", `{"what":"named"}`)
	if blob.IsError || len(blob.Content) == 0 || blob.Content[0].Type != "resource" || string(blob.Content[0].Data) != "%PDF" {
		t.Errorf("without a folder: %+v", blob)
	}
}

// TestStream holds that a stream of events that never ends is a result.
func TestStream(t *testing.T) {
	done := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("data: one\n\ndata: two\n\n"))
		if r.URL.Path == "/endless" {
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-done:
			}
		}
	}))
	server.Start()
	defer server.Close()
	defer close(done)
	r := newRigWith(t, server.URL, "", imports(server.URL))
	s, err := r.sender()
	if err != nil {
		t.Fatal(err)
	}
	s.stream = 50 * time.Millisecond
	if out := r.get("get", `{"what":"endless"}`); out.IsError || !strings.Contains(all(out), "data: two") || !strings.Contains(all(out), "had not ended") {
		t.Errorf("a stream that does not end: %v", all(out))
	}
	s.stream = time.Minute
	if out := r.get("get", `{"what":"ends"}`); out.IsError || !strings.Contains(all(out), "data: two") || strings.Contains(all(out), "cut") {
		t.Errorf("a stream that ends: %v", all(out))
	}
}
