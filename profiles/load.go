package profiles

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// maxExtends is how many profiles may extend each other in a row.
const maxExtends = 16

// Options is what Load needs from outside.
type Options struct {
	// Read returns the content of a file that is extended. nil: extends is refused.
	Read func(file string) ([]byte, error)
	// Private reports whether the person owns the file and nobody else can write it,
	// and if not, why. nil: no file is private.
	Private func(file string) (private bool, reason string)
	// Folder is where a profile that is extended by name is looked for after the
	// extending profile's own folder. Empty: only there.
	Folder string
}

// Load reads a profile from the content of file, merges it into what it extends,
// and checks everything that needs neither the network nor the imported document:
// keys, types, ids, references to schemes, addresses, methods, headers and
// combinations that cannot be. Template syntax is left to package bridge/tool.
//
// The error is an [Errors] with everything that was found. The profile is nil when
// there is an error; warnings are returned in both cases.
func Load(file string, data []byte, opts Options) (*Profile, []Warning, error) {
	l := loader{opts: opts}
	tree, err := l.read(file, data)
	if err != nil {
		return nil, nil, err
	}
	p := &Profile{Name: NameOf(file), File: file, Sources: l.sources, source: tree}
	decoded := Errors(doc.Decode(tree, p))
	suggestTable(decoded)
	c := checker{p: p, decoded: decoded}
	c.profile()
	c.private(opts.Private)
	sortWarnings(c.warns, p.Sources)
	errs := append(decoded, c.errs...)
	if len(errs) > 0 {
		errs.sortByPlace(p.Sources)
		return nil, c.warns, errs
	}
	return p, c.warns, nil
}

// Check checks a profile made in memory as [Load] does, without what concerns
// files.
func Check(p *Profile) ([]Warning, error) {
	c := checker{p: p}
	c.profile()
	if len(c.errs) > 0 {
		return c.warns, c.errs
	}
	return c.warns, nil
}

// At returns "FILE:LINE:COL" of the key, such as "tools[2].requestTemplate.url",
// or of its nearest ancestor that is written down, in the file that wrote it. For
// a profile made in memory it is the profile's File.
func (p *Profile) At(key string) string {
	if p.source == nil {
		return p.File
	}
	return p.source.PosAt(key).String()
}

// Pos returns what [Profile.At] does, as fields.
func (p *Profile) Pos(key string) doc.Pos {
	if p.source == nil {
		return doc.Pos{File: p.File}
	}
	return p.source.PosAt(key)
}

// Dir returns the folder of the file that wrote the key: what a relative path
// there is relative to.
func (p *Profile) Dir(key string) string { return filepath.Dir(p.Pos(key).File) }

// NameOf returns a profile's name: its file name without ".toml".
func NameOf(file string) string {
	base := filepath.Base(file)
	if len(base) > len(extension) && strings.EqualFold(base[len(base)-len(extension):], extension) {
		return base[:len(base)-len(extension)]
	}
	return base
}

type loader struct {
	opts    Options
	sources []string
}

// read parses a file and merges it into what it extends.
func (l *loader) read(file string, data []byte) (*doc.Node, error) {
	l.sources = append(l.sources, file)
	tree, err := doc.ParseTOML(file, data)
	if err != nil {
		var one *doc.Error
		if errors.As(err, &one) {
			return nil, Errors{one}
		}
		return nil, err
	}
	name := tree.Get("extends")
	if name == nil {
		return tree, nil
	}
	fail := func(message string) error {
		return Errors{{Pos: name.Pos, Key: "extends", Message: message}}
	}
	if name.Kind != doc.String || name.Text == "" {
		return nil, fail("must be the name of a profile or the path of one")
	}
	parent, content, err := l.find(file, name.Text)
	if err != nil {
		return nil, fail(err.Error())
	}
	if at := slices.IndexFunc(l.sources, func(s string) bool { return filepath.Clean(s) == filepath.Clean(parent) }); at >= 0 {
		return nil, fail("profiles extend each other in a circle: " + strings.Join(append(l.sources[at:], parent), " → "))
	}
	if len(l.sources) > maxExtends {
		return nil, fail("more than " + strconv.Itoa(maxExtends) + " profiles extend each other: " + strings.Join(l.sources, " → "))
	}
	base, err := l.read(parent, content)
	if err != nil {
		return nil, err
	}
	return merge("", base, tree), nil
}

// find reads the profile that file extends.
func (l *loader) find(file, name string) (string, []byte, error) {
	if l.opts.Read == nil {
		return "", nil, errors.New("another profile cannot be read here")
	}
	folder := filepath.Dir(file)
	places := []string{name}
	if !isPath(name) {
		if err := CheckName(name); err != nil {
			return "", nil, err
		}
		places = []string{filepath.Join(folder, name+extension)}
		if l.opts.Folder != "" && filepath.Clean(l.opts.Folder) != filepath.Clean(folder) {
			places = append(places, filepath.Join(l.opts.Folder, name+extension))
		}
	} else if !filepath.IsAbs(name) {
		places[0] = filepath.Join(folder, filepath.FromSlash(name))
	}
	for _, place := range places {
		data, err := l.opts.Read(place)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return place, data, err
	}
	return "", nil, errors.New("there is no " + strings.Join(places, " and no "))
}

// KeepsResults reports whether the rest of a result that is cut is kept to be read on,
// and the tool for that is shown: where the tools come from a document, or are
// searched. A profile that is written by hand shows the tools that it names, and no
// other.
func (p *Profile) KeepsResults() bool { return p.OpenAPI != nil || p.Exposure.Mode == "search" }
