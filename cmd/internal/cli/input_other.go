//go:build !unix

package cli

import (
	"io"
	"os"
)

// pollable returns f as it is: only Unix tells blocking from polled files.
func pollable(f *os.File) io.ReadCloser { return f }
