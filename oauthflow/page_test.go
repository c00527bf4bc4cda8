package oauthflow

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// The policy permits exactly the style that stands in the page, and the page needs
// nothing else.
func TestPolicyFitsThePages(t *testing.T) {
	o := LoginOptions{AppName: "A", Account: "b", Command: "mcp-bridge login a"}
	pages := []page{
		strangePage, nowherePage, gonePage, savedPage(FormOptions{}, secret.New("x"), nil), cancelledPage("x"), unsavedPage("x"), successPage(o, Token{Identity: "c"}),
		{Title: "form", Form: &fields{User: true, AskEmpty: true, Origins: []string{"https://a.example"}}},
	}
	for _, kind := range []Kind{Configuration, Denied, TimedOut, Refused, InvalidGrant, Unreachable, Unusable, IssuerMismatch, PortBusy, NoPKCE} {
		pages = append(pages, failurePage(o, fail(kind, "exchange", errors.New("cause"))))
	}
	pages = append(pages, failurePage(o, errors.New("other")))
	for _, p := range pages {
		t.Run(p.Title, func(t *testing.T) {
			html := string(p.render())
			style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(html)
			if len(style) != 2 {
				t.Fatalf("not one style:\n%s", html)
			}
			sum := sha256.Sum256([]byte(style[1]))
			if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy("'none'"), want) {
				t.Error("the policy has another hash")
			}
			for _, never := range []string{"<script", " style=", " src=", "http-equiv", "<link", "ZgotmplZ", "onclick", "url("} {
				if strings.Contains(html, never) {
					t.Errorf("the page has %q", never)
				}
			}
			if !strings.HasSuffix(strings.TrimSpace(html), "</html>") {
				t.Errorf("the page is not whole:\n%s", html)
			}
		})
	}
}

// P2: what a profile or server says is one short line that cannot act.
func TestTextsFromOutsideAreTidied(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"Ada":                    "Ada",
		" a \t b\r\nc ":          "a b c",
		"\x1b[31mred\x07":        "[31mred",
		"\u202egpj.exe":          "gpj.exe",
		"a\u200bb\ufeff":         "ab",
		"bad \xff utf-8":         "bad utf-8",
		"Grüße 東京 🔑":             "Grüße 東京 🔑",
		strings.Repeat("é", 250): strings.Repeat("é", maxText-1) + "…",
	} {
		if got := tidy(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	p := successPage(LoginOptions{AppName: `<img src=x onerror=alert(1)>`, Account: `"><script>`}, Token{Identity: strings.Repeat("<b>", 1<<20)})
	html := string(p.render())
	for _, never := range []string{"<img", "<script", "<b>"} {
		if strings.Contains(html, never) {
			t.Errorf("the page has %s", never)
		}
	}
	if len(html) > 20_000 || !utf8.ValidString(html) {
		t.Errorf("the page has %d bytes", len(html))
	}
}

// Of an error the page shows what the server said, as text; all else is for the terminal.
func TestOnlyTheServersWordsAreOnThePage(t *testing.T) {
	err := &Error{Kind: Refused, Stage: "exchange", Code: "invalid_scope", Description: "Unknown <b>scope", Host: "canary.example", Err: fmt.Errorf("canary-cause")}
	html := string(failurePage(LoginOptions{}, err).render())
	if strings.Contains(html, "canary") || !strings.Contains(html, "invalid_scope") || !strings.Contains(html, "Unknown &lt;b&gt;scope") {
		t.Error(html)
	}
	err.Kind = IssuerMismatch // somebody else's words
	if html := string(failurePage(LoginOptions{}, err).render()); strings.Contains(html, "invalid_scope") || strings.Contains(html, "Unknown") {
		t.Error(html)
	}
}
