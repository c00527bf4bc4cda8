package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/catalog"
	"github.com/mcp-bridge/mcp-bridge/bridge/exposure"
	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// ReadTime bounds the reading of a document, however it was made.
const ReadTime = 30 * time.Second

// compiled are the tools of a profile.
type compiled struct {
	set   *tool.Set
	index func() *search.Index // nil: made when it is needed
	bad   func() bool          // whether the catalog was found damaged; nil: there is none
	files []string             // what was read beside the profile: the tools are others when one changes
}

// compile returns the tools of a profile: for one that imports a document those of its
// catalog, which is made when there is none that fits.
func (o Options) compile(p *profiles.Profile) (compiled, error) {
	if p.OpenAPI == nil {
		set, err := tool.Compile(p)
		return compiled{set: set}, Located(p, err)
	}
	c, err := o.fromCatalog(p)
	if err != nil {
		return o.build(p)
	}
	return c, nil
}

// fromCatalog returns the tools of a profile's catalog, when there is one that fits.
func (o Options) fromCatalog(p *profiles.Profile) (compiled, error) {
	files := o.documents(p)
	key, err := o.key(p, files)
	if err != nil {
		return compiled{}, err
	}
	c, err := catalog.Open(o.Home, p, Identity(o.Home, p), key, exposure.Entries)
	if err != nil {
		return compiled{}, err
	}
	return compiled{set: c.Set, index: c.Index, bad: c.Damaged, files: files}, nil
}

// build reads the document, compiles it, and keeps the catalog.
func (o Options) build(p *profiles.Profile) (compiled, error) {
	d, err := o.Document(context.Background(), p)
	if err != nil {
		return compiled{}, err
	}
	return o.keep(p, d)
}

// Keep compiles a profile with a document that was read for it, and keeps the catalog
// for later starts. The error is CompileErrors.
func (o Options) Keep(p *profiles.Profile, d *openapi.Document) (*tool.Set, error) {
	c, err := o.keep(p, d)
	return c.set, err
}

func (o Options) keep(p *profiles.Profile, d *openapi.Document) (compiled, error) {
	set, err := tool.CompileWith(p, catalog.Tools(d))
	if err != nil {
		return compiled{}, Located(p, err)
	}
	files := o.documents(p)
	key, err := o.key(p, files)
	if err != nil {
		return compiled{set: set, files: files}, nil
	}
	c, err := catalog.Write(o.Home, Identity(o.Home, p), key, set, exposure.Entries)
	if err != nil && o.Logger != nil {
		o.Logger.Warn("the compiled profile could not be kept; each start takes longer", "error", err)
	}
	return compiled{set: c.Set, index: c.Index, bad: c.Damaged, files: files}, nil
}

// Document reads the document that a profile imports, with its overlays and selection.
func (o Options) Document(ctx context.Context, p *profiles.Profile) (*openapi.Document, error) {
	ctx, stop := context.WithTimeout(ctx, ReadTime)
	defer stop()
	s, err := o.spec(p)
	if err != nil {
		return nil, err
	}
	source := s.source()
	if digest(p) == "" {
		source.Open = Beside(s.Name, nil)
	}
	options, err := ReadOptions(p)
	if err != nil {
		return nil, err
	}
	d, err := openapi.Read(ctx, source, options)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// ReadOptions are what a profile says of the document that it imports.
func ReadOptions(p *profiles.Profile) (openapi.Options, error) {
	o := openapi.Options{BaseURL: p.Server.BaseURL, Include: p.OpenAPI.Include, Exclude: p.OpenAPI.Exclude, Overrides: p.OpenAPI.Overrides}
	if strings.Contains(p.OpenAPI.Source, "://") {
		o.Location = p.OpenAPI.Source
	}
	for _, file := range overlays(p) {
		data, err := readLimited(file)
		if err != nil {
			return o, &SpecError{Profile: p.Name, At: p.At("openapi.overlays"), Err: err, hint: "correct openapi.overlays: paths are relative to the profile's folder"}
		}
		o.Overlays = append(o.Overlays, openapi.Source{Name: file, Data: data})
	}
	return o, nil
}

func overlays(p *profiles.Profile) []string {
	var out []string
	for _, file := range p.OpenAPI.Overlays {
		out = append(out, absolute(file, p.Dir("openapi.overlays")))
	}
	return out
}

// documents lists the files on which a profile's tools depend beside its own.
func (o Options) documents(p *profiles.Profile) []string {
	files := overlays(p)
	if digest(p) == "" && !strings.Contains(p.OpenAPI.Source, "://") {
		files = append(files, absolute(p.OpenAPI.Source, p.Dir("openapi.source")))
	}
	return files
}

// key tells one compiled profile from another without reading the document.
func (o Options) key(p *profiles.Profile, files []string) (catalog.Key, error) {
	parts := []string{digest(p)}
	for _, file := range files {
		parts = append(parts, file+" "+stamp(file))
	}
	version := o.Version
	if version == "" || version == "dev" || strings.Contains(version, "+") || strings.Contains(version, "-0.") {
		version += program()
	}
	return catalog.KeyOf(p, version, parts...)
}

// program tells one build of a development version from another.
func program() string {
	file, err := os.Executable()
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	return " " + stamp(file)
}

// early returns a view that is there at once. When the profile's catalog has to be made
// first the view has only the tools that are written in the profile, and later returns
// the whole one.
func (o Options) early() (v *View, later func() (*View, error), err error) {
	ref, err := o.reference()
	if err != nil {
		return nil, nil, err
	}
	p, warnings, err := o.dir().Load(ref.Profile)
	if err != nil {
		return nil, nil, err
	}
	c, err := compiled{}, errors.New("nothing is imported")
	if p.OpenAPI != nil {
		c, err = o.fromCatalog(p)
	}
	if err == nil || p.OpenAPI == nil {
		if err != nil {
			if c, err = o.compile(p); err != nil {
				return nil, nil, err
			}
		}
		v, err = o.viewOf(p, c, ref, warnings)
		return v, nil, err
	}
	set, err := tool.Compile(p)
	if err != nil {
		return nil, nil, Located(p, err)
	}
	v, err = o.viewOf(p, compiled{set: set, files: o.documents(p)}, ref, warnings)
	return v, func() (*View, error) {
		c, err := o.build(p)
		if err != nil {
			return nil, fmt.Errorf("the document of %s: %w", p.Name, err)
		}
		return o.viewOf(p, c, ref, warnings)
	}, err
}
