package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// The bounds of reading a document.
const (
	maxSource  = 64 << 20
	sourceTime = 60 * time.Second
)

// readSource reads the document that a person named: a file, an address, or - for
// standard input.
func (a *app) readSource(ctx context.Context, source string) (name string, data []byte, err error) {
	if source == "-" {
		data, err = limitedRead(a.sys.In)
		return "-", data, err
	}
	if u, err := url.Parse(source); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		data, err := a.fetch(ctx, u)
		return source, data, err
	}
	info, err := os.Stat(source)
	if err != nil {
		return "", nil, fail(exitFailed, "name a file, an https address, or - for standard input", "%w", err)
	}
	if !info.Mode().IsRegular() {
		return "", nil, fail(exitFailed, "pipe it in: mcp-bridge add - < FILE", "%s is not a file", source)
	}
	f, err := os.Open(source)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }()
	data, err = limitedRead(f)
	return source, data, err
}

func limitedRead(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSource+1))
	if err == nil && len(data) > maxSource {
		return nil, fail(exitInvalid, "", "the document is larger than %d MiB", maxSource>>20)
	}
	return data, err
}

// fetch reads a document over https, or over http from this machine. A redirect
// must stay on https, and must not lead to a private address.
func (a *app) fetch(ctx context.Context, u *url.URL) ([]byte, error) {
	if u.Scheme == "http" && !profiles.LoopbackHost(u.Hostname()) {
		return nil, fail(exitFailed, "use https, or fetch it yourself and pipe it in: mcp-bridge add -", "%s is not https", u.Redacted())
	}
	ctx, cancel := context.WithTimeout(ctx, sourceTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "mcp-bridge/"+a.sys.Version())
	client := &http.Client{CheckRedirect: sameKind}
	res, err := client.Do(req)
	if err != nil {
		var own *failure
		if errors.As(err, &own) {
			return nil, own
		}
		return nil, fail(exitNetwork, "check the address and the network, or fetch it yourself and pipe it in: mcp-bridge add -", "%w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fail(exitNetwork, "check the address; a document behind a login can be piped in: mcp-bridge add -", "%s: %s", u.Redacted(), res.Status)
	}
	return limitedRead(res.Body)
}

// sameKind lets a redirect go on only over https and not to an address inside.
func sameKind(req *http.Request, via []*http.Request) error {
	const most = 5
	if len(via) >= most {
		return fail(exitNetwork, "", "more than %d redirects", most)
	}
	if req.URL.Host == via[0].URL.Host && req.URL.Scheme == via[0].URL.Scheme {
		return nil
	}
	if req.URL.Scheme != "https" {
		return fail(exitNetwork, "name the document's own address", "a redirect leads away from https, to %s", req.URL.Host)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(req.Context(), "ip", req.URL.Hostname())
	if err != nil {
		return fmt.Errorf("redirect to %s: %w", req.URL.Host, err)
	}
	for _, ip := range addrs {
		if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() {
			return fail(exitNetwork, "name the document's own address", "a redirect leads to %s, which is a private address", req.URL.Host)
		}
	}
	return nil
}
