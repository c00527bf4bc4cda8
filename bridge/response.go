package bridge

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/secret"
)

// response reads the body, at most maxBody bytes of it after decompression.
func (s *sender) response(ctx context.Context, req *http.Request, res *http.Response) (result.Response, error) {
	defer func() { _ = res.Body.Close() }()
	r := result.Response{Status: res.StatusCode, Header: res.Header}
	body := io.Reader(res.Body)
	switch encoding := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		unzipped, err := gzip.NewReader(body)
		if errors.Is(err, io.EOF) {
			return r, nil // no body at all
		}
		if err != nil {
			return r, s.broken(ctx, req.URL, err)
		}
		body = unzipped
		r.Header = res.Header.Clone()
		r.Header.Del("Content-Encoding")
		r.Header.Del("Content-Length")
	default:
		return r, &SendError{Kind: result.Internal, Host: req.URL.Host, Message: "it answers in the encoding " + cutText(encoding, 40) + ", which was not asked for",
			hint: "only gzip and plain bodies are read"}
	}
	data, err := io.ReadAll(io.LimitReader(body, s.maxBody+1))
	if int64(len(data)) > s.maxBody {
		r.Body, r.Truncated = data[:s.maxBody], true
		return r, nil
	}
	if err != nil {
		return r, s.broken(ctx, req.URL, err)
	}
	r.Body = data
	return r, nil
}

// broken is a body that could not be read to its end.
func (s *sender) broken(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return s.explain(ctx, u, ctx.Err())
	}
	return &SendError{Kind: result.BackendUnreachable, Host: u.Host, Message: "the answer broke off before its end", Err: err, hint: "try again"}
}

// explain turns an error of net/http into one that says what to do.
func (s *sender) explain(ctx context.Context, u *url.URL, err error) error {
	e := &SendError{Kind: result.BackendUnreachable, Host: u.Host, Err: err}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		e.Err = wrapped.Err // without the address, whose query may hold a key
	}
	var dns *net.DNSError
	var proxy *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Kind, e.Message = result.Interrupted, "the call was cancelled"
	case errors.Is(ctx.Err(), context.DeadlineExceeded) || isTimeout(err):
		e.Kind, e.Message = result.Timeout, fmt.Sprintf("no whole answer within %s", s.timeout)
		e.hint = "try again, or give it more time: http.timeout in the profile"
	case s.tls(err, e):
	case errors.As(err, &dns):
		e.Message, e.hint = "there is no such host", "check server.baseUrl and the network"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message, e.hint = "the connection was refused", "check that the backend runs, and server.baseUrl"
	case errors.As(err, &proxy) && proxy.Op == "proxyconnect":
		e.Message, e.hint = "the proxy cannot be reached", "check http.proxy, proxy in config.toml, and HTTPS_PROXY"
	case strings.Contains(err.Error(), "server response headers exceeded"):
		e.Kind, e.Message = result.TooLarge, "its headers are larger than 1 MiB"
	default:
		e.Message, e.hint = "no usable answer: "+secret.Redact(s.mask.String(cutText(e.Err.Error(), 200))), "try again"
	}
	return e
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// tls fills e in when the error is about a certificate or a handshake.
func (s *sender) tls(err error, e *SendError) bool {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		alert    tls.AlertError
	)
	switch {
	case errors.As(err, &unknown):
		e.Message, e.hint = "its certificate is signed by an authority that this machine does not know", "name the authority's certificate: http.caFile in the profile, or caFile in config.toml"
	case errors.As(err, &hostname):
		e.Message, e.hint = "its certificate is for another name", "use the name that the certificate is for in server.baseUrl"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Message, e.hint = "its certificate has expired or is not valid yet", "check the clock of this machine, or renew the certificate"
	case errors.As(err, &invalid), errors.As(err, &verify):
		e.Message, e.hint = "its certificate is not valid", "look at it with: openssl s_client -connect "+e.Host
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		e.Message, e.hint = "it does not speak TLS", "check the port, and whether it is plain http"
	case errors.As(err, &alert):
		e.Message, e.hint = "it refused the TLS handshake: "+alert.Error(), "it may want a client certificate: http.clientCert and http.clientKey"
	case strings.Contains(err.Error(), "remote error: tls:"):
		e.Message, e.hint = "it refused the TLS handshake", "it may want a client certificate: http.clientCert and http.clientKey"
	default:
		return false
	}
	e.Kind = result.TLSFailed
	return true
}

// private reports whether a host is literally an address of this machine or of a
// private network.
func private(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}

func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
