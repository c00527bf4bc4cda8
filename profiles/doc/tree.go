package doc

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// uniqueMembers keeps the last of the members with one key, at the place of the
// first, and warns of each repetition. It works in place; seen is cleared.
func uniqueMembers(members []Member, seen map[string]int, warn *warnings) []Member {
	few := len(members) <= 12
	if !few {
		clear(seen)
	}
	out := members[:0]
	for _, m := range members {
		at, dup := 0, false
		if few {
			for i := range out {
				if out[i].Key == m.Key {
					at, dup = i, true
					break
				}
			}
		} else if at, dup = seen[m.Key]; !dup {
			seen[m.Key] = len(out)
		}
		if !dup {
			out = append(out, m)
			continue
		}
		warn.add(m.KeyPos, "duplicate key "+strconv.Quote(plaintext.ShortenBytes(m.Key, longestName))+" (first on line "+
			strconv.Itoa(out[at].KeyPos.Line)+"); the later value is used")
		out[at] = m
	}
	return out
}

// longestName is the most bytes of a key in a message.
const longestName = 60

// JSON returns the node as compact JSON, members in the document's order.
// Numbers stand as they were written where JSON allows that, else converted
// without losing digits. A nil node is null.
func (n *Node) JSON() json.RawMessage { return n.appendJSON(nil) }

func (n *Node) appendJSON(b []byte) []byte {
	if n == nil {
		return append(b, "null"...)
	}
	switch n.Kind {
	case Bool:
		return strconv.AppendBool(b, n.Bool)
	case Number:
		return append(b, numberJSON(n.Text)...)
	case String:
		return plaintext.AppendJSON(b, n.Text)
	case List:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	case Table:
		b = append(b, '{')
		for i, m := range n.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(plaintext.AppendJSON(b, m.Key), ':')
			b = m.Value.appendJSON(b)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// numberJSON returns a number of YAML or TOML as JSON spells it.
func numberJSON(text string) string {
	if text != "" && jsonNumber(text) == len(text) {
		return text
	}
	plain := strings.TrimPrefix(strings.ReplaceAll(text, "_", ""), "+")
	if jsonNumber(plain) == len(plain) && plain != "" {
		return plain
	}
	if i, ok := new(big.Int).SetString(plain, 0); ok {
		return i.String()
	}
	if f, err := strconv.ParseFloat(plain, 64); err == nil && f-f == 0 {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return "null"
}
