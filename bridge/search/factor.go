package search

import "math"

// factor is what an entry's score is multiplied by.
func (r *ranking) factor(e int) float64 {
	s, flags := r.x.shape(e), r.flags[e]
	f := suits(r.q.intent, s)
	if r.q.intent <= toGet && flags&verbIsTail != 0 && s.method == 'P' {
		f = max(f, searches)
	}
	f *= r.explained(s, flags) / (1 + perParam*float64(s.params))
	if r.wanted > 0 {
		f *= uncovered + (1-uncovered)*math.Pow(min(r.found[e]/r.wanted, 1), coverPower)
	}
	if r.q.intent == toAct && s.flags&flagItem == 0 && flags&verbIsTail == 0 && s.method != 'G' {
		f *= actOnAll
	}
	if r.q.intent >= toCreate && flags&verbIsTail != 0 {
		f *= verbInTail
	}
	if flags&isMine != 0 {
		f *= mineFound
	}
	if s.flags&flagDeprecated != 0 {
		f *= deprecated
	}
	return f
}

// explained is how well the query explains an entry's path: less than one for words
// that it says nothing of, more when the tail is what it names.
func (r *ranking) explained(s shape, flags byte) float64 {
	strange, whole, actions := 0.0, true, false
	acts := r.q.intent >= toCreate && !r.q.generic
	r.x.eachWord(s, func(w word) {
		known := r.match(w.light)
		if w.deep != w.light {
			known = max(known, asDeep*r.match(w.deep))
		}
		if w.tail && acts && known == 0 && string(r.x.term(w.light)) == "action" {
			actions = true
			return
		}
		share := unexplainedPart
		if w.tail {
			share = unexplainedTail
			whole = whole && known >= asGeneric
		}
		strange += (1 - min(known, 1)) * share * (r.x.idf(w.light) + flatIDF)
	})
	f := 1 / (1 + strange)
	if actions && flags&verbNamed == 0 {
		f *= actionTail
	}
	if whole && flags&thingInTail != 0 {
		f *= headInTail
	}
	return f
}
