// Package session keeps one profile open for a command: found by name or path,
// read, compiled, with its account, its credentials and the bridge that calls it.
// For serve it follows what changes on disk.
//
// # Terminology
//
// A view is one consistent look at a profile: the document, its tools, the account
// and the bridge belong together. A session pins what the command line named;
// what was not named follows the current profile and account, which `use` sets.
package session

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/bridge"
	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/exposure"
	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// DefaultAccount is the account of a profile for which none was chosen.
const DefaultAccount = credential.DefaultAccount

// Options is what a session needs from outside.
type Options struct {
	Home    *home.Home
	Pinned  string // NAME[/ACCOUNT] or PATH.toml[/ACCOUNT]; empty: the current profile
	Account string // of --account; empty: the account that Pinned names, else the current one
	Store   keychain.Store
	Config  profiles.Config
	Environ []string
	Version string
	Logger  *slog.Logger
	Tokens  *credential.Tokens // what the process remembers of sign-ins; nil: each view its own
	Dir     profiles.Dir       // the folder of profiles; zero: that of Home
}

// View is one consistent look at a profile. A View is immutable.
type View struct {
	Profile  *profiles.Profile // nil when there is no profile at all
	Set      *tool.Set         // never nil; without a profile it has no tools
	Account  string
	Warnings []profiles.Warning
	Resolver *credential.Resolver
	Bridge   *bridge.Bridge
	Exposure *exposure.Exposure // what a client is shown; never nil for a view that is served
	Problem  error              // why a view that is served lacks the profile or the tools of its document; nil: it lacks nothing

	index func() *search.Index
	bad   func() bool
	files []string // that the tools depend on beside the profile's own
}

// Damaged reports whether the catalog of the view was found damaged when it was read:
// what the view says of tools is incomplete. See [Session.Mend].
func (v *View) Damaged() bool { return v.bad != nil && v.bad() }

// NoProfileError says that no profile was named and none is current.
type NoProfileError struct{ Known []string }

func (e *NoProfileError) Error() string {
	if len(e.Known) == 0 {
		return "there is no profile yet"
	}
	return "no profile was named and none is current"
}

// Hint says what to type.
func (e *NoProfileError) Hint() string {
	if len(e.Known) == 0 {
		return "make one: mcp-bridge add SOURCE, or mcp-bridge profiles new NAME"
	}
	return "choose one: mcp-bridge use " + e.Known[0] + " (see mcp-bridge profiles)"
}

// Dir returns the folder of the home's profiles.
func Dir(h *home.Home) profiles.Dir {
	return profiles.Dir{Path: h.Join(home.ProfilesDir), Private: home.OwnedAndPrivate}
}

// Load opens the profile that o names, or the current one. Without any the error
// is a *NoProfileError; an invalid profile gives profiles.Errors.
func Load(o Options) (*View, error) {
	ref, err := o.reference()
	if err != nil {
		return nil, err
	}
	return o.load(ref)
}

// reference decides which profile and account are meant now.
func (o Options) reference() (profiles.Ref, error) {
	state, err := o.Home.ReadState()
	if err != nil {
		return profiles.Ref{}, err
	}
	ref := profiles.Ref{Profile: state.Current}
	if o.Pinned != "" {
		if ref, err = profiles.ParseRef(o.Pinned); err != nil {
			return profiles.Ref{}, err
		}
	}
	if ref.Profile == "" {
		return profiles.Ref{}, o.noProfile()
	}
	if o.Account != "" {
		if err := profiles.CheckAccount(o.Account); err != nil {
			return profiles.Ref{}, err
		}
		ref.Account = o.Account
	}
	return ref, nil
}

// dir is the folder of profiles.
func (o Options) dir() profiles.Dir {
	if o.Dir.Path != "" {
		return o.Dir
	}
	return Dir(o.Home)
}

func (o Options) noProfile() error {
	e := &NoProfileError{}
	entries, err := o.dir().List()
	if err != nil {
		return err
	}
	for _, entry := range entries {
		e.Known = append(e.Known, entry.Name)
	}
	return e
}

// load reads and compiles one profile.
func (o Options) load(ref profiles.Ref) (*View, error) {
	p, warnings, err := o.dir().Load(ref.Profile)
	if err != nil {
		return nil, err
	}
	c, err := o.compile(p)
	if err != nil {
		return nil, err
	}
	return o.viewOf(p, c, ref, warnings)
}

// viewOf puts a view together.
func (o Options) viewOf(p *profiles.Profile, c compiled, ref profiles.Ref, warnings []profiles.Warning) (*View, error) {
	warnings = slices.Clone(warnings)
	for _, w := range c.set.Warnings() {
		warnings = append(warnings, profiles.Warning{Pos: p.Pos(w.Key), Key: w.Key, Message: w.Message})
	}
	v := &View{Profile: p, Set: c.set, Account: ref.Account, Warnings: warnings, index: c.index, bad: c.bad, files: c.files}
	if v.Account == "" {
		var err error
		if v.Account, err = o.currentAccount(p); err != nil {
			return nil, err
		}
	}
	o.connect(v)
	return v, nil
}

// currentAccount returns the account that `use` chose for the profile.
func (o Options) currentAccount(p *profiles.Profile) (string, error) {
	state, err := o.Home.ReadState()
	if err != nil {
		return "", err
	}
	if a := state.Accounts[Identity(o.Home, p)]; a != "" {
		return a, nil
	}
	return DefaultAccount, nil
}

// Identity is what stands for a profile in the state and in credential records:
// its name for one in the home's folder, its absolute path for any other.
func Identity(h *home.Home, p *profiles.Profile) string {
	abs, err := filepath.Abs(p.File)
	if err != nil || filepath.Dir(abs) == h.Join(home.ProfilesDir) {
		return p.Name
	}
	return abs
}

// absolute returns path, or path below folder when it is relative.
func absolute(path, folder string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// stamp says which content a file has, cheaply; it changes when the file does.
func stamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "absent"
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

// Name returns the name or path of the profile that o means, without reading it.
func Name(o Options) (string, error) {
	ref, err := o.reference()
	return ref.Profile, err
}
