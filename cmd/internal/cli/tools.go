package cli

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func (a *app) toolsCommand() *cobra.Command {
	var asJSON, asClient, tokens bool
	c := &cobra.Command{
		Use:               "tools [PROFILE]",
		Short:             "List the tools as a client sees them",
		Example:           "  mcp-bridge tools\n  mcp-bridge tools petstore --tokens\n  mcp-bridge tools petstore --json\n  mcp-bridge tools --client",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.view(first(args), "")
			if err != nil {
				return err
			}
			switch {
			case asClient:
				_, err = io.WriteString(a.sys.Out, escaped(string(v.Exposure.List()))+"\n")
			case asJSON:
				err = printJSON(a.sys.Out, rows(v.Set.Tools()))
			default:
				if err = a.printTools(v.Set.Tools(), tokens); err == nil {
					a.say("%s; clients are shown %s, about %d tokens", count(v.Set.Len(), "tool"), map[bool]string{true: "search tools in their place", false: "them all"}[v.Exposure.Searching()], tool.Tokens(len(v.Exposure.List())))
				}
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&tokens, "tokens", false, "print path and tokens of each tool")
	c.Flags().BoolVar(&asClient, "client", false, "print the list exactly as a client receives it")
	return c
}

// toolRow is one tool in tools --json; the names are relied upon by scripts.
type toolRow struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Method      string `json:"method"`
	Path        string `json:"path"`
	ReadOnly    bool   `json:"readOnly"`
	Tokens      int    `json:"tokens"`
	Operation   string `json:"operation"`
}

func rows(tools []*tool.Tool) []toolRow {
	out := []toolRow{}
	for _, t := range tools {
		out = append(out, toolRow{t.Name, t.Description, t.Request.Method, t.Path, t.ReadOnly, t.Tokens(), t.Operation})
	}
	return out
}

// printTools prints a line for each tool, cut to the terminal's width; with tokens its
// path and what listing it costs.
func (a *app) printTools(tools []*tool.Tool, tokens bool) error {
	if tokens {
		out := [][]string{{"NAME", "METHOD", "PATH", "READS", "TOKENS"}}
		for _, r := range rows(tools) {
			out = append(out, []string{r.Name, r.Method, r.Path, map[bool]string{true: "reads", false: "writes"}[r.ReadOnly], strconv.Itoa(r.Tokens)})
		}
		return a.table(out)
	}
	out, used := [][]string{{"NAME", "METHOD", "SUMMARY"}}, len("NAME  METHOD  ")
	for _, t := range tools {
		used = max(used, len(t.Name)+len("  METHOD  "))
		out = append(out, []string{t.Name, t.Request.Method, summary(t)})
	}
	most := 100 // of a file or a pipe
	if f, ok := a.sys.Out.(*os.File); ok && isTerminal(f) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			most = max(width-used-1, 12)
		}
	}
	for _, row := range out {
		row[2] = plaintext.Shorten(row[2], most)
	}
	return a.table(out)
}

// summary is what a tool does, on one line.
func summary(t *tool.Tool) string {
	text := t.Summary
	if text == "" {
		text, _, _ = strings.Cut(strings.TrimSpace(t.Description), "\n")
	}
	return strings.Join(strings.Fields(withoutTags(text)), " ")
}

// withoutTags returns text without HTML tags, which documents have in descriptions.
func withoutTags(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "<")
		b.WriteString(before)
		end := strings.IndexByte(rest, '>')
		if !ok || end < 0 || rest == "" || !(rest[0] == '/' || rest[0]|0x20 >= 'a' && rest[0]|0x20 <= 'z') || strings.ContainsAny(rest[:end], "\n") || end > 200 {
			if !ok {
				return b.String()
			}
			b.WriteByte('<')
			text = rest
			continue
		}
		text = rest[end+1:]
	}
}
