package schema

import (
	"strconv"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Text returns a string as a node.
func Text(s string) *doc.Node { return &doc.Node{Kind: doc.String, Text: s} }

// Table returns an object of keys and values in turn.
func Table(pairs ...any) *doc.Node {
	n := &doc.Node{Kind: doc.Table}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, _ := pairs[i].(string)
		value, _ := pairs[i+1].(*doc.Node)
		Put(n, key, value)
	}
	return n
}

// Put sets a member.
func Put(n *doc.Node, key string, v *doc.Node) {
	for i := range n.Members {
		if n.Members[i].Key == key {
			n.Members[i].Value = v
			return
		}
	}
	n.Members = append(n.Members, doc.Member{Key: key, Value: v})
}

// Drop removes a member.
func Drop(n *doc.Node, key string) {
	for i := range n.Members {
		if n.Members[i].Key == key {
			n.Members = append(n.Members[:i], n.Members[i+1:]...)
			return
		}
	}
}

// Count returns the value of a keyword that holds a count.
func Count(n *doc.Node) (int, bool) {
	if n == nil || n.Kind != doc.Number {
		return 0, false
	}
	i, err := strconv.Atoi(Whole(n).Text)
	return i, err == nil
}
