package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/regular"
)

// The bounds of reading a document.
const (
	maxSource  = 64 << 20
	sourceTime = 60 * time.Second
	// sourcePause is how long a server may say nothing.
	sourcePause = 10 * time.Second
)

var (
	errSlow  = errors.New("it takes longer than a minute")
	errQuiet = errors.New("the server says nothing for ten seconds")
)

// readSource reads the document that a person named: a file, an address, or - for
// standard input.
func (a *app) readSource(ctx context.Context, source string) (name string, data []byte, err error) {
	if source == "-" {
		data, err = limitedRead(a.sys.In, 0)
		return "-", data, err
	}
	if u, err := url.Parse(source); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		data, err := a.fetch(ctx, u)
		return source, data, err
	}
	f, err := regular.Open(source)
	if errors.Is(err, regular.ErrNotRegular) {
		return "", nil, fail(exitFailed, "pipe it in: mcp-bridge add - < FILE", "%s is not a file", source)
	}
	if err != nil {
		return "", nil, fail(exitFailed, "name a file, an https address, or - for standard input", "%w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", nil, err
	}
	data, err = limitedRead(f, info.Size())
	return source, data, err
}

// limitedRead reads all of r, which is probably of that size.
func limitedRead(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(max(size, 0), maxSource)) + bytes.MinRead)
	_, err := b.ReadFrom(io.LimitReader(r, maxSource+1))
	data := b.Bytes()
	if err == nil && binary(data) {
		return nil, fail(exitInvalid, "give an OpenAPI document, or a Higress configuration, in JSON or YAML", "this is no text")
	}
	if err == nil && len(data) > maxSource {
		return nil, fail(exitInvalid, "", "the document is larger than %d MiB", maxSource>>20)
	}
	return data, err
}

// binary reports what begins as no text does: UTF-16 has a zero in every second byte.
func binary(data []byte) bool {
	start := data[:min(len(data), 512)]
	for i := 1; i < len(start); i++ {
		if start[i] == 0 && start[i-1] == 0 {
			return true
		}
	}
	return !utf8.Valid(start) && len(start) > 0 && bytes.ContainsFunc(start, func(c rune) bool { return c < '\t' && c > 0 })
}

// fetch reads a document over https, or over http from this machine, with config.toml's
// proxy and authorities. A redirect must stay on https, and must not lead to a private
// address that the person did not name.
func (a *app) fetch(ctx context.Context, u *url.URL) ([]byte, error) {
	if u.Scheme == "http" && !outbound.Loopback(u.Hostname()) {
		return nil, fail(exitFailed, "use https, or fetch it yourself and pipe it in: mcp-bridge add -", "%s is not https", u.Redacted())
	}
	ctx, cancel := context.WithTimeoutCause(ctx, sourceTime, errSlow)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	quiet := func() { stop(errQuiet) }
	answered := time.AfterFunc(sourcePause, quiet)
	defer answered.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "mcp-bridge/"+a.sys.Version())
	client, err := a.sessionOptions().Client(u.Hostname())
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	answered.Stop()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fail(exitNetwork, "check the address and the network, or fetch it yourself and pipe it in: mcp-bridge add -", "%w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fail(exitNetwork, "check the address; a document behind a login can be piped in: mcp-bridge add -", "%s: %s", u.Redacted(), res.Status)
	}
	data, err := limitedRead(&steady{r: res.Body, stop: quiet}, res.ContentLength)
	var own *failure
	if err != nil && !errors.As(err, &own) {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fail(exitNetwork, "try again, or fetch it yourself and pipe it in: mcp-bridge add -", "%s did not come whole: %w", u.Redacted(), err)
	}
	return data, err
}

// steady is a body that has to go on coming.
type steady struct {
	r    io.Reader
	stop func()
}

// Read implements io.Reader.
func (s *steady) Read(p []byte) (int, error) {
	timer := time.AfterFunc(sourcePause, s.stop)
	defer timer.Stop()
	return s.r.Read(p)
}
