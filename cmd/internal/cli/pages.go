package cli

import (
	"crypto/rand"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// pages keeps pages that lead a browser to a sign-in, each for as long as the command
// runs. It is safe for concurrent use.
type pages struct {
	mu   sync.Mutex
	home *home.Home
	kept []string // below the home
}

const (
	pageFolder = "signin"
	pagePrefix = "open-"
	pageSuffix = ".html"
	// pageAge is after what time a page is a leftover: no sign-in takes so long.
	pageAge = time.Hour
)

// keep writes a page that only this user can read, and returns its path.
func (p *pages) keep(page []byte) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	name := path.Join(pageFolder, pagePrefix+rand.Text()+pageSuffix)
	if err := p.home.WriteFile(name, page); err != nil {
		return "", err
	}
	p.kept = append(p.kept, name)
	return p.home.Join(name), nil
}

// sweep removes the pages of commands that were killed.
func (p *pages) sweep() {
	entries, _ := p.home.ReadDir(pageFolder)
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, pagePrefix) || !strings.HasSuffix(name, pageSuffix) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > pageAge {
			_ = p.home.Remove(path.Join(pageFolder, e.Name())) // the next one tries again
		}
	}
}

// remove removes the pages that were kept.
func (p *pages) remove() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range p.kept {
		_ = p.home.Remove(name) // sweep removes it later
	}
	p.kept = nil
}
