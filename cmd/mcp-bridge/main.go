// Command mcp-bridge turns an HTTP API into MCP tools for desktop AI clients and
// calls it as the signed-in user. See mcp-bridge --help.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/cli"
)

// Set by the release.
var version, commit, date = "", "", ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends at once
	code := cli.Run(ctx, cli.Process(cli.Build{Version: version, Commit: commit, Date: date}), os.Args[1:])
	stop()
	os.Exit(code)
}
