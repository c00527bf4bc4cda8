package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"

	"github.com/mcp-bridge/mcp-bridge/bridge/catalog"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// commit keeps the document, the profile and its compiled tools, or nothing.
func (i *importedAPI) commit(ctx context.Context, name string, text []byte, replace bool) error {
	a, was := i.a, ""
	if replace {
		if old, _, err := session.Dir(a.home).Load(name); err == nil && old.OpenAPI != nil {
			was = old.OpenAPI.Digest
		}
	}
	kept := i.keepAside()
	p, set, warnings, err := i.compile(name, text)
	undo, specErr := kept()
	if err == nil {
		err = specErr
	}
	rel := home.ProfilesDir + "/" + name + ".toml"
	switch {
	case err != nil:
	case replace:
		err = a.home.WriteFile(rel, text)
	default:
		err = a.home.CreateFile(rel, text)
	}
	if err != nil {
		undo()
		if !replace {
			catalog.Remove(a.home, name)
		}
		return err
	}
	if was != "" {
		a.dropSpec(was)
	}
	if err := a.adopt(ctx, name); err != nil {
		return err
	}
	r := i.report(p, set, warnings)
	if i.f.json {
		return printJSON(a.sys.Out, r)
	}
	i.print(r, p)
	return nil
}

// compile compiles the profile and keeps its catalog.
func (i *importedAPI) compile(name string, text []byte) (*profiles.Profile, *tool.Set, []profiles.Warning, error) {
	p, warnings, err := session.Dir(i.a.home).LoadText(i.a.home.Join(home.ProfilesDir+"/"+name+".toml"), text)
	if err != nil {
		return nil, nil, nil, err
	}
	o, err := i.a.options(name, "", false)
	if err != nil {
		return nil, nil, nil, err
	}
	set, err := o.Keep(p, i.read)
	return p, set, warnings, err
}

// pack makes what is kept of the document, and its digest, once it has been read.
func (i *importedAPI) pack() (data []byte, digest string, err error) {
	if i.digest == "" {
		i.packed, i.digest, err = i.spec.Pack()
	}
	return i.packed, i.digest, err
}

// keepAside is keepSpec while something else is done; the function that it returns waits.
func (i *importedAPI) keepAside() (wait func() (undo func(), err error)) {
	var undo func()
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		undo, err = i.keepSpec()
	}()
	return func() (func(), error) {
		<-done
		return undo, err
	}
}

// keepSpec keeps the document by its digest. undo, which is never nil, removes it when it
// was not there.
func (i *importedAPI) keepSpec() (undo func(), err error) {
	undo = func() {}
	data, digest, err := i.pack()
	if err != nil {
		return undo, err
	}
	rel := home.SpecsDir + "/" + digest
	err = i.a.home.CreateFile(rel, data)
	switch {
	case errors.Is(err, fs.ErrExist):
		if kept, readErr := i.a.home.ReadFile(rel); readErr == nil && bytes.Equal(kept, data) {
			return undo, nil
		}
		return undo, i.a.home.WriteFile(rel, data) // it was damaged
	case err != nil:
		return undo, err
	}
	return func() { _ = i.a.home.Remove(rel) }, nil
}
