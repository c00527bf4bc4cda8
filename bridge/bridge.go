// Package bridge answers one tool call: policy, plan, credential, request, send,
// result. It is what the command line and the MCP server both call.
//
// # Terminology
//
// A call names a tool and its arguments. Its plan is the request without any
// secret. Sending ends with a response, and a response, like every failure on the
// way, becomes a result. The client credential is what the program that calls the
// bridge hands over for passthrough.
package bridge

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Options is what a Bridge needs. Set and Resolver are required.
type Options struct {
	Set      *tool.Set
	Resolver *credential.Resolver
	Version  string           // of User-Agent
	Environ  []string         // the client's own credentials and the proxy are read from it
	Now      func() time.Time // nil: time.Now
	Seed     func() [32]byte  // of templates' randomness; nil: crypto/rand
	Proxy    string           // used when the profile names none
	CAFile   string           // used when the profile names none; absolute
	Profile  string           // as a person types it, for commands in hints
	Account  string
	OS       string       // for whose shells commands in hints are written; empty: runtime.GOOS
	Logger   *slog.Logger // nil: nothing is logged
}

// Bridge calls the tools of one profile as one account. It is safe for concurrent
// use.
type Bridge struct {
	o    Options
	mask *secret.Masker
	env  request.Incoming // the client credential of the environment

	kept   kept
	recent recent

	mu    sync.Mutex
	made  *sender         // on the first call
	asked map[string]bool // tools for which a person was asked for more scopes
}

// New returns a Bridge. It needs neither network, keychain nor any file.
func New(o Options) *Bridge {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Seed == nil {
		o.Seed = func() (seed [32]byte) { _, _ = rand.Read(seed[:]); return seed }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Bridge{o: o, mask: secret.NewMasker(), asked: map[string]bool{}}
	schemes := o.Set.Profile().Server.SecuritySchemes
	pointers := make([]*profiles.SecurityScheme, len(schemes))
	for i := range schemes {
		pointers[i] = &schemes[i]
	}
	b.env = request.ParseEnv(o.Environ, pointers)
	ours := b.mask.Lease() // never released
	for _, v := range request.EnvSecrets(o.Environ) {
		learn(ours, v)
	}
	for _, at := range o.Set.Profile().References() {
		learn(ours, at.Reference.Literal)
	}
	for _, w := range o.Set.Profile().WrittenSecrets() {
		learn(ours, secret.New(w.Value()))
	}
	return b
}

// Ready returns why no request could be sent, as a *ConfigError: a CA file or a
// client certificate that cannot be read, a proxy that is no address. It is looked
// at again with every call until it is well.
func (b *Bridge) Ready() error {
	_, err := b.sender()
	return err
}

func (b *Bridge) sender() (*sender, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made == nil {
		s, err := newSender(b.o, b.mask)
		if err != nil {
			return nil, err
		}
		b.made = s
	}
	return b.made, nil
}

// Close closes idle connections. Calls that run go on.
func (b *Bridge) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made != nil {
		b.made.client.CloseIdleConnections()
	}
}

// NeedsConfirmation reports whether the profile's policy asks a person before the
// tool is called.
func (b *Bridge) NeedsConfirmation(name string) bool {
	t, ok := b.o.Set.Tool(name)
	return ok && b.o.Set.Confirm(t)
}

// Plan returns the request of a call without its credential, to be shown; nothing is
// sent.
func (b *Bridge) Plan(c Call) (*request.Plan, error) {
	t, ok := b.o.Set.Tool(c.Tool)
	if !ok {
		return nil, b.noTool(c.Tool)
	}
	args, err := t.Arguments(c.Arguments)
	if err != nil {
		return nil, err
	}
	p, err := b.plan(t, args)
	if err != nil {
		return nil, err
	}
	return p.Masked(b.mask.String), nil
}

func (b *Bridge) plan(t *tool.Tool, args tool.Args) (*request.Plan, error) {
	p, err := request.NewWithFiles(t, args, b.templateEnv(), b.open)
	if err != nil || p.Direct {
		return p, err
	}
	headers := map[string]string{"User-Agent": "mcp-bridge/" + b.o.Version}
	profile := b.o.Set.Profile()
	for k, v := range profile.HTTP.Headers {
		if v.Secret == nil {
			headers[k] = v.Text
		}
	}
	return p.WithHeaders(headers, profile.Secrets...)
}

func (b *Bridge) templateEnv() template.Env {
	return template.Env{Now: b.o.Now(), Seed: b.o.Seed()}
}

// Call calls a tool. Every failure is a result with IsError, a kind, and a hint
// that says what to do; nothing is sent without the credential that the tool needs.
// Every text of the result is masked last of all.
// With Call.CanAsk the result may be questions instead, and nothing was sent.
func (b *Bridge) Call(ctx context.Context, c Call) *result.Result {
	lease := b.mask.Lease() // the credentials that the client hands over for this call
	defer lease.Release()
	r := b.call(ctx, c, lease)
	r.Mask(b.mask.String)
	if r.IsError {
		b.o.Logger.Debug("call failed", "tool", c.Tool, "kind", r.Kind)
	}
	return r
}

func (b *Bridge) call(ctx context.Context, c Call, lease *secret.Lease) *result.Result {
	if c.Tool == ReadResult && b.o.Set.Profile().KeepsResults() {
		return b.readResult(ctx, c)
	}
	t, ok := b.o.Set.Tool(c.Tool)
	if !ok {
		return b.failed(b.noTool(c.Tool))
	}
	args, err := t.Arguments(c.Arguments)
	if err != nil {
		return b.failed(err)
	}
	plan, err := b.plan(t, args)
	if err != nil {
		return b.failed(err)
	}
	if r := b.confirm(c, plan, t, args); r != nil {
		return r
	}
	if plan.Direct {
		o, keep := b.resultOptions(ctx, c)
		return keep.note(result.Direct(t, plan.DirectText, o))
	}
	incoming, err := request.ParseMeta(c.Meta)
	if err != nil {
		return b.failed(err)
	}
	return b.send(ctx, c, plan, request.Merge(incoming, b.env), lease)
}

// command is what a person types to confirm a call.
func (b *Bridge) command(name string, arguments json.RawMessage) string {
	words := []string{"mcp-bridge", "call", name, "--profile", b.o.Profile}
	if b.o.Account != "" && b.o.Account != credential.DefaultAccount {
		words = append(words, "--account", b.o.Account)
	}
	shell := plaintext.ShellOf(cmp.Or(b.o.OS, runtime.GOOS))
	if len(arguments) == 0 || string(arguments) == "{}" || string(arguments) == "null" {
		return shell.Command(append(words, "--yes")...)
	}
	_, plain := shell.Word(b.o.Profile)
	if args, ok := shell.Argument(arguments); ok && plain && len(args) <= maxCommand {
		return shell.Command(words...) + " --args " + args + " --yes"
	}
	// A hint that is cut, or that a shell reads in another way, would be another command.
	return shell.Command(append(words, "--args", "-", "--yes")...) + ", and give it the arguments as JSON on standard input"
}

func (b *Bridge) noTool(name string) error {
	if reason, denied := b.o.Set.Denied(name); denied {
		return &callError{kind: result.DeniedByPolicy, message: "the tool " + name + " is not allowed: " + reason,
			hint: "a person may change that in the profile " + b.o.Profile}
	}
	return &callError{kind: result.InvalidArguments, message: fmt.Sprintf("there is no tool %q", name)}
}

// failed turns an error into a result, with every known secret masked.
func (b *Bridge) failed(err error) *result.Result {
	r := result.Errorf(kindOf(err), b.mask.String(Hint(err)), "%s", b.mask.String(err.Error()))
	r.Err = err
	return r
}

// maxCommand is how many bytes of arguments stand in a command to type.
const maxCommand = 600

// Hint returns what to do about an error; empty when nobody knows.
func Hint(err error) string {
	var h interface{ Hint() string }
	for err != nil {
		if !errors.As(err, &h) {
			return ""
		}
		if text := h.Hint(); text != "" {
			return text
		}
		err = errors.Unwrap(err)
	}
	return ""
}
