package search

import (
	"math"
	"slices"
	"strings"
)

// Hit is one entry that was found.
type Hit struct {
	Index int     // the entry's place in what [Build] was given
	Score float64 // only the order of scores means something
}

// MostHits is how many hits [Index.Search] returns at most.
const MostHits = 50

// What the parts of a score count for.
// What the parts of a score count for. They were found by trying on the tuning half
// of the tasks in testdata, and rounded.
const (
	saturation      = 8.0   // k of BM25, for weights of several fields
	uncovered       = 0.45  // of the score, where nothing of the query is found
	coverPower      = 1.2   // above 1: what has all words comes before what has most
	aside           = 0.5   // how far a word is found that only description or arguments have
	unexplainedTail = 0.075 // for each unit of idf in the tail that the query says nothing of
	unexplainedPart = 0.05  // the same in the rest of the path
	flatIDF         = 1.0   // added there, so that frequent words count too
	headInTail      = 1.15  // the tail is the thing that is named
	verbInTail      = 1.3   // the tail is the verb: /merge
	actionTail      = 1.45  // the tail is "actions", where APIs put every other verb
	actOnAll        = 0.85  // to act on a path that ends with no parameter and no verb
	searches        = 0.9   // a POST whose tail is the verb, to a wish to read: /search
	mineFound       = 2.0   // "my" meets the signed-in user
	perParam        = 0.02  // for each parameter of the path
	deprecated      = 0.6
	knownNoun       = 0.4 // of a synonym's weight, when the typed word is there itself
	exactScore      = 1e6
)

// The bounds of one search.
const (
	workPerEntry = 200
	mostUnknown  = 6
)

// Search returns the entries that the query means, best first, at most limit and
// [MostHits] of them, and the number of all that have anything of it. Entries of
// one score stand in the order they were indexed in.
func (x *Index) Search(text string, limit int) (hits []Hit, total int) {
	r := &ranking{x: x, q: understand(text), score: make([]float64, x.n), found: make([]float64, x.n), best: make([]float64, x.n),
		share: make([]float64, x.n), pair: make([]float64, x.n), flags: make([]byte, x.n), work: workPerEntry*x.n + workPerEntry, unknown: mostUnknown}
	for i := range r.q.concepts {
		r.addConcept(&r.q.concepts[i])
	}
	r.addMine()
	r.settle()
	for e := range r.score {
		if r.score[e] > 0 {
			r.score[e] *= r.factor(e)
		}
	}
	r.addExact(text)
	for e, s := range r.score {
		if s > 0 {
			hits = append(hits, Hit{e, s})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return a.Index - b.Index
	})
	return hits[:min(len(hits), max(limit, 0), MostHits)], len(hits)
}

// ranking is one search while it goes on. The slices have one place for each entry.
type ranking struct {
	x       *Index
	q       *query
	score   []float64
	found   []float64 // how much of the query an entry has
	wanted  float64   // how much there is to have
	best    []float64 // of the concept at hand
	share   []float64 // how well the concept at hand is met
	pair    []float64 // of the first term of two
	flags   []byte
	work    int     // postings that may still be looked at
	unknown int     // words that may still be searched for what is near them
	matched []match // the terms that stand for concepts, sorted by term when all are there
}

// match is a term that stands for a concept, and how well.
type match struct {
	term   int
	weight float64
}

// What is known of an entry besides its score.
const (
	thingInTail = 1 << iota // what the query names is in the tail
	verbIsTail              // the verb is in the tail
	verbNamed               // the verb is in name or path
	isMine
)

// addConcept scores one concept. An entry gets the best of its alternatives.
func (r *ranking) addConcept(c *concept) {
	c.alts = append(c.alts, r.near(c)...)
	own := math.Inf(1)
	if t, known := r.x.find(c.alts[0].first); known {
		own = r.x.idf(t)
	}
	most := 0.0
	for _, a := range c.alts {
		most = max(most, r.addAlternative(c, a, own))
	}
	if most == 0 {
		return
	}
	want := c.weight * most
	r.wanted += want
	for e, v := range r.best {
		if v > 0 {
			r.score[e] += c.weight * v
			r.found[e] += want * min(r.share[e], 1)
			r.best[e], r.share[e] = 0, 0
		}
	}
}

// addAlternative takes one alternative of a concept in and returns how much it
// tells: a synonym that is rare no more than the typed word, own.
func (r *ranking) addAlternative(c *concept, a alternative, own float64) float64 {
	if !math.IsInf(own, 1) && a.weight <= asNoun && !c.verb {
		a.weight *= knownNoun
	}
	if a.weight >= 1 {
		own = math.Inf(1)
	}
	first, ok := r.x.find(a.first)
	if !ok {
		return 0
	}
	idf := min(r.x.idf(first), own)
	if a.second == "" {
		r.matched = append(r.matched, match{first, a.weight})
		r.each(first, func(e int, in byte, w float64) { r.take(c, e, in, a.weight*idf*saturated(w), a.weight) })
		return idf
	}
	second, ok := r.x.find(a.second)
	if !ok {
		return 0
	}
	idf2 := min(r.x.idf(second), own)
	r.matched = append(r.matched, match{first, a.weight}, match{second, a.weight})
	r.each(first, func(e int, _ byte, w float64) { r.pair[e] = idf * saturated(w) })
	r.each(second, func(e int, in byte, w float64) {
		if r.pair[e] > 0 {
			r.take(c, e, in, a.weight*(r.pair[e]+idf2*saturated(w)), a.weight)
		}
	})
	clear(r.pair)
	return max(idf, idf2)
}

// each is [Index.each] as long as the search may still work.
func (r *ranking) each(term int, f func(e int, in byte, w float64)) {
	if r.work -= r.x.frequency(term); r.work >= 0 {
		r.x.each(term, f)
	}
}

// take notes that an entry has an alternative of a concept.
func (r *ranking) take(c *concept, e int, in byte, v, share float64) {
	if in&^(inDescription|inArguments|inParams) == 0 {
		share *= aside
	}
	r.best[e] = max(r.best[e], v)
	r.share[e] = max(r.share[e], share)
	switch {
	case c.verb && in&inTail != 0:
		r.flags[e] |= verbIsTail | verbNamed
	case c.verb && in&(inPath|inName) != 0:
		r.flags[e] |= verbNamed
	case c.names && in&inTail != 0:
		r.flags[e] |= thingInTail
	}
}

func saturated(w float64) float64 { return w * (saturation + 1) / (saturation + w) }

// addMine marks the entries that are about the signed-in user.
func (r *ranking) addMine() {
	if !r.q.mine {
		return
	}
	for _, w := range [...]string{"authenticat", "me", "my", "current"} {
		if t, ok := r.x.find(w); ok {
			r.each(t, func(e int, in byte, _ float64) {
				if in&(inName|inPath|inSummary) != 0 {
					r.flags[e] |= isMine
				}
			})
		}
	}
}

// match returns how well a term stands for a concept of the query.
func (r *ranking) match(term int) float64 {
	at, found := slices.BinarySearchFunc(r.matched, term, func(m match, t int) int { return m.term - t })
	if !found {
		return 0
	}
	return r.matched[at].weight
}

// settle sorts the matches and keeps the best of each term.
func (r *ranking) settle() {
	slices.SortFunc(r.matched, func(a, b match) int {
		switch {
		case a.term != b.term:
			return a.term - b.term
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	r.matched = slices.CompactFunc(r.matched, func(a, b match) bool { return a.term == b.term })
}

// addExact puts entries first whose name or path the query is.
func (r *ranking) addExact(text string) {
	text = strings.TrimSpace(text)
	if len(text) > mostQueryBytes {
		return
	}
	name := squash(text)
	if name != "" {
		r.x.eachExact(hash(name), func(e int) { r.score[e] += exactScore })
	}
	if r.q.method != "" {
		_, text, _ = strings.Cut(text, " ")
		text = strings.TrimSpace(text)
	}
	if strings.HasPrefix(text, "/") {
		r.x.eachExact(hash(pathKey(text)), func(e int) {
			r.score[e] += exactScore
			if r.q.method != "" && r.x.shape(e).method == methodLetter(r.q.method) {
				r.score[e] += exactScore
			}
		})
	}
}
