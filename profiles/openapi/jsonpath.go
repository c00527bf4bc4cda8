package openapi

import (
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// maxVisits bounds how many values the paths of all overlays look at.
const maxVisits = 12_000_000

// maxMatches is how many values one path selects, on its way too.
const maxMatches = 200_000

// step leads from a value to one inside of it: a member by its key, or an item.
type step struct {
	key   string
	index int // of an item; -1: a member
}

// match is a value that a path selects, and where it is.
type match struct {
	at []step
	n  *doc.Node
}

// segment is one part of a path: selectors for children, or for all descendants.
type segment struct {
	selectors []selector
	deep      bool
}

// query is a JSONPath expression (RFC 9535) that is being used.
type query struct {
	root   *doc.Node
	visits int
	found  int
}

// selectPath returns what a path selects, in the order of RFC 9535.
func selectPath(root *doc.Node, segments []segment, visits *int) (found []match, ok bool) {
	q := &query{root: root, visits: *visits}
	found = q.run(match{n: root}, segments)
	*visits = q.visits
	return found, q.visits <= maxVisits && q.found <= maxMatches
}

func (q *query) run(from match, segments []segment) []match {
	found := []match{from}
	for _, s := range segments {
		var next []match
		add := func(m match) {
			if q.found++; q.found <= maxMatches {
				next = append(next, m)
			}
		}
		for _, m := range found {
			if s.deep {
				q.descend(m, func(inner match) { q.children(s, inner, add) })
			} else {
				q.children(s, m, add)
			}
		}
		found = next
	}
	return found
}

func (q *query) children(s segment, m match, add func(match)) {
	for _, pick := range s.selectors {
		pick(q, m, add)
	}
}

func (q *query) descend(m match, visit func(match)) {
	if q.visits++; q.visits > maxVisits || q.found > maxMatches {
		return
	}
	visit(m)
	for i := range m.n.Items {
		q.descend(m.item(i), visit)
	}
	for i := range m.n.Members {
		q.descend(m.member(i), visit)
	}
}

func (m match) item(i int) match {
	return match{append(slices.Clip(m.at), step{"", i}), m.n.Items[i]}
}

func (m match) member(i int) match {
	return match{append(slices.Clip(m.at), step{m.n.Members[i].Key, -1}), m.n.Members[i].Value}
}

func pickName(name string) selector {
	return func(_ *query, m match, yield func(match)) {
		for i := range m.n.Members {
			if m.n.Members[i].Key == name {
				yield(m.member(i))
			}
		}
	}
}

func pickAll(q *query, m match, yield func(match)) {
	for i := range m.n.Items {
		q.visits++
		yield(m.item(i))
	}
	for i := range m.n.Members {
		q.visits++
		yield(m.member(i))
	}
}

func pickIndex(index int) selector {
	return func(_ *query, m match, yield func(match)) {
		i := index
		if i < 0 {
			i += len(m.n.Items)
		}
		if i >= 0 && i < len(m.n.Items) {
			yield(m.item(i))
		}
	}
}

// pickSlice is RFC 9535, 2.3.4.
func pickSlice(start, end *int, by int) selector {
	return func(_ *query, m match, yield func(match)) {
		n := len(m.n.Items)
		bound := func(p *int, otherwise, low, high int) int {
			if p == nil {
				return otherwise
			}
			v := *p
			if v < 0 {
				v += n
			}
			return min(max(v, low), high)
		}
		if by > 0 {
			for i, to := bound(start, 0, 0, n), bound(end, n, 0, n); i < to; i += by {
				yield(m.item(i))
			}
		}
		if by < 0 {
			for i, to := bound(start, n-1, -1, n-1), bound(end, -1, -1, n-1); i > to; i += by {
				yield(m.item(i))
			}
		}
	}
}
