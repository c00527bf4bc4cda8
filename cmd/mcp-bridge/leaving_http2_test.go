//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
)

// TestWrittenRequestsAreSentOnce: HTTP/2 sends a request again after some errors of a
// stream, also one that was received whole.
func TestWrittenRequestsAreSentOnce(t *testing.T) {
	authority := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	defer authority.Close()
	config := authority.TLS.Clone()
	config.NextProtos = []string{"h2"}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var seen atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go resetting(c, &seen)
		}
	}()
	p := keyed(t, "https://"+l.Addr().String(), "x")
	p.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw})))
	p.write(".mcp-bridge/config.toml", "keychain = \"file\"\nkeyFile = \"key\"\nbrowser = \"none\"\ncaFile = \""+p.home+"/ca.pem\"\n")
	h := p.serve("--profile", "t")
	for range 3 {
		seen.Store(0)
		if c := h.call("x_post"); seen.Load() != 1 || !strings.Contains(c.text(), "it may have been done") {
			t.Errorf("received %d times: %s", seen.Load(), c.text())
		}
	}
}

// resetting reads requests to their end and ends each stream with PROTOCOL_ERROR.
func resetting(c net.Conn, seen *atomic.Int64) {
	defer func() { _ = c.Close() }()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c, preface); err != nil || !bytes.Equal(preface, []byte(http2.ClientPreface)) {
		return
	}
	f := http2.NewFramer(c, c)
	_ = f.WriteSettings()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = f.WriteSettingsAck()
			}
		case *http2.PingFrame:
			_ = f.WritePing(true, frame.Data)
		case *http2.HeadersFrame:
			if frame.StreamEnded() {
				seen.Add(1)
				_ = f.WriteRSTStream(frame.StreamID, http2.ErrCodeProtocol)
			}
		case *http2.DataFrame:
			if frame.StreamEnded() {
				seen.Add(1)
				_ = f.WriteRSTStream(frame.StreamID, http2.ErrCodeProtocol)
			}
		}
	}
}

// TestCredentialsOfACallAreForgotten: what a client hands over for one call is masked in
// its result, and is an ordinary text afterwards.
func TestCredentialsOfACallAreForgotten(t *testing.T) {
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "now "+r.Header.Get("Authorization")+", never token-of-call-1-")
	}))
	defer b.Close()
	p := newPerson(t)
	p.write(".mcp-bridge/profiles/t.toml", `[server]
name = "t"
[[server.securitySchemes]]
id = "up"
type = "http"
scheme = "bearer"
[[tools]]
name = "show"
[tools.security]
id = "up"
passthrough = true
[tools.requestTemplate]
url = "`+b.URL+`/x"
method = "GET"
[tools.requestTemplate.security]
id = "up"
`)
	h := p.serve("--profile", "t")
	for i := 1; i <= 3; i++ {
		id := fmt.Sprint(100 + i)
		m := h.ask(id, toolCall(id, "show", fmt.Sprintf(`{"mcp-bridge/headers":{"Authorization":"Bearer token-of-call-%d-"}}`, i)))
		var c called
		if json.Unmarshal(m.Result, &c) != nil || strings.Contains(c.text(), fmt.Sprintf("Bearer token-of-call-%d-", i)) || !strings.Contains(c.text(), "[secret]") {
			t.Errorf("call %d: %s", i, m.raw)
		}
		if i > 1 && !strings.Contains(c.text(), "never token-of-call-1-") {
			t.Errorf("call %d: the credential of another call is still known: %s", i, c.text())
		}
	}
}
