// Package cli is the command line: it parses, wires the rooms below, prints and
// sets the exit code. What needs a decision lives further down.
//
// # Terminology
//
// Standard output carries what a program reads: protocol lines of serve, results
// and --json. Everything that is said to a person goes to standard error. A hint
// is the last line of an error: what to type next.
package cli

import (
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/term"
)

// System is what surrounds a command: its streams, its environment and what was
// built into the binary. A command reads nothing else of the process.
type System struct {
	In      *os.File
	Out     io.Writer
	Err     io.Writer
	Environ []string // "NAME=value"
	Build   Build
}

// Build is what the release put into the binary at link time; empty otherwise.
type Build struct{ Version, Commit, Date string }

// Process returns the System of this process. From here on os.Stdout is standard
// error, so that no library can write between the lines of the protocol, and package
// log writes nowhere: net/http quotes a backend there, which may echo a credential.
func Process(b Build) System {
	out := os.Stdout
	os.Stdout = os.Stderr
	log.SetOutput(io.Discard)
	return System{In: os.Stdin, Out: out, Err: os.Stderr, Environ: os.Environ(), Build: b}
}

// Getenv returns the value of an environment variable, empty when unset.
func (s System) Getenv(name string) string {
	for i := len(s.Environ) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(s.Environ[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// Version is the release's version, or what the Go toolchain recorded.
func (s System) Version() string {
	if s.Build.Version != "" {
		return s.Build.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "dev"
}

// interactive reports whether a person can be asked: input and standard error
// are a terminal.
func (s System) interactive() bool {
	f, ok := s.Err.(*os.File)
	return ok && s.In != nil && term.IsTerminal(int(s.In.Fd())) && term.IsTerminal(int(f.Fd()))
}

// errTerminal reports whether standard error is a terminal.
func (s System) errTerminal() bool {
	f, ok := s.Err.(*os.File)
	return ok && isTerminal(f)
}
