//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const smallAPI = `{"openapi":"3.0.3","info":{"title":"small","version":"1"},"servers":[{"url":"https://api.example.com"}],"paths":{"/x":{"get":{"operationId":"getX","responses":{}}}}}`

// TestUpdateKeepsTheRest writes profiles in every way that a person may, and sees that
// an update changes the digest, and the source when it moved, and no other byte.
func TestUpdateKeepsTheRest(t *testing.T) {
	old := strings.Repeat("0", 64)
	for name, text := range map[string]string{
		"comments and blanks":     "# mine\n[server]\nname = 's' # short\n\n[openapi] # here\n  source = \"FILE\"   # kept\n\tdigest = \"" + old + "\" # not by me\n\n[policy]\nreadOnly = true\n\n\n",
		"CRLF":                    "server.name = \"s\"\r\n[openapi]\r\nsource = \"FILE\" # mine\r\ndigest = \"" + old + "\"\r\n[policy]\r\nreadOnly = true\r\n",
		"an inline table":         "server.name = \"s\"\nopenapi = {source = \"FILE\", digest = \"" + old + "\"} # " + strings.Repeat("1", 64) + "\n",
		"an inline table turned":  "server.name = \"s\"\nopenapi = {digest = '" + old + "', source = 'FILE', include = {methods = [\"GET\"]}}\n",
		"dotted keys":             "server.name = \"s\"\nopenapi.source = \"FILE\"\nopenapi.digest = \"" + old + "\"\ndescription = \"d\"\n",
		"quoted keys":             "server.name = \"s\"\n[\"openapi\"]\n\"source\" = 'FILE'\n'digest'='" + old + "'\n",
		"a prefix":                "server.name = \"s\"\n[openapi]\nsource = \"FILE\"\ndigest = \"sha256:" + old + "\"\n",
		"no digest":               "server.name = \"s\"\n[openapi]\n\tsource = \"FILE\" # mine\n[policy]\nreadOnly = true\n",
		"no digest, CRLF":         "server.name = \"s\"\r\n[openapi]\r\nsource = \"FILE\" # mine\r\n[policy]\r\nreadOnly = true\r\n",
		"no digest, inline":       "server.name = \"s\"\nopenapi = {source = \"FILE\"} # x\n[policy]\nreadOnly = true\n",
		"no digest, dotted":       "server.name = \"s\"\nopenapi.source = \"FILE\"\ndescription = \"d\"\n",
		"no digest, quoted":       "server.name = \"s\"\n[openapi]\n\"source\" = 'FILE'\nexclude.deprecated = true\n",
		"no digest, no last line": "server.name = \"s\"\n[openapi]\nsource = \"FILE\"",
		"a digest of nothing":     "server.name = \"s\"\n[openapi]\nsource = \"FILE\"\ndigest = \"\" # none\n",
		"no byte order":           "\xef\xbb\xbfserver.name = \"s\"\n[openapi]\nsource = \"FILE\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			file := p.write("docs/small.json", smallAPI)
			before := strings.ReplaceAll(text, "FILE", file)
			profile := p.write(".mcp-bridge/profiles/s.toml", before)
			p.run("", "add", "s", "--update")
			after := read(t, profile)
			digest := onlySpec(t, p)
			if want := strings.ReplaceAll(before, old, digest); strings.Contains(before, old) && after != want {
				t.Errorf("it became\n%q, not\n%q", after, want)
			}
			// Without what was added it is what it was.
			rest := after
			for _, one := range []string{", digest = \"" + digest + "\"", "\ndigest = \"" + digest + "\"", "\n\tdigest = \"" + digest + "\"", "\nopenapi.digest = \"" + digest + "\"", "\r\ndigest = \"" + digest + "\"", digest} {
				if cut := strings.Replace(rest, one, "", 1); !strings.Contains(before, old) && cut == before {
					rest = cut
				}
			}
			if !strings.Contains(before, old) && rest != before {
				t.Errorf("it became\n%q from\n%q", after, before)
			}
			p.run("", "check", "s")
			p.run("", "add", "s", "--update")
			if again := read(t, profile); again != after {
				t.Errorf("a second update changed it to\n%q", again)
			}
			// The document moves.
			moved := p.write("elsewhere/it's \"new\" $1.json", strings.Replace(smallAPI, `"1"`, `"2"`, 1))
			p.run("", "add", moved, "--update", "--name", "s")
			if now := onlySpec(t, p); now == digest {
				t.Error("the document is the old one")
			}
			p.run("", "check", "s")
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// onlySpec returns the digest of the one document that is kept.
func onlySpec(t *testing.T, p *person) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.home, ".mcp-bridge", "specs"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d documents are kept: %v", len(entries), err)
	}
	return entries[0].Name()
}

// TestUpdateOfABase says which profile to update when another one names the document,
// and changes nothing where it cannot write.
func TestUpdateOfABase(t *testing.T) {
	p := newPerson(t)
	file := p.write("docs/small.json", smallAPI)
	p.run("", "add", file, "--name", "base")
	child := p.write(".mcp-bridge/profiles/child.toml", "extends = \"base\"\nserver.name = \"c\"\n")
	p.write("docs/small.json", strings.Replace(smallAPI, `"1"`, `"2"`, 1))
	before := read(t, child)
	a := p.add("", "child", "--update")
	if a.code != 1 || !strings.Contains(a.said, "mcp-bridge add base --update") || read(t, child) != before {
		t.Errorf("%d %s", a.code, a.said)
	}
	p.run("", "add", "base", "--update")
	p.run("", "check", "child")
	onlySpec(t, p)

	odd := "server.name = \"o\"\n[openapi]\nsource = \"\"\"\\\n  " + file + "\"\"\"\n"
	profile := p.write(".mcp-bridge/profiles/odd.toml", odd)
	if a := p.add("", "odd", "--update"); a.code != 1 || !strings.Contains(a.said, "openapi.source cannot be changed") || read(t, profile) != odd {
		t.Errorf("%d %s", a.code, a.said)
	}
	onlySpec(t, p)
}

// TestManyAddsAtOnce sees that every one makes a whole profile of its own, and that of
// those that want one name exactly one has it.
func TestManyAddsAtOnce(t *testing.T) {
	p := newPerson(t)
	binary(t)
	file := p.write("docs/small.json", smallAPI)
	run := func(n int, args func(i int) []string) (done int) {
		var wg sync.WaitGroup
		codes := make([]int, n)
		for i := range n {
			wg.Go(func() { codes[i] = p.add("", args(i)...).code })
		}
		wg.Wait()
		for _, c := range codes {
			if c == 0 {
				done++
			} else if c != 1 {
				t.Errorf("exit code %d", c)
			}
		}
		return done
	}
	if n := run(6, func(int) []string { return []string{file} }); n != 6 {
		t.Errorf("%d of 6 were added", n)
	}
	if n := run(6, func(int) []string { return []string{file, "--name", "one"} }); n != 1 {
		t.Errorf("%d of 6 were added as one", n)
	}
	if n := run(6, func(i int) []string {
		other := p.write(fmt.Sprintf("docs/%d.json", i), strings.Replace(smallAPI, `"1"`, fmt.Sprintf(`"1.%d"`, i), 1))
		return []string{other, "--name", "one", "--force"}
	}); n != 6 {
		t.Errorf("%d of 6 replaced it", n)
	}
	if out := p.run("", "check", "one"); !strings.Contains(out, "valid") {
		t.Error(out)
	}
	entries, err := os.ReadDir(filepath.Join(p.home, ".mcp-bridge", "specs"))
	if err != nil || len(entries) != 2 { // the small one's, and that of the last
		t.Errorf("%d documents are kept: %v", len(entries), err)
	}
}

// TestRemoveLeavesNothing sees that a profile goes with its catalogs and its document,
// unless another profile uses that.
func TestRemoveLeavesNothing(t *testing.T) {
	p := newPerson(t)
	file := p.write("docs/small.json", smallAPI)
	p.run("", "add", file, "--name", "a")
	p.run("", "add", file, "--name", "b")
	p.run("", "profiles", "remove", "a", "--yes")
	if left := p.kept(); len(left) != 3 {
		t.Errorf("left are %v", left)
	}
	p.run("", "tools", "b")
	p.run("", "profiles", "remove", "b", "--yes")
	if left := p.kept(); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

// TestNoRoom makes every file that is larger than a few kilobytes fail half-way, as a
// full disk does: add says so and leaves nothing, an update leaves what was.
func TestNoRoom(t *testing.T) {
	p := newPerson(t)
	file := p.write("docs/small.json", smallAPI)
	p.run("", "add", file, "--name", "a")
	before := p.kept()
	profile := read(t, filepath.Join(p.home, ".mcp-bridge", "profiles", "a.toml"))
	large := strings.Replace(smallAPI, `"paths"`, `"x-more":"`+strings.Repeat("m", 20_000)+`","paths"`, 1)
	p.write("docs/small.json", large)
	for _, args := range [][]string{{"add", file, "--name", "b"}, {"add", "a", "--update"}, {"add", file, "--name", "a", "--force"}} {
		cmd := exec.Command("sh", append([]string{"-c", `ulimit -f 8 && exec "$0" "$@"`, binary(t)}, args...)...)
		cmd.Env = p.environ()
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "mcp-bridge: ") || strings.Contains(string(out), "goroutine ") {
			t.Errorf("%v: %v %s", args, err, out)
		}
		// A catalog more is no harm where a profile is: the next one to be written replaces it.
		spare := func(file string) bool {
			return !slices.Contains(args, "b") && strings.HasSuffix(file, ".catalog") && !slices.Contains(before, file)
		}
		if after := p.kept(); !slices.Equal(slices.DeleteFunc(after, spare), before) {
			t.Errorf("%v leaves %v", args, after)
		}
		if read(t, filepath.Join(p.home, ".mcp-bridge", "profiles", "a.toml")) != profile {
			t.Errorf("%v changed the profile", args)
		}
	}
	p.run("", "tools", "a")
}

// TestDamagedCatalog sees that a catalog that is damaged, cut off or gone is made again,
// also by many processes at once.
func TestDamagedCatalog(t *testing.T) {
	p := newPerson(t)
	p.run("", "add", p.write("docs/small.json", smallAPI), "--name", "a")
	dir := filepath.Join(p.home, ".mcp-bridge", "cache")
	whole := func() (name, text string) {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d catalogs: %v", len(entries), err)
		}
		return filepath.Join(dir, entries[0].Name()), read(t, filepath.Join(dir, entries[0].Name()))
	}
	file, text := whole()
	list := p.run("", "tools", "a")
	for _, damage := range []string{"", text[:len(text)/2], text[:len(text)-1] + "\x00", strings.Repeat("\xff", len(text)), text + "x", "gone"} {
		if err := os.WriteFile(file, []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if damage == "gone" {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		outs := make([]string, 4)
		for i := range outs {
			wg.Go(func() { outs[i] = p.run("", "tools", "a") })
		}
		wg.Wait()
		for _, out := range outs {
			if out != list {
				t.Errorf("the tools became\n%s", out)
			}
		}
		// One byte that nobody has asked for is found when somebody does.
		if again, now := whole(); again != file || now != text && !strings.HasSuffix(damage, "\x00") {
			t.Errorf("%.20q: the catalog is another one: %d bytes, not %d", damage, len(now), len(text))
		}
	}
}
