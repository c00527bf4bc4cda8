package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/spf13/cobra"
)

func (a *app) toolsCommand() *cobra.Command {
	var asJSON, asClient bool
	c := &cobra.Command{
		Use:               "tools [PROFILE]",
		Short:             "List the tools as a client sees them",
		Example:           "  mcp-bridge tools\n  mcp-bridge tools petstore --json\n  mcp-bridge tools --client",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.view(first(args), "")
			if err != nil {
				return err
			}
			switch {
			case asClient:
				_, err = a.sys.Out.Write(append(slices.Clone(v.Exposure.List()), '\n'))
			case asJSON:
				err = printJSON(a.sys.Out, rows(v.Set.Tools()))
			default:
				if err = a.printTools(v.Set.Tools()); err == nil && v.Exposure.Searching() {
					a.say("clients are shown search tools in their place, about %d tokens (exposure.mode)", (len(v.Exposure.List())+3)/4)
				}
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
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

func (a *app) printTools(tools []*tool.Tool) error {
	w := tabwriter.NewWriter(a.sys.Out, 0, 0, 2, ' ', 0)
	total := 0
	for _, r := range rows(tools) {
		total += r.Tokens
		mark := "writes"
		if r.ReadOnly {
			mark = "reads"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", r.Name, mark, r.Method, r.Path, r.Tokens)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.say("%s, about %d tokens when listed", count(len(tools), "tool"), total)
	return nil
}
