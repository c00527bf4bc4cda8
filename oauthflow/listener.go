package oauthflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	requestTime = 10 * time.Second // to read a request, and to write a page
	lingerTime  = time.Second      // to finish what is being written when the listener closes
	maxRequest  = 64 << 10         // bytes: codes of some servers are signed documents
	bindTries   = 20               // to find a port that is free on both families
)

// loopback is a web server that only this machine reaches. It listens from the
// moment it is made, so that its address can be given away; what connects before
// serve waits.
type loopback struct {
	authority string // host and port of its address, as the Host header has to name it
	listeners []net.Listener
	server    *http.Server
	serving   sync.WaitGroup
}

// listen binds the host of a redirect: the IP literal, or for localhost both
// families on one port, because nobody knows to which of them a browser goes. A
// pinned port that is taken is an *Error of kind PortBusy; there is no other port
// then, because the server compares the one that it knows.
func listen(r Redirect) (*loopback, error) {
	var bound []net.Listener
	var err error
	switch r.Host {
	case "127.0.0.1":
		bound, err = bind(r.Port, "127.0.0.1")
	case "::1", "[::1]":
		bound, err = bind(r.Port, "::1")
	case "localhost":
		bound, err = bindBoth(r.Port)
	default:
		return nil, fail(Configuration, "authorize", fmt.Errorf("the redirect host is %q, not 127.0.0.1, [::1] or localhost", r.Host))
	}
	switch {
	case err == nil:
	case r.Port != 0 && isBusy(err):
		return nil, fail(PortBusy, "authorize", fmt.Errorf("port %d of the redirect address is in use by another program", r.Port))
	default:
		return nil, fail(Configuration, "authorize", err)
	}
	l := &loopback{listeners: bound}
	l.authority = net.JoinHostPort(strings.Trim(r.Host, "[]"), portOf(bound[0]))
	return l, nil
}

func bind(port int, host string) ([]net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

// bindBoth binds one port on 127.0.0.1 and on [::1]. A machine without IPv6 resolves
// localhost to the first only.
func bindBoth(port int) ([]net.Listener, error) {
	var busy error
	for range bindTries {
		four, err := bind(port, "127.0.0.1")
		if err != nil {
			return nil, err
		}
		chosen, _ := strconv.Atoi(portOf(four[0]))
		six, err := bind(chosen, "::1")
		if err == nil || !isBusy(err) {
			return append(four, six...), nil
		}
		_ = four[0].Close()
		if busy = err; port != 0 {
			break
		}
	}
	return nil, busy
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// isBusy reports whether a port could not be bound because another has it. Package
// syscall has its own number for that on Windows, which no system call returns.
func isBusy(err error) bool {
	const windowsInUse = syscall.Errno(10048)
	return errors.Is(err, syscall.EADDRINUSE) || runtime.GOOS == "windows" && errors.Is(err, windowsInUse)
}

// isHost reports whether a Host header names this server and nothing else: a name
// that an attacker's DNS sends to this machine does not.
func (l *loopback) isHost(host string) bool {
	if short, ok := strings.CutSuffix(l.authority, ":80"); ok && host == short {
		return true // browsers leave the default port out
	}
	return host == l.authority
}

// serve begins to answer.
func (l *loopback) serve(h http.Handler) {
	l.server = &http.Server{
		Handler:           ownUser(h),
		ReadTimeout:       requestTime,
		ReadHeaderTimeout: requestTime,
		IdleTimeout:       requestTime,
		MaxHeaderBytes:    maxRequest,
		ErrorLog:          log.New(io.Discard, "", 0), // a request line may hold a code
	}
	for _, listener := range l.listeners {
		l.serving.Go(func() { _ = l.server.Serve(listener) })
	}
}

// ownUser lets only the programs of this user ask: another one of the machine sees the
// addresses that browsers are started with. It looks when something is asked, so that a
// silent connection costs nothing.
func ownUser(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if local == nil || err != nil {
			send(w, foreignPage)
			return
		}
		own, err := netip.ParseAddrPort(local.String())
		if err != nil || !samePerson(own, peer) {
			send(w, foreignPage)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// close stops listening at once, lets what is being answered end for a moment, and
// leaves nothing running.
func (l *loopback) close() {
	for _, listener := range l.listeners {
		_ = listener.Close()
	}
	if l.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lingerTime)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close()
	}
	l.serving.Wait()
}
