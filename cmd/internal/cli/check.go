package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/importer"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "check [PROFILE]",
		Short:             "Validate a profile without sending anything",
		Example:           "  mcp-bridge check petstore\n  mcp-bridge check ./petstore.toml --json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.check(first(args), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// finding is one line of a report about a profile.
type finding struct {
	At      string `json:"at"`
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// checked is what check --json prints.
type checked struct {
	Profile  string    `json:"profile"`
	Path     string    `json:"path"`
	Valid    bool      `json:"valid"`
	Tools    int       `json:"tools"`
	Errors   []finding `json:"errors"`
	Warnings []finding `json:"warnings"`
}

func (a *app) check(ref string, asJSON bool) error {
	v, err := a.view(ref, "")
	report := checked{Errors: []finding{}, Warnings: []finding{}}
	if err != nil {
		if report.Errors = findings(err); report.Errors == nil {
			return err // there is no such profile, or it cannot be read
		}
	} else {
		report.Valid, report.Profile, report.Path, report.Tools = true, v.Profile.Name, v.Profile.File, len(v.Set.Tools())
		for _, w := range v.Warnings {
			report.Warnings = append(report.Warnings, finding{At: w.Pos.String(), Key: w.Key, Message: w.Message})
		}
		report.Warnings = append(report.Warnings, signInFindings(v)...)
		if message, hint := v.Unused(); message != "" {
			report.Warnings = append(report.Warnings, finding{At: v.Profile.At("server.securitySchemes"), Key: "server.securitySchemes", Message: message, Hint: hint})
		}
		report.Warnings = append(report.Warnings, a.documentFindings(v)...)
		report.Warnings = append(report.Warnings, listFindings(v)...)
		if err := v.Bridge.Ready(); err != nil {
			report.Warnings = append(report.Warnings, finding{At: v.Profile.At("http"), Message: "calls will fail: " + err.Error(), Hint: hintOf(err)})
		}
	}
	if asJSON {
		if err := printJSON(a.sys.Out, report); err != nil {
			return err
		}
	} else {
		err := a.printCheck(report)
		if err != nil {
			return err
		}
	}
	if err != nil {
		return silent(exitInvalid)
	}
	return nil
}

// listFindings warn of a list that is more than clients bear.
func listFindings(v *session.View) []finding {
	tokens := tool.Tokens(len(v.Exposure.List()))
	if v.Exposure.Searching() || v.Set.Len() <= profiles.DefaultMaxTools || tokens <= profiles.DefaultBudgetTokens {
		return nil
	}
	return []finding{{At: v.Profile.At("exposure.mode"), Key: "exposure.mode", Message: fmt.Sprintf("clients are shown %d tools, which cost a model about %d tokens; some clients drop those beyond 128", v.Set.Len(), tokens),
		Hint: `write mode = "search" under [exposure], or choose tools with server.allowTools`}}
}

// signInFindings are the schemes that nobody can sign in to as they are written.
func signInFindings(v *session.View) []finding {
	var out []finding
	for i := range v.Profile.Server.SecuritySchemes {
		s := &v.Profile.Server.SecuritySchemes[i]
		if s.DefaultCredential != nil || !credential.IsOAuth(s) || v.Profile.Unusable(s) != nil {
			continue // a tool that needs it has a warning of its own
		}
		var refused *credential.Error
		if _, err := credential.Config(v.Profile, s, oauthflow.Network{}); errors.As(err, &refused) {
			key := fmt.Sprintf("server.securitySchemes[%d]", i)
			out = append(out, finding{At: v.Profile.At(key), Key: key, Message: "nobody can sign in to " + s.ID + ": " + refused.Err.Error(), Hint: refused.Hint()})
		}
	}
	return out
}

// documentFindings are what the document of a profile is warned about.
func (a *app) documentFindings(v *session.View) []finding {
	if v.Profile.OpenAPI == nil {
		return nil
	}
	d, err := session.Options{Home: a.home}.Document(context.Background(), v.Profile)
	if err != nil {
		return nil // the catalog is newer than what has become of the document
	}
	var out []finding
	for _, w := range d.Warnings {
		out = append(out, finding{At: w.At, Message: w.Message})
	}
	for _, s := range d.Skipped {
		out = append(out, finding{At: s.At, Message: s.Operation + " is no tool: " + s.Reason})
	}
	return append(out, a.strayFindings(v.Profile)...)
}

// strayFindings are the parts of a profile's selection, and its overrides, that match
// nothing in its document: likely misspelt.
func (a *app) strayFindings(p *profiles.Profile) []finding {
	if p.OpenAPI.Include.IsZero() && p.OpenAPI.Exclude.IsZero() && len(p.OpenAPI.Overrides) == 0 {
		return nil
	}
	whole, err := a.wholeDocument(p)
	if err != nil {
		return nil // as in documentFindings
	}
	var out []finding
	for _, s := range importer.Strays(p.OpenAPI, whole) {
		out = append(out, finding{At: p.At(s.Key), Key: s.Key, Message: s.InProfile(), Hint: s.Hint()})
	}
	return out
}

// wholeDocument reads the document of a profile without its selection.
func (a *app) wholeDocument(p *profiles.Profile) (*openapi.Document, error) {
	all, imports := *p, *p.OpenAPI
	imports.Include, imports.Exclude, imports.Overrides = profiles.Selection{}, profiles.Selection{}, nil
	all.OpenAPI = &imports
	return session.Options{Home: a.home}.Document(context.Background(), &all)
}

func (a *app) printCheck(r checked) error {
	for _, list := range []struct {
		word     string
		findings []finding
	}{{"error", r.Errors}, {"warning", r.Warnings}} {
		for _, f := range list.findings {
			text := list.word + ": " + line(f)
			if f.Hint != "" {
				text += "\n  " + f.Hint
			}
			if err := a.print("%s", text); err != nil {
				return err
			}
		}
	}
	if !r.Valid {
		return nil
	}
	return a.print("%s: valid, %s, %s", r.Profile, count(r.Tools, "tool"), count(len(r.Warnings), "warning"))
}

func line(f finding) string {
	text := f.Message
	if f.Key != "" {
		text = f.Key + ": " + text
	}
	if f.At != "" {
		text = f.At + ": " + text
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// findings lists what is wrong with a profile; nil when err says something else.
func findings(err error) []finding {
	var many profiles.Errors
	if errors.As(err, &many) {
		var out []finding
		for _, e := range many {
			message := *e
			message.Pos.Line, message.Pos.File, message.Key = 0, "", ""
			out = append(out, finding{At: e.Pos.String(), Key: e.Key, Message: message.Error(), Hint: e.Hint()})
		}
		return out
	}
	var spec *session.SpecError
	if errors.As(err, &spec) {
		return []finding{{At: spec.At, Key: "openapi.source", Message: spec.Err.Error(), Hint: spec.Hint()}}
	}
	var read *openapi.Error
	if errors.As(err, &read) {
		return []finding{{At: read.At, Key: "openapi.source", Message: read.Message, Hint: read.Hint()}}
	}
	var located session.CompileErrors
	if errors.As(err, &located) {
		var out []finding
		for _, e := range located {
			out = append(out, finding{At: e.Pos.String(), Key: e.Key, Message: e.Message, Hint: e.Hint})
		}
		return out
	}
	return nil
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
