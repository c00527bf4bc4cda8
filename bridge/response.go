package bridge

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// sized is how much memory a body gets at once because its header says so: a backend
// can say what it likes.
const sized = 1 << 20

// response reads the body, at most maxBody bytes of it after decompression. That a
// backend refused the request is said also when the body that explains it cannot be
// read.
func (s *sender) response(ctx context.Context, req *http.Request, res *http.Response) (result.Response, error) {
	defer func() { _ = res.Body.Close() }()
	r := result.Response{Status: res.StatusCode, Header: res.Header}
	if res.StatusCode == http.StatusSwitchingProtocols {
		// The body is the bare connection now, which no deadline ends.
		return r, &SendError{Kind: result.BackendUnreachable, Host: req.URL.Host, Message: "it switches to another protocol, which was not asked for",
			hint: "check that server.baseUrl is the address of an HTTP API"}
	}
	late := func() bool { return false }
	if isStream(res.Header) {
		var stop func()
		late, stop = s.listen(ctx, res.Body)
		defer stop()
	}
	body, err := plain(res, &r)
	if err == nil {
		var data []byte
		data, err = read(body, s.maxBody+1, res.ContentLength)
		if int64(len(data)) > s.maxBody {
			r.Body, r.Truncated = data[:s.maxBody], true
			return r, nil
		}
		r.Body = data
	}
	if late() {
		r.Truncated, r.Note = true, "the stream had not ended when the bridge stopped listening"
		return r, nil
	}
	if err == nil || res.StatusCode >= http.StatusBadRequest && ctx.Err() == nil {
		return r, nil
	}
	r.Body = nil
	return r, s.broken(ctx, req.URL, err)
}

// encodingError is a Content-Encoding that was not asked for.
type encodingError string

func (e encodingError) Error() string {
	return "it answers in the encoding " + string(e) + ", which was not asked for"
}

// plain returns the body without its compression, and takes that out of the header.
func plain(res *http.Response, r *result.Response) (io.Reader, error) {
	switch encoding := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return res.Body, nil
	case "gzip", "x-gzip":
		unzipped, err := gzip.NewReader(res.Body)
		if errors.Is(err, io.EOF) {
			return http.NoBody, nil
		}
		if err != nil {
			return nil, err
		}
		r.Header = res.Header.Clone()
		r.Header.Del("Content-Encoding")
		r.Header.Del("Content-Length")
		return unzipped, nil
	default:
		return nil, encodingError(encoding)
	}
}

// read reads at most limit bytes. size is how many the header announces.
func read(body io.Reader, limit, size int64) ([]byte, error) {
	var b bytes.Buffer
	if size > 0 {
		b.Grow(int(min(size, limit, sized)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(body, limit))
	return b.Bytes(), err
}

// broken is a body that could not be read to its end.
func (s *sender) broken(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return s.explain(ctx, u, ctx.Err())
	}
	var unknown encodingError
	if errors.As(err, &unknown) {
		return &SendError{Kind: result.BackendUnreachable, Host: u.Host, Message: encodingError(s.brief(string(unknown), 40)).Error(), hint: "only gzip and plain bodies are read"}
	}
	return &SendError{Kind: result.BackendUnreachable, Host: u.Host, Message: "the answer broke off before its end", Err: err, hint: "try again", again: true}
}

// explain turns an error of net/http into one that says what to do.
func (s *sender) explain(ctx context.Context, u *url.URL, err error) error {
	e := &SendError{Kind: result.BackendUnreachable, Host: u.Host, Err: err}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		e.Err = wrapped.Err // without the address, whose query may hold a key
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Kind, e.Message, e.hint = result.Interrupted, "the call was cancelled", "call it again"
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Kind, e.Message = result.Timeout, fmt.Sprintf("no whole answer within %s", s.timeout)
		e.hint = "try again, or give it more time: http.timeout in the profile"
	case errors.Is(err, outbound.ErrPrivate):
		return s.refusePrivate(u.Host, u)
	case errors.Is(err, errCredential), errors.Is(err, errNoOrigin):
		e.Kind, e.Message, e.hint = result.RedirectRefused, e.Err.Error(), "set server.baseUrl to the address that the API has now"
	case s.proxy(err, e), s.tls(err, e):
	case isTimeout(err):
		e.Kind, e.Message, e.hint = result.Timeout, "no connection could be made in time", "check server.baseUrl, the network, and whether a proxy is needed"
	default:
		s.network(err, e)
	}
	return e
}

// network fills e in for everything that is neither a deadline, a certificate nor a
// proxy.
func (s *sender) network(err error, e *SendError) {
	var dns *net.DNSError
	e.again = true
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		e.again = false
		e.Message, e.hint = "there is no such host", "check server.baseUrl and the network"
	case errors.As(err, &dns):
		e.Message, e.hint = "its name cannot be looked up now", "check the network"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message, e.hint = "the connection was refused", "check that the backend runs, and server.baseUrl"
	case outOfFiles(err):
		s.client.CloseIdleConnections() // so that the next attempt finds a free one
		e.Message, e.hint = "no connection can be made: "+tooManyFiles, "wait until other calls have ended, or allow this program more open files: ulimit -n"
	case strings.Contains(err.Error(), "response headers exceeded"), strings.Contains(err.Error(), "response header list larger than"):
		e.Kind, e.Message, e.again = result.TooLarge, "its headers are larger than 1 MiB", false
	default:
		e.Message, e.hint = "no usable answer: "+secret.Redact(s.brief(e.Err.Error(), 200)), "try again"
	}
}

// proxy fills e in when it is the proxy that is at fault.
func (s *sender) proxy(err error, e *SendError) bool {
	var op *net.OpError
	var conf *outbound.ProxyError
	var answer proxyAnswer
	switch {
	case errors.As(err, &conf):
		e.Message, e.hint = conf.Error(), conf.Hint()
	case errors.As(err, &op) && (op.Op == "proxyconnect" || op.Op == "socks connect"):
		e.Message, e.hint, e.again = "the proxy cannot be reached", "check http.proxy, proxy in config.toml, and HTTPS_PROXY", true
	case strings.Contains(err.Error(), http.StatusText(http.StatusProxyAuthRequired)):
		e.Message, e.hint = "the proxy requires a user and a password, or others", "write them into http.proxy, or HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT"
	case errors.As(err, &answer):
		e.Message, e.again = answer.Error(), answer >= http.StatusInternalServerError
		e.hint = "check the address, and the proxy: http.proxy, proxy in config.toml, HTTPS_PROXY"
	default:
		return false
	}
	return true
}

// proxyAnswer is the status with which a proxy refused to connect.
type proxyAnswer int

func (p proxyAnswer) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy makes no connection to it: %d %s", int(p), http.StatusText(int(p))))
}

// connected is what a proxy answered to CONNECT. The wish for a user and a password
// has an error of its own.
func connected(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK || res.StatusCode == http.StatusProxyAuthRequired {
		return nil
	}
	return proxyAnswer(res.StatusCode)
}

// tooManyFiles is what EMFILE and ENFILE mean.
const tooManyFiles = "too many open files"

// outOfFiles reports that this program, or the machine, has as many files and
// connections open as it may.
func outOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// brief masks a text that a backend chose, then shortens it: a credential that is cut
// is not found any more.
func (s *sender) brief(text string, most int) string {
	return plaintext.ShortenBytes(s.mask.String(text), most)
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
