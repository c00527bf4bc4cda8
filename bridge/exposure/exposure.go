// Package exposure decides what a client is shown of a profile's tools, and answers
// the tools by which a model finds the others. It is pure: no clock, no network, no
// files.
//
// # Terminology
//
// In list mode a client is shown every tool. In search mode it is shown the meta
// tools: search_tools finds tools, describe_tool shows their arguments, and
// call_read_tool and call_write_tool call them; the tools behind are called the
// API's. read_result, which reads on in a result that was cut, belongs to both modes.
package exposure

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// The names of the meta tools.
const (
	SearchTools   = "search_tools"
	DescribeTool  = "describe_tool"
	CallReadTool  = "call_read_tool"
	CallWriteTool = "call_write_tool"
	ReadResult    = "read_result"
)

// Exposure is what a client is shown of one Set. It is immutable and safe for
// concurrent use.
type Exposure struct {
	set       *tool.Set
	searching bool
	meta      []string // the names of the meta tools that are shown
	index     func() *search.Index
}

// New returns what a client is shown of a set. index returns the one of [Entries] when
// it is needed; nil: it is made then.
func New(set *tool.Set, index func() *search.Index) *Exposure {
	e := &Exposure{set: set, searching: set.Searched(), index: index}
	if index == nil {
		e.index = sync.OnceValue(func() *search.Index { return search.Build(Entries(set)) })
	}
	if set.Len() == 0 {
		return e
	}
	switch {
	case e.searching:
		e.meta = []string{SearchTools, DescribeTool, CallReadTool}
		if set.Writes() {
			e.meta = append(e.meta, CallWriteTool)
		}
	case set.Compact():
		e.meta = []string{DescribeTool}
	}
	if set.Profile().KeepsResults() {
		e.meta = append(e.meta, ReadResult)
	}
	return e
}

// Searching reports whether the mode is search.
func (e *Exposure) Searching() bool { return e.searching }

// Compact reports whether the list shows less of each tool than describe_tool does.
func (e *Exposure) Compact() bool { return !e.searching && e.set.Compact() }

// List returns the JSON array for tools/list. It must not be changed.
func (e *Exposure) List() []byte {
	list := []byte("[]")
	if !e.searching {
		list = e.set.List()
	}
	if len(e.meta) > 0 {
		list = e.appendMeta(list)
	}
	return list
}

// Version changes with the list and with everything that decides about calls.
func (e *Exposure) Version() string {
	mode := "list"
	if e.searching {
		mode = "search"
	}
	return mode + "-" + e.set.Version()
}

// Has reports whether a call of that name is answered: of a meta tool that is shown,
// of a tool of the API, also when only its name is known from elsewhere, and of one
// that the policy denies, which is answered with the reason.
func (e *Exposure) Has(name string) bool {
	if slices.Contains(e.meta, name) {
		return true
	}
	if _, ok := e.set.Tool(name); ok {
		return true
	}
	_, denied := e.set.Denied(name)
	return denied
}

// Caller makes one call of a tool of the API, or of read_result. selection is a jq
// expression for its response; empty: none.
type Caller func(name string, arguments json.RawMessage, selection string) *result.Result

// Call answers a call of any name that [Exposure.Has] reports. What is for a tool of
// the API is handed to call, and its result returned. maxChars bounds the text of the
// answers that are made here; it is as in [result.Options].
func (e *Exposure) Call(name string, arguments json.RawMessage, maxChars int, call Caller) *result.Result {
	if maxChars <= 0 {
		maxChars = profiles.DefaultMaxResultChars
	}
	if name == ReadResult || !slices.Contains(e.meta, name) {
		return e.callListed(name, arguments, maxChars, call)
	}
	switch name {
	case SearchTools:
		return e.search(arguments)
	case DescribeTool:
		return e.describe(arguments, maxChars)
	}
	return e.callTool(name, arguments, maxChars, call)
}
