package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/clientconfig"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// entry is what a client will run. A home other than the usual one has to be
// named, because clients start servers without the person's environment.
func (a *app) entry(f installFlags, clients []string) (clientconfig.Entry, error) {
	e := clientconfig.Entry{Name: f.name, Args: []string{"serve"}}
	if a.profileFlag != "" {
		pinned, err := a.pinned()
		if err != nil {
			return e, err
		}
		if e.Name == "" {
			e.Name = clientconfig.NameFor(profiles.NameOf(pinned.Profile))
		}
		e.Args = append(e.Args, "--profile", pinned.String())
	}
	if e.Name == "" {
		e.Name = clientconfig.OwnName
	}
	if !clientconfig.GoodName(e.Name) {
		return e, usage("use up to 64 letters, digits, - and _", "%q is no name for a server", e.Name)
	}
	if a.usualHome() != a.home.Path() {
		e.Args = append(e.Args, "--home", a.home.Path())
	}
	binary, err := os.Executable()
	if err != nil {
		return e, fmt.Errorf("find this program's own path: %w", err)
	}
	e.Command = linkOnPath(binary)
	if err := a.staying(e.Command, clients); err != nil {
		if !f.print {
			return e, err
		}
		a.say("warning: %s", err)
		a.say("  %s", hintOf(err))
	}
	return e, nil
}

// pinned returns the profile that --profile or MCP_BRIDGE_PROFILE names, as the entry
// names it: a path is made absolute. A profile that is not there, or that cannot be
// served, is an error.
func (a *app) pinned() (profiles.Ref, error) {
	ref, err := profiles.ParseRef(a.profileFlag)
	if err != nil {
		return ref, usage("", "%w", err)
	}
	if strings.HasSuffix(strings.ToLower(ref.Profile), ".toml") {
		if ref.Profile, err = filepath.Abs(ref.Profile); err != nil {
			return ref, err
		}
	}
	if _, err := a.view(ref.String(), ""); err != nil {
		return ref, err
	}
	return ref, nil
}

// usualHome is the home of a server that is not told of another one; empty when the
// person has no home directory.
func (a *app) usualHome() string {
	path, _ := home.Locate("", func(string) string { return "" }, os.UserHomeDir)
	return path
}

// linkOnPath prefers a link of the same name on a folder of the PATH that leads
// to this binary: package managers move the binary itself with each version.
func linkOnPath(binary string) string {
	real, err := filepath.EvalSymlinks(binary)
	if err != nil {
		return binary
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		link := filepath.Join(dir, filepath.Base(binary))
		if !filepath.IsAbs(link) {
			continue
		}
		if to, err := filepath.EvalSymlinks(link); err == nil && to == real {
			return link
		}
	}
	return binary
}

// staying refuses a program that will not be there when the client starts it.
func (a *app) staying(binary string, clients []string) error {
	real, err := filepath.EvalSymlinks(binary)
	if err != nil {
		real = binary
	}
	places := clientconfig.Places{OS: runtime.GOOS, GoCache: a.sys.Getenv("GOCACHE"), Temp: []string{os.TempDir()}}
	if temp, err := filepath.EvalSymlinks(os.TempDir()); err == nil {
		places.Temp = append(places.Temp, temp)
	}
	for _, file := range []string{binary, real} {
		if where := places.Passing(file); where != "" {
			return fail(exitFailed, a.moveCommand(where, file, clients), "%s is in %s: a client could not start it any more once that is cleaned", file, where)
		}
	}
	return nil
}

// moveCommand says how to put the program where it stays and to install from there.
func (a *app) moveCommand(where, file string, clients []string) string {
	target, folder := "~/.local/bin/mcp-bridge", "mkdir -p ~/.local/bin && "
	get := commandLine("cp", file) + " " + target
	if runtime.GOOS == "windows" {
		folder, target = "", `%LOCALAPPDATA%\Programs\mcp-bridge\mcp-bridge.exe`
		get = commandLine("xcopy", "/y", file) + ` "` + target + `*"`
	}
	if where == "the Go build cache" {
		get = "go build -o " + target + " ./cmd/mcp-bridge"
	}
	again := target + " install " + strings.Join(clients, " ")
	if len(clients) == 0 {
		again += "--all"
	}
	if a.profileFlag != "" {
		again += " --profile " + commandLine(a.profileFlag)
	}
	return "put it where it stays and install from there: " + folder + get + " && " + again
}

// world is what the places of clients' files depend on.
func (a *app) world() clientconfig.World {
	user, _ := os.UserHomeDir()
	return clientconfig.World{OS: runtime.GOOS, Home: user, Getenv: a.sys.Getenv,
		Glob:   func(p string) []string { m, _ := filepath.Glob(filepath.FromSlash(p)); return m },
		Exists: func(p string) bool { _, err := os.Stat(filepath.FromSlash(p)); return err == nil }}
}

// tellLost names the settings of this shell that a server will not have, and what is
// carried over.
func (a *app) tellLost(e clientconfig.Entry) {
	shell := clientconfig.Shell{Getenv: a.sys.Getenv, Config: a.config, ConfigFile: a.home.Join(home.ConfigFile), FindsBus: a.findsBus()}
	served := e.Starts()
	if a.sys.Getenv("MCP_BRIDGE_PROFILE") != "" && served.Profile == a.sys.Getenv("MCP_BRIDGE_PROFILE") {
		a.say("the entry is pinned to %s, as MCP_BRIDGE_PROFILE of this shell says", served.Profile)
	}
	if v, err := session.Load(session.Options{Home: a.home, Pinned: served.Profile, Config: a.config, Environ: a.sys.Environ, Logger: a.log}); err == nil {
		p := v.Profile
		shell.Profile, shell.ProfileFile, shell.Proxy, shell.CAFile = session.Identity(a.home, p), p.File, p.HTTP.Proxy, p.HTTP.CAFile
		shell.Credentials = credential.Variables(p)
	}
	for _, line := range shell.Lost() {
		a.say("warning: %s", line)
	}
}

// findsBus reports whether a server reaches the keychain without this shell's
// DBUS_SESSION_BUS_ADDRESS.
func (a *app) findsBus() bool {
	kind := keychain.Settings{Kind: a.config.Keychain}.Override(a.sys.Getenv).Kind
	return kind == keychain.KindFile || keychain.FindsBus()
}
