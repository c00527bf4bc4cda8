package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  mcp-bridge version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := a.sys.Version()
			if asJSON {
				return printJSON(a.sys.Out, map[string]string{"version": v, "commit": a.revision(), "date": a.sys.Build.Date,
					"go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
			}
			_, err := io.WriteString(a.sys.Out, a.versionLine())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// versionLine is what `mcp-bridge version` and --version print.
func (a *app) versionLine() string {
	commit := a.revision()
	if commit != "" {
		commit = " " + commit[:min(12, len(commit))]
	}
	return fmt.Sprintf("mcp-bridge %s%s (%s, %s/%s)\n", a.sys.Version(), commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// revision is the commit that the release names, or what the Go command has recorded.
func (a *app) revision() string {
	if a.sys.Build.Commit != "" {
		return a.sys.Build.Commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changes"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + changed
}
