package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge"
	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/exposure"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/spf13/cobra"
)

type callFlags struct {
	account string
	args    string
	arg     []string
	jq      string
	dryRun  bool
	yes     bool
	json    bool
}

func (a *app) callCommand() *cobra.Command {
	var f callFlags
	c := &cobra.Command{
		Use:   "call TOOL",
		Short: "Call one tool from the terminal",
		Long: `Call one tool from the terminal, through the same path as a client.

--arg k=v gives one argument; k:=v gives it as JSON. A member of an argument is given
as body.title=x or body.labels[0]=x, or as title=x where only one has it. --args gives all as one JSON
object, or reads it from standard input with "-". --dry-run prints the request
without sending it; it needs no credential and shows none. Where clients are shown
search tools, those can be called, too.`,
		Example: `  mcp-bridge call get_pet --arg id=7
  mcp-bridge call find_pets --args '{"tags": ["a", "b"]}' --json
  mcp-bridge call get_pet --arg id=7 --dry-run
  mcp-bridge call search_tools --arg query='find a pet'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeTools,
		RunE:              func(c *cobra.Command, args []string) error { return a.call(c.Context(), args[0], f) },
	}
	c.Flags().StringVar(&f.account, "account", "", "the account to call as (default: the current one)")
	c.Flags().StringVar(&f.args, "args", "", "the arguments as a JSON object, or - for standard input")
	c.Flags().StringArrayVar(&f.arg, "arg", nil, "one argument, k=v, body.k=v or k:=JSON")
	c.Flags().StringVar(&f.jq, "select", "", "a jq expression for the JSON response, as in .items[] | {id, name}")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the request, send nothing")
	c.Flags().BoolVar(&f.yes, "yes", false, "confirm a call that the profile's policy asks about")
	c.Flags().BoolVar(&f.json, "json", false, "print the MCP result, or the request, as JSON")
	a.completeCredential(c, false)
	return c
}

func (a *app) call(ctx context.Context, name string, f callFlags) error {
	arguments, err := a.arguments(f)
	if err != nil {
		return err
	}
	v, err := a.view("", f.account)
	if err != nil {
		return err
	}
	c := bridge.Call{Tool: name, Arguments: arguments, Approved: f.yes, Select: f.jq, Once: true}
	if slices.Contains(v.Exposure.Meta(), name) {
		return a.callMeta(ctx, v, c, f)
	}
	if _, known := v.Set.Tool(name); !known {
		if _, denied := v.Set.Denied(name); !denied {
			return a.unknownTool(v, name)
		}
	}
	if f.dryRun {
		return a.dryRun(v, c, f.json)
	}
	r, err := a.callOnce(ctx, v, c)
	if err != nil {
		return err
	}
	return a.printed(r, f.json)
}

// callMeta calls a tool that clients are shown beside or in place of those of the API,
// such as search_tools, and the tool of the API that it may name.
func (a *app) callMeta(ctx context.Context, v *session.View, c bridge.Call, f callFlags) error {
	if c.Tool == exposure.ReadResult {
		return fail(exitFailed, "pick from the response with mcp-bridge call TOOL --select, a jq expression", "read_result reads on in a result of a running server, and a call from the terminal prints its result whole or cut, and keeps none")
	}
	var err error
	planned := false
	limits := result.LimitsOf("", v.Profile.Exposure.MaxResultChars)
	r := v.Exposure.Call(c.Tool, c.Arguments, limits.Chars, func(name string, arguments json.RawMessage, selection string) *result.Result {
		one := c
		one.Tool, one.Arguments, one.Select = name, arguments, cmp.Or(selection, c.Select)
		if f.dryRun {
			planned, err = true, a.dryRun(v, one, f.json)
			return &result.Result{}
		}
		var r *result.Result
		if r, err = a.callOnce(ctx, v, one); err != nil {
			return &result.Result{}
		}
		return r
	})
	if planned || err != nil {
		return err
	}
	return a.printed(r, f.json)
}

// callOnce calls a tool of the API, and asks before where the profile's policy does.
func (a *app) callOnce(ctx context.Context, v *session.View, c bridge.Call) (*result.Result, error) {
	if !c.Approved && a.canAsk() && v.Bridge.NeedsConfirmation(c.Tool) {
		var err error
		if c.Approved, err = a.confirm(ctx, fmt.Sprintf("Call %s of %s?", c.Tool, v.Profile.Name)); err != nil {
			return nil, err
		}
	}
	r := v.Bridge.Call(ctx, c)
	return r, ctx.Err()
}

// printed prints a result; the error carries only the exit code of one that is an error.
func (a *app) printed(r *result.Result, asJSON bool) error {
	if err := a.printResult(r, asJSON); err != nil {
		return err
	}
	if r.IsError {
		return silent(resultCode(r))
	}
	return nil
}

// resultCode is the exit code of a result that is an error.
func resultCode(r *result.Result) int {
	if e, ok := errors.AsType[*credential.Error](r.Err); ok && (e.Reason == credential.Refused || e.Reason == credential.Unusable) {
		return exitFailed // nobody's sign-in would change it
	}
	switch r.Kind {
	case result.SignInNeeded, result.SignInPending, result.CredentialMissing:
		return exitSignIn
	case result.KeychainUnavailable:
		return exitKeychain
	case result.BackendUnreachable, result.TLSFailed, result.Timeout:
		return exitNetwork
	}
	return exitFailed
}

func (a *app) unknownTool(v *session.View, name string) error {
	var names []string
	for _, t := range v.Set.Tools() {
		names = append(names, t.Name)
	}
	names = append(names, v.Exposure.Meta()...)
	hint := didYouMean(name, names)
	if len(names) > 12 && !strings.HasPrefix(hint, "did") {
		hint = "see them with: mcp-bridge tools " + v.Profile.Name
	}
	if len(names) == 0 {
		hint = "the profile has no tools"
	}
	return fail(exitFailed, hint, "%s has no tool %q", v.Profile.Name, name)
}

// arguments puts --args and --arg together.
func (a *app) arguments(f callFlags) (json.RawMessage, error) {
	const hint = `write --args '{"name": "value"}', or --arg name=value`
	all := map[string]json.RawMessage{}
	if f.args != "" {
		text := []byte(f.args)
		if f.args == "-" {
			var err error
			if text, err = io.ReadAll(io.LimitReader(a.sys.In, 16<<20)); err != nil {
				return nil, fmt.Errorf("read the arguments from standard input: %w", err)
			}
		}
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, usage(hint, "--args is not a JSON object: %w", err)
		}
	}
	for _, pair := range f.arg {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || k == "" {
			return nil, usage(hint, "--arg %q has no =", pair)
		}
		raw, _ := json.Marshal(v)
		if key, isJSON := strings.CutSuffix(k, ":"); isJSON {
			if !json.Valid([]byte(v)) {
				return nil, usage(hint, "--arg %s: the value is not JSON", k)
			}
			k, raw = key, json.RawMessage(v)
		}
		all[k] = raw
	}
	return json.Marshal(all)
}

func (a *app) dryRun(v *session.View, c bridge.Call, asJSON bool) error {
	plan, err := v.Bridge.Plan(c)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(a.sys.Out, plan)
	}
	return a.print("%s", strings.TrimRight(plan.String(), "\n"))
}

// printResult prints a result: as JSON, or its texts on standard output and, for
// an error, on standard error.
func (a *app) printResult(r *result.Result, asJSON bool) error {
	if asJSON {
		return printJSON(a.sys.Out, r)
	}
	binaries := 0
	for _, c := range r.Content {
		if c.Type != "text" {
			binaries++
		}
	}
	out := a.sys.Out
	if r.IsError || binaries == 1 { // what stands beside a picture is about it
		out = a.sys.Err
	}
	for _, c := range r.Content {
		if c.Type == "text" {
			fmt.Fprintln(out, strings.TrimRight(c.Text, "\n"))
			continue
		}
		if f, ok := a.sys.Out.(*os.File); ok && binaries == 1 && !isTerminal(f) {
			if _, err := f.Write(c.Data); err != nil { // a picture goes into a file or a pipe as it is
				return err
			}
			continue
		}
		fmt.Fprintf(out, "[%s, %s, %d bytes; redirect standard output to keep it]\n", c.Type, c.MIMEType, len(c.Data))
	}
	return nil
}

// completeTools lists the tools of the current profile for the shell.
func (a *app) completeTools(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || a.open(c) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	v, err := a.view("", "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, t := range v.Set.Tools() {
		out = append(out, t.Name+"\t"+summary(t))
	}
	return append(out, v.Exposure.Meta()...), cobra.ShellCompDirectiveNoFileComp
}
