package profiles

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// folder makes a folder of files.
func folder(t *testing.T, f files) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestList(t *testing.T) {
	dir := folder(t, files{"b.toml": "", "a.toml": "", "notes.txt": "", ".hidden.toml": "", "x y.toml": "", "c.toml~": ""})
	if err := os.Mkdir(filepath.Join(dir, "sub.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	entries, err := Dir{Path: dir}.List()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		line := e.Name + " " + filepath.Base(e.File)
		if e.Err != nil {
			line += " " + strings.ReplaceAll(e.Err.Error(), dir+string(filepath.Separator), "")
		}
		got = append(got, line)
	}
	want := []string{"a a.toml", "b b.toml", "sub sub.toml sub.toml: not a regular file",
		`x y x y.toml "x y": a name has only letters without accents, digits, dots, - and _`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	names, err := Dir{Path: dir}.Names()
	if err != nil || !reflect.DeepEqual(names, []string{"a", "b"}) {
		t.Errorf("%v %v", names, err)
	}
	if entries, err := (Dir{Path: filepath.Join(dir, "none")}).List(); err != nil || entries != nil {
		t.Errorf("%v %v", entries, err)
	}
	if _, err := (Dir{Path: filepath.Join(dir, "a.toml")}).Names(); err == nil {
		t.Error("a file is a folder")
	}
	if got := (Dir{Path: dir}).File("new"); got != filepath.Join(dir, "new.toml") {
		t.Error(got)
	}
}

func TestListNamesThatDifferByCase(t *testing.T) {
	dir := folder(t, files{"a.toml": "", "A.toml": ""})
	entries, err := Dir{Path: dir}.List()
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 2 {
		t.Skip("this file system does not tell names apart by case")
	}
	if entries[0].Err != nil || errorText(entries[1].Err) != `"a": differs only by case from the profile "A"` {
		t.Errorf("%v %v", entries[0].Err, entries[1].Err)
	}
}

func TestResolve(t *testing.T) {
	dir := folder(t, files{"github.toml": "", "gitlab.toml": ""})
	d := Dir{Path: dir}
	path := filepath.Join(dir, "github.toml")
	for in, want := range map[string]string{"github": path, path: path} {
		file, name, err := d.Resolve(in)
		if err != nil || file != want || name != "github" {
			t.Errorf("Resolve(%q) = %q, %q, %v", in, file, name, err)
		}
	}
	for in, want := range map[string][2]string{
		"gihtub":     {`"gihtub": there is no such profile`, "did you mean github?"},
		"GitHub":     {`"GitHub": there is no such profile`, "did you mean github?"},
		"other":      {`"other": there is no such profile`, "there are: github, gitlab"},
		"a b":        {`"a b": a name has only letters without accents, digits, dots, - and _`, "type a name such as a-b"},
		"dir/x":      {`"dir/x": there is no such profile`, "the path of a profile ends in .toml"},
		"dir/x.toml": {`"dir/x.toml": there is no such file`, "type the name of a profile, or the path of one"},
	} {
		_, _, err := d.Resolve(in)
		var e *NameError
		if !errors.As(err, &e) || e.Error() != want[0] || e.Hint() != want[1] {
			t.Errorf("Resolve(%q): %v, %+v", in, err, e)
		}
	}
	if _, _, err := d.Resolve(dir + ".toml"); err == nil {
		t.Error("a folder that does not exist is found")
	}
	if _, _, err := (Dir{Path: path}).Resolve("github"); err == nil {
		t.Error("a file is a folder")
	}
}

func TestDirLoad(t *testing.T) {
	dir := folder(t, files{
		"p.toml":    "extends = 'base'\ndescription = 'p'",
		"base.toml": "server.name = 'x'",
		"bad.toml":  "server.nam = 'x'",
	})
	d := Dir{Path: dir, Private: owned}
	p, _, err := d.Load("p")
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "p" || p.Server.Name != "x" || !p.Private || len(p.Sources) != 2 {
		t.Errorf("%+v", p)
	}
	if _, _, err := d.Load("bad"); !errors.As(err, new(Errors)) {
		t.Errorf("%v", err)
	}
	if _, _, err := d.Load("none"); err == nil {
		t.Error("nothing is loaded")
	}
	other := folder(t, files{"q.toml": "extends = 'base'"})
	if p, _, err = d.Load(filepath.Join(other, "q.toml")); err != nil || p.Server.Name != "x" {
		t.Errorf("a path that extends by name: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	dir := folder(t, files{"big.toml": strings.Repeat("#", maxFile+1)})
	if _, err := ReadFile(filepath.Join(dir, "big.toml")); err == nil || !strings.Contains(err.Error(), "larger than 16 MiB") {
		t.Error(err)
	}
	if _, err := ReadFile(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
	if _, _, err := LoadFile(filepath.Join(dir, "none.toml"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		return // everything is readable
	}
	secret := filepath.Join(dir, "secret.toml")
	if err := os.WriteFile(secret, nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(secret); !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
}

// TestManyProfiles: going through all profiles costs a multiple of going through a few,
// and not the square. What is counted is memory, which does not depend on the machine.
func TestManyProfiles(t *testing.T) {
	cost := func(n int) float64 {
		all := files{}
		for i := range n {
			all[fmt.Sprintf("p%d.toml", i)] = "[server]\nname = \"p\"\n"
		}
		d := Dir{Path: folder(t, all)}
		return testing.AllocsPerRun(1, func() {
			entries, err := d.List()
			if err != nil || len(entries) != n {
				t.Fatal(len(entries), err)
			}
			listed := d.Listed(entries)
			for _, e := range entries {
				if _, _, err := listed.Load(e.Name); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	few, many := cost(50), cost(400)
	if many > 8*few*1.5 {
		t.Errorf("50 profiles: %.0f allocations, 400: %.0f", few, many)
	}
}

// TestListedIsTheListing: what a listing refuses is refused by its names.
func TestListedIsTheListing(t *testing.T) {
	d := Dir{Path: folder(t, files{"a.toml": "", "A.toml": "", "con.toml": ""})}
	entries, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		_, _, direct := d.Resolve(e.Name)
		_, _, listed := d.Listed(entries).Resolve(e.Name)
		if errorText(direct) != errorText(e.Err) || errorText(listed) != errorText(e.Err) {
			t.Errorf("%s: %v, %v, want %v", e.Name, direct, listed, e.Err)
		}
	}
	if _, _, err := d.Listed(entries).Resolve("b"); err == nil {
		t.Error("a profile that is not there")
	}
}

func BenchmarkLoadAll(b *testing.B) {
	const n = 2000
	dir := b.TempDir()
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("p%d.toml", i)), []byte("[server]\nname = \"p\"\n"), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		d := Dir{Path: dir}
		entries, err := d.List()
		if err != nil {
			b.Fatal(err)
		}
		for d = d.Listed(entries); len(entries) > 0; entries = entries[1:] {
			if _, _, err := d.Load(entries[0].Name); err != nil {
				b.Fatal(err)
			}
		}
	}
}
