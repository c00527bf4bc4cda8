package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/importer"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// edited returns the profile's text with another digest and source, and every other
// byte as it was, with the profile that it makes.
func (a *app) edited(p *profiles.Profile, text, digest, source string) (string, *profiles.Profile, []profiles.Warning, error) {
	e := profileText{p, text}
	if source == p.OpenAPI.Source || filepath.Join(p.Dir("openapi.source"), p.OpenAPI.Source) == source {
		source = p.OpenAPI.Source
	}
	if err := e.set("source", source); err != nil {
		return "", nil, nil, err
	}
	if strings.HasPrefix(p.OpenAPI.Digest, "sha256:") {
		digest = "sha256:" + digest
	}
	if err := e.set("digest", digest); err != nil {
		return "", nil, nil, err
	}
	fresh, warnings, err := session.Dir(a.home).LoadText(p.File, []byte(e.text))
	if err != nil || !sameBut(p, fresh, digest, source) {
		return "", nil, nil, e.byHand("openapi.digest", `write digest = "`+digest+`" and source = `+strconv.Quote(source)+" under [openapi] of "+p.File)
	}
	return e.text, fresh, warnings, nil
}

// authenticated is edited for --auth, --scope, --client-id, --redirect and
// --allow-private.
func (i *importedAPI) authenticated(p *profiles.Profile, text string) (string, *profiles.Profile, []profiles.Warning, error) {
	want := importer.Copy(p)
	if err := i.auth.Apply(want, i.read, false); err != nil {
		return "", nil, nil, err
	}
	i.hosts.Record(want, false)
	out, ok := importer.Edit(text, p, want)
	fresh, warnings, err := session.Dir(i.a.home).LoadText(p.File, []byte(out))
	if ok && err == nil && encodesAs(want, fresh) {
		return out, fresh, warnings, nil
	}
	lines, err := profiles.Encode(&profiles.Profile{Server: profiles.Server{SecuritySchemes: want.Server.SecuritySchemes, DefaultUpstreamSecurity: want.Server.DefaultUpstreamSecurity},
		OpenAPI: &profiles.OpenAPI{ForceSecurity: want.OpenAPI.ForceSecurity, Overrides: want.OpenAPI.Overrides},
		HTTP:    profiles.HTTP{AllowPrivate: want.HTTP.AllowPrivate, AllowInsecure: want.HTTP.AllowInsecure}})
	if err != nil {
		return "", nil, nil, err
	}
	return "", nil, nil, fail(exitFailed, "write there:\n"+string(lines), "%s: the security schemes and [http] cannot be changed where they are written", p.File)
}

// encodesAs reports whether two profiles are the same.
func encodesAs(a, b *profiles.Profile) bool {
	x, err := profiles.Encode(a)
	if err != nil {
		return false
	}
	y, err := profiles.Encode(b)
	return err == nil && bytes.Equal(x, y)
}

// sameBut reports that an edit has changed the digest and the source and nothing else.
func sameBut(old, fresh *profiles.Profile, digest, source string) bool {
	if fresh.OpenAPI == nil || fresh.OpenAPI.Digest != digest || fresh.OpenAPI.Source != source {
		return false
	}
	want, imports := *old, *old.OpenAPI
	imports.Digest, imports.Source = digest, source
	want.OpenAPI = &imports
	return encodesAs(&want, fresh)
}

// profileText is the text of a profile that is being edited.
type profileText struct {
	p    *profiles.Profile
	text string
}

func (e *profileText) byHand(key, hint string) error {
	return fail(exitFailed, hint, "%s: %s cannot be changed where it is written", e.p.At(key), key)
}

// set gives openapi.source or openapi.digest a value: in place of the old one, or, for a
// digest that is not there, behind the source.
func (e *profileText) set(name, value string) error {
	at, insert := name, false
	if name == "digest" && e.p.OpenAPI.Digest == "" && e.p.Pos("openapi.digest") == e.p.Pos("openapi") {
		at, insert = "source", true
	}
	if old := map[string]string{"source": e.p.OpenAPI.Source, "digest": e.p.OpenAPI.Digest}[name]; old == value && !insert {
		return nil
	}
	pos := e.p.Pos("openapi." + at)
	if !samePath(pos.File, e.p.File) {
		base := strings.TrimSuffix(filepath.Base(pos.File), ".toml")
		return fail(exitFailed, "type: mcp-bridge add "+base+" --update", "openapi.%s is not written in %s but in %s, which it extends", at, e.p.File, pos.File)
	}
	lines := strings.SplitAfter(e.text, "\n")
	if pos.Line < 1 || pos.Line > len(lines) {
		return e.byHand("openapi."+at, "edit "+e.p.File)
	}
	line := lines[pos.Line-1]
	found := regexp.MustCompile(`(?:^|[\s{,."'])` + at + `["']?\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*')`).FindStringSubmatchIndex(line)
	if found == nil || strings.HasPrefix(line[found[2]:], `"""`) || strings.HasPrefix(line[found[2]:], `'''`) {
		return e.byHand("openapi."+at, "edit "+e.p.File)
	}
	from, to := found[2], found[3]
	if insert {
		line = e.behind(line, from, to, `digest = "`+value+`"`)
	} else {
		quoted := strconv.Quote(value)
		if line[from] == '\'' && strings.IndexFunc(value, func(c rune) bool { return c == '\'' || !unicode.IsPrint(c) }) < 0 {
			quoted = "'" + value + "'"
		}
		line = line[:from] + quoted + line[to:]
	}
	lines[pos.Line-1] = line
	e.text = strings.Join(lines, "")
	return nil
}

// behind writes a member behind openapi.source, whose value stands in line[from:to]: in
// the same inline table, or on a line of its own.
func (e *profileText) behind(line string, from, to int, member string) string {
	before := line[:strings.LastIndex(line[:from], "source")]
	if strings.Contains(before, "{") {
		return line[:to] + ", " + member + line[to:]
	}
	end := "\n"
	if strings.Contains(e.text, "\r\n") {
		end = "\r\n"
	}
	rest := strings.TrimRight(line, "\r\n")
	return rest + end + strings.TrimRight(before, `"'`) + member + line[len(rest):]
}

// samePath reports that two paths are one file.
func samePath(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// dropSpec removes a kept document that no profile names any more.
func (a *app) dropSpec(digest string) {
	digest = strings.TrimPrefix(digest, "sha256:")
	if len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
		return
	}
	entries, err := a.home.ReadDir(home.ProfilesDir)
	if err != nil {
		return
	}
	for _, e := range entries {
		text, err := profiles.ReadFile(filepath.Join(a.home.Join(home.ProfilesDir), e.Name()))
		if err != nil || bytes.Contains(text, []byte(digest)) {
			return // it may be needed
		}
	}
	_ = a.home.Remove(home.SpecsDir + "/" + digest)
}
