//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
)

// added is what came of one mcp-bridge add.
type added struct {
	code      int
	out, said string
	mebibytes int64    // at most in memory
	left      []string // files below profiles, specs and cache
}

// add runs mcp-bridge add in a home that has nothing yet.
func (p *person) add(stdin string, args ...string) added {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(p.t), append([]string{"add"}, args...)...)
	cmd.Env, cmd.Dir, cmd.Stdin = p.environ(), p.home, strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	memory := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	if ctx.Err() != nil {
		p.t.Errorf("add %v does not end", args)
	}
	a := added{code: cmd.ProcessState.ExitCode(), out: out.String(), said: said.String(), left: p.kept()}
	if err != nil && a.code < 0 {
		p.t.Errorf("add %v: %v", args, err)
	}
	a.mebibytes = memory()
	return a
}

// watchMemory follows the peak memory of a process until the function that it returns is
// called, which returns MiB; 0 where that cannot be seen. What the system counts for a
// process that has ended includes the peak of the one that started it.
func watchMemory(pid int) (peak func() int64) {
	const every = 2 * time.Millisecond
	file := fmt.Sprintf("/proc/%d/status", pid)
	stop, result := make(chan struct{}), make(chan int64, 1)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		var most int64
		for {
			data, _ := os.ReadFile(file)
			if _, after, ok := strings.Cut(string(data), "VmHWM:"); ok {
				var kib int64
				if _, err := fmt.Sscan(after, &kib); err == nil {
					most = max(most, kib>>10)
				}
			}
			select {
			case <-stop:
				result <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-result
	}
}

// kept lists the files below profiles, specs and cache.
func (p *person) kept() (files []string) {
	for _, dir := range []string{"profiles", "specs", "cache"} {
		_ = filepath.WalkDir(filepath.Join(p.home, ".mcp-bridge", dir), func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				files = append(files, path)
			}
			return nil
		})
	}
	return files
}

// holds are the laws of add for any document at all.
func (a added) holds(t *testing.T, codes ...int) {
	t.Helper()
	const most = 500
	ok := false
	for _, c := range codes {
		ok = ok || a.code == c
	}
	switch {
	case !ok:
		t.Errorf("exit code %d, want one of %v:\n%s", a.code, codes, tail(a.said))
	case a.code != 0 && len(a.left) > 0:
		t.Errorf("it failed and left %v", a.left)
	case a.code != 0 && !strings.Contains(a.said, "mcp-bridge: "):
		t.Errorf("it failed without a word: %q", a.said)
	case strings.Contains(a.said, "goroutine "):
		t.Errorf("it panicked:\n%s", tail(a.said))
	}
	t.Logf("%d MiB", a.mebibytes)
	if a.mebibytes > most {
		t.Errorf("it took more than %d MiB", most)
	}
	if i := strings.IndexFunc(a.said, func(c rune) bool { return c != '\n' && unicode.In(c, unicode.Cc, unicode.Bidi_Control) }); i >= 0 {
		t.Errorf("it printed a control character: %q", a.said[max(0, i-40):min(len(a.said), i+40)])
	}
	if len(a.said) > 64<<10 {
		t.Errorf("it said %d bytes", len(a.said))
	}
}

// TestAddUnderAttack holds that no document makes add use much memory, leave anything
// behind when it fails, or end in anything but a clear word.
func TestAddUnderAttack(t *testing.T) {
	good, bad := attacks()
	for name, text := range good {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			a := p.add("", p.write("docs/api.json", text()))
			a.holds(t, 0)
			if len(a.left) != 3 {
				t.Errorf("it keeps %v", a.left)
			}
		})
	}
	for name, text := range bad {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			p.add("", p.write("docs/api.yaml", text())).holds(t, 3)
			if text := text(); len(text) < 1<<20 {
				p.add(text, "-").holds(t, 3)
			}
		})
	}
}

// TestWrongTypes puts values of every wrong type everywhere.
func TestWrongTypes(t *testing.T) {
	p := newPerson(t)
	n := 0
	one := func(text string) {
		n++
		a := p.add("", p.write("docs/api.json", text), "--name", "wrong", "--force")
		a.left = nil // of the one before
		a.holds(t, 0, 3)
		if t.Failed() {
			t.Fatalf("of %s", text)
		}
	}
	for _, value := range []string{"null", "true", "7", `"s"`, "[]", `["x"]`, "{}", "[[{}]]", `{"$ref":"#"}`} {
		// Everything of a kind has the value at once: a broken value costs only itself.
		all := func(keys string) string {
			return many(len(strings.Fields(keys)), func(i int) string { return `"` + strings.Fields(keys)[i] + `":` + value })
		}
		one(`{"openapi":"3.0.3",` + all("info servers components security tags x-ms-paths webhooks") + `,"paths":{"/x":{"get":{}}}}`)
		one(`{` + apiHead + `"paths":` + value + `}`)
		one(`{` + apiHead + `"paths":{"/x":{"parameters":` + value + `,"get":` + value + `,"post":{` + all("parameters requestBody responses security tags operationId summary description servers deprecated callbacks") + `}}}}`)
		one(taking(`{"type":"object","properties":{"a":{`+all("type properties required items enum allOf oneOf anyOf not format pattern minimum maxLength default additionalProperties $ref description readOnly discriminator const examples")+`}}}`,
			all("schemas parameters securitySchemes")))
		one(taking(value, `"securitySchemes":{"a":`+value+`,"b":{`+all("type scheme in name flows openIdConnectUrl")+`},"c":{"type":"oauth2","flows":{"authorizationCode":{`+all("authorizationUrl tokenUrl scopes")+`}}}}`))
		one(`{` + apiHead + `"paths":{"/x":{"get":{"parameters":[{"name":"q","in":"query",` + all("required schema style explode content description example allowReserved") + `},{` + all("name in") + `}]}}}}`)
		one(`{"swagger":"2.0",` + all("info host basePath schemes consumes produces definitions parameters securityDefinitions") + `,"paths":{"/x":{"post":{"parameters":[{"in":"body","name":"b","schema":` + value + `},{"in":"formData","name":"f",` + all("type collectionFormat items") + `}]}}}}`)
	}
	t.Logf("%d documents", n)
}

// TestNothingOutsideIsRead refers to everything that is not in the document's folder.
func TestNothingOutsideIsRead(t *testing.T) {
	asked := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a document made add use the network") }))
	defer asked.Close()
	const canary = "canaryOutside"
	secret := `{"x":{"name":"` + canary + `","in":"query"}}`
	p := newPerson(t)
	p.write("outside.json", secret)
	p.write("docs/sub/inside.json", `{"x":{"name":"inside","in":"query"}}`)
	for link, to := range map[string]string{"link.json": "../outside.json", "up": "..", "absolute.json": filepath.Join(p.home, "outside.json"), "sub/link.json": "../../outside.json"} {
		if err := os.Symlink(to, filepath.Join(p.home, "docs", link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(p.home, "docs", "pipe.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"../outside.json", "sub/../../outside.json", "%2e%2e/outside.json", "..%2foutside.json", `..\\outside.json`, filepath.Join(p.home, "outside.json"),
		"file://" + filepath.Join(p.home, "outside.json"), "link.json", "up/outside.json", "absolute.json", "sub/link.json", asked.URL + "/x.json", strings.Replace(asked.URL, "http:", "", 1) + "/x.json",
		"/dev/zero", "pipe.json", "sub", `a\u0000b`, "./../docs/../outside.json", "/etc/passwd", "/proc/self/environ"} {
		text := `{` + apiHead + `"paths":{"/x":{"get":{"operationId":"a","parameters":[{"$ref":"` + ref + `#/x"}]}},"/y":{"$ref":"` + ref + `#/x"},` +
			`"/z":{"get":{"operationId":"z","parameters":[{"$ref":"sub/inside.json#/x"}]}}},"components":{"schemas":{"A":{"$ref":"` + ref + `"}}}}`
		a := p.add("", p.write("docs/api.json", text), "--name", "outside", "--force")
		a.holds(t, 0)
		if !strings.Contains(a.said, "1 tool of 2 operations") && !strings.Contains(a.said, "1 tool of 3 operations") {
			t.Errorf("%s:\n%s", ref, a.said)
		}
		for _, file := range a.left {
			if data, err := os.ReadFile(file); err != nil || bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s: %s holds what is outside: %v", ref, file, err)
			}
		}
		if strings.Contains(a.said+a.out, canary) {
			t.Errorf("%s: it says what is outside", ref)
		}
	}
}

// TestOverlaysUnderAttack holds the laws for overlays.
func TestOverlaysUnderAttack(t *testing.T) {
	actions := func(n int, one string) string {
		return `{"overlay":"1.0.0","actions":[` + many(n, func(int) string { return one }) + `]}`
	}
	p := newPerson(t)
	file := p.write("docs/api.json", taking(`{"type":"object","properties":{"a":{"type":"string"}}}`, ``))
	for name, text := range map[string]string{
		"doubles": actions(60, `{"target":"$..*","update":{"k":{"a":{"b":1}}}}`),
		"looks":   actions(100_000, `{"target":"$..*","update":{}}`),
		"lists": `{"overlay":"1.0.0","actions":[{"target":"$","update":{"tags":[]}},` + many(200, func(int) string {
			return `{"target":"$.tags","update":[` + many(20_000, func(int) string { return `1` }) + `]}`
		}) + `]}`,
		"everything": actions(1, `{"target":"$","remove":true}`),
		"broken":     actions(1, `{"target":"$[?(@.x==","update":1}`),
		"deep":       strings.Repeat("[", 100_000),
		"too large":  strings.Repeat(" ", 65<<20),
	} {
		t.Run(name, func(t *testing.T) {
			p := *p
			p.t = t
			p.add("", file, "--overlay", p.write("docs/overlay.json", text)).holds(t, 3)
		})
	}
}
