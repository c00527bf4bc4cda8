package oauthflow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keeper keeps pages in a folder of the test.
func keeper(t *testing.T) func([]byte) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a folder, with % and #")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return func(page []byte) (string, error) {
		path := filepath.Join(dir, "open.html")
		return path, os.WriteFile(path, page, 0o600)
	}
}

// TestOpenWithAPage: the program that opens browsers is given a file of this user in
// place of the address.
func TestOpenWithAPage(t *testing.T) {
	dir := t.TempDir()
	file := program(t, dir, "browser", `echo "out $# $1"`)
	var out buffer
	if err := OpenBrowser(t.Context(), shown, BrowserOptions{Command: []string{file, "{url}"}, Output: &out, Keep: keeper(t)}); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	if strings.Contains(got, shown) || !strings.HasPrefix(got, "out 1 file:///") || !strings.Contains(got, "a%20folder%2C%20with%20%25%20and%20%23") && !strings.Contains(got, "a%20folder,%20with%20%25%20and%20%23") {
		t.Errorf("printed %q", got)
	}
	failing := func([]byte) (string, error) { return "", os.ErrPermission }
	out = buffer{}
	if err := OpenBrowser(t.Context(), shown, BrowserOptions{Command: []string{file, "{url}"}, Output: &out, Keep: failing}); err == nil || out.String() != "" {
		t.Errorf("%v, printed %q", err, out.String())
	}
	if got := fileAddress(`C:/Users/Ann B/x.html`); got != "file:///C:/Users/Ann%20B/x.html" {
		t.Error(got)
	}
}

// TestPageInChromium: the page leads to the address, whatever stands in it, and tells
// the server nothing of the file.
func TestPageInChromium(t *testing.T) {
	c := newTab(t)
	a := ask(t, FormOptions{Origins: []string{"https://api.example"}}, nil)
	to := a.address + `?a="><script>document.title='run'</script>&b=%20`
	if page := string(redirectPage(to)); strings.Contains(page, "<script>") {
		t.Fatal(page)
	}
	path, err := keeper(t)(redirectPage(a.address))
	if err != nil {
		t.Fatal(err)
	}
	c.call("Page.navigate", map[string]any{"url": fileAddress(path)}, nil)
	for c.eval("location.href") != a.address || c.eval("document.readyState") != "complete" {
		c.read()
	}
	if from := c.eval("document.referrer"); from != "" {
		t.Errorf("the server is told %s", from)
	}
}
