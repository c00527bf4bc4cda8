package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/mcp-bridge/mcp-bridge/bridge"
	"github.com/mcp-bridge/mcp-bridge/bridge/mcpserver"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/spf13/cobra"
)

// serveName is the command that clients start.
const serveName = "serve"

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   serveName,
		Short: "Serve MCP on standard input and output, for a client",
		Long: `Serve MCP on standard input and output, for a client.

Without --profile the server follows "mcp-bridge use"; with --profile it is pinned to
that profile, and with NAME/ACCOUNT also to that account. It ends when its input ends.`,
		Example: "  mcp-bridge serve\n  mcp-bridge serve --profile petstore/work",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.serve(c.Context()) },
	}
}

func (a *app) serve(ctx context.Context) error {
	o, err := a.options("", "", false)
	if err != nil {
		return err
	}
	tuneMemory()
	s, err := session.New(o)
	if err != nil {
		return err
	}
	if v := s.View(); v.Problem != nil {
		report(a.sys.Err, v.Problem) // the server goes on: it heals with the profile
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second signal ends at once
		<-ctx.Done()
		stop()
	}()
	return mcpserver.Serve(ctx, a.sys.In, a.sys.Out, mcpserver.Options{
		Name:         "mcp-bridge",
		Version:      a.sys.Version(),
		Named:        func() (name, version string) { return named(s.View()) },
		Instructions: func() string { return a.instructions(s.View()) },
		Tools:        func() *mcpserver.Tools { return listed(ctx, s) },
		Call:         func(ctx context.Context, c mcpserver.Call) *result.Result { return a.answer(ctx, s, c) },
		Changed:      settleMemory(ctx, s.Follow(ctx)),
		Logger:       a.log,
	})
}

// named is how the server calls itself: as the profile says.
func named(v *session.View) (name, version string) {
	if v.Profile == nil {
		return "", ""
	}
	return v.Profile.Server.Name, v.Profile.Server.Version
}

// instructions is what a client tells the model about the server.
func (a *app) instructions(v *session.View) string {
	if v.Problem != nil {
		return a.lacking(v.Problem)
	}
	if v.Profile == nil {
		return "No API is set up yet. Ask the person to type in a terminal: mcp-bridge add SOURCE (an API description), or mcp-bridge demo."
	}
	switch text := v.Profile.Server.Instructions; {
	case text != "":
		return text
	case v.Exposure.Searching():
		return "The tools of this API are not listed: find them with search_tools, in a few words that say what to do."
	case v.Exposure.Compact():
		return "The tools are listed briefly: describe_tool shows all that can be said to one."
	}
	return ""
}

// lacking says to a client why there are no tools, and what helps.
func (a *app) lacking(problem error) string {
	const mostLines, mostChars = 3, 1200
	lines := strings.Split(problem.Error(), "\n")
	text := strings.Join(lines[:min(len(lines), mostLines)], "; ")
	if more := len(lines) - mostLines; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	hint := hintOf(problem)
	if !strings.Contains(hint, "mcp-bridge ") {
		check := "mcp-bridge check"
		if a.profileFlag != "" {
			check += " " + commandLine(a.profileFlag)
		}
		hint = strings.TrimPrefix(hint+"; see all that is wrong with: "+check, "; ")
	}
	return plaintext.Clean(plaintext.Shorten("The tools of this API are missing, because its profile cannot be used: "+text, mostChars) +
		"\nAsk the person to fix it in a terminal: " + hint + "\nThe tools appear as soon as it is fixed.")
}

// listed is what the view of now lists. A catalog that turns out to be damaged is made
// again first.
func listed(ctx context.Context, s *session.Session) *mcpserver.Tools {
	v := s.Built(ctx)
	return &mcpserver.Tools{
		List: func() []byte {
			if list := v.Exposure.List(); !v.Damaged() {
				return list
			}
			return s.Mend(v).Exposure.List()
		},
		Version: v.Exposure.Version(),
		Has: func(name string) bool {
			if v.Exposure.Has(name) || v.Problem != nil { // the answer to a call says what is wrong
				return true
			}
			return v.Damaged() && s.Mend(v).Exposure.Has(name)
		},
	}
}

// answer answers one call, whose tool listed has found; again when nothing was called
// because the catalog turned out to be damaged.
func (a *app) answer(ctx context.Context, s *session.Session, c mcpserver.Call) *result.Result {
	v := s.Recent()
	r, called := a.answerOf(ctx, v, c)
	if !called && v.Damaged() {
		r, _ = a.answerOf(ctx, s.Mend(v), c)
	}
	return r
}

// answerOf answers one call with a view. called says whether a tool of the API was.
func (a *app) answerOf(ctx context.Context, v *session.View, c mcpserver.Call) (r *result.Result, called bool) {
	if v.Problem != nil && !v.Exposure.Has(c.Tool) {
		return result.Errorf(result.Internal, "", "%s", a.lacking(v.Problem)), false
	}
	if v.Bridge == nil {
		return result.Errorf(result.Internal, "mcp-bridge add SOURCE", "there is no profile any more"), false
	}
	limits := result.LimitsOf(c.Client.Name, v.Profile.Exposure.MaxResultChars)
	r = v.Exposure.Call(c.Tool, c.Arguments, limits.Chars, func(name string, arguments json.RawMessage, selection string) *result.Result {
		called = true
		return v.Bridge.Call(ctx, bridge.Call{Tool: name, Arguments: arguments, Meta: c.Meta, CanAsk: c.Client.ElicitForm,
			SignIn: a.signInFor(v, c), Answers: c.Answers, Client: c.Client.Name, Select: selection})
	})
	return r, called
}
