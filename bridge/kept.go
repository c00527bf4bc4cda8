package bridge

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// ReadResult is the tool that reads on in a result that was cut.
const ReadResult = "read_result"

// MetaKept is the key in a result's _meta that says under which id the whole of a
// text that was cut is kept, and from which character on it was not shown.
const MetaKept = "mcp-bridge/kept"

// maxKept bounds what is kept, in bytes. The oldest goes first.
const maxKept = 32 << 20

// kept holds whole texts of results that were cut. They are masked.
type kept struct {
	mu    sync.Mutex
	texts map[string]string
	order []string // oldest first
	size  int
}

// add keeps a text and returns its id; empty when it is too large to be kept.
func (k *kept) add(text string) string {
	if len(text) > maxKept {
		return ""
	}
	id := strings.ToLower(rand.Text()[:10]) // never one of another process or time
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.texts == nil {
		k.texts = map[string]string{}
	}
	for k.size += len(text); k.size > maxKept; k.order = k.order[1:] {
		k.size -= len(k.texts[k.order[0]])
		delete(k.texts, k.order[0])
	}
	k.texts[id], k.order = text, append(k.order, id)
	return id
}

func (k *kept) get(id string) (string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	text, ok := k.texts[id]
	return text, ok
}

// keeper keeps what is cut in one call, and remembers where.
type keeper struct {
	kept *kept
	meta map[string]any
}

// more is result.Options.More.
func (k *keeper) more(whole string, shown int) string {
	id := k.kept.add(whole)
	if id == "" {
		return "the rest is too large to be kept: ask for less"
	}
	k.meta = map[string]any{"id": id, "next": shown}
	text := goOn(id, shown)
	if outline := result.Outline(whole); outline != "" {
		text += "; the whole is " + outline
	}
	return text
}

// goOn says how the rest of a kept text is had.
func goOn(id string, offset int) string {
	return fmt.Sprintf(`read on with read_result {"id":%q,"offset":%d}, or pick with its "select"`, id, offset)
}

// note puts into a result where its whole text is kept.
func (k *keeper) note(r *result.Result) *result.Result {
	if k.meta != nil {
		if r.Meta == nil {
			r.Meta = map[string]any{}
		}
		r.Meta[MetaKept] = k.meta
	}
	return r
}

// reading are the arguments of read_result.
type reading struct {
	id     string
	offset int
	jq     string
}

// readResult answers read_result.
func (b *Bridge) readResult(ctx context.Context, c Call) *result.Result {
	args, err := parseReading(c.Arguments)
	if err != nil {
		return b.failed(err)
	}
	whole, ok := b.kept.get(args.id)
	if !ok {
		return b.failed(&callError{kind: result.InvalidArguments, message: fmt.Sprintf("no result is kept under the id %.40q", args.id),
			hint: "results are kept for a while only: call the tool again, for less of it"})
	}
	limits := result.LimitsOf(c.Client, b.o.Set.Profile().Exposure.MaxResultChars)
	if args.jq == "" {
		return result.Page(whole, args.offset, limits.Chars, func(offset int) string { return goOn(args.id, offset) })
	}
	document := result.Document(whole)
	if document == nil {
		return b.failed(&callError{kind: result.InvalidArguments, message: "select: the result " + args.id + " is not JSON", hint: "read it on with offset"})
	}
	o, keep := b.resultOptions(ctx, c)
	return keep.note(result.Selected(ctx, args.jq, document, args.offset, o))
}

// parseReading reads the arguments as models write them.
func parseReading(text json.RawMessage) (reading, error) {
	bad := func(message string) (reading, error) {
		return reading{}, &callError{kind: result.InvalidArguments, message: message, hint: `read_result takes {"id": "…", "offset": 0, "select": "a jq expression"}; id and offset stand in the note of the result that was cut`}
	}
	var fields map[string]json.RawMessage
	if len(text) == 0 || json.Unmarshal(text, &fields) != nil {
		return bad("read_result requires an id")
	}
	var r reading
	for name, value := range fields {
		var ok bool
		switch name {
		case "id":
			ok = json.Unmarshal(value, &r.id) == nil
		case "offset":
			var err error
			r.offset, err = strconv.Atoi(string(bytes.Trim(value, `"`)))
			ok = err == nil || string(value) == "null"
		case "select":
			ok = json.Unmarshal(value, &r.jq) == nil
		default:
			return bad(fmt.Sprintf("read_result has no argument %.40q", name))
		}
		if !ok {
			return bad("read_result: " + name + " is of the wrong type")
		}
	}
	if r.id == "" {
		return bad("read_result requires an id")
	}
	return r, nil
}
