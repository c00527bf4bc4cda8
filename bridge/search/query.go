package search

import (
	"slices"
	"strings"
)

// The bounds of a query; what is beyond them is not looked at.
const (
	mostQueryBytes = 2000
	mostQueryWords = 48
)

// query is a query as it is understood.
type query struct {
	concepts []concept
	intent   intent
	mine     bool // "my": the operation of the signed-in user
	method   string
	generic  bool // the verb says no more than a method does
	head     int  // the concept that names the thing; -1: none
}

// understand reads a query.
func understand(text string) *query {
	q := &query{head: -1}
	words := queryWords(text)
	words = q.cutMethod(text, words)
	start, asks := lead(words)
	verb := q.findVerb(words, start, asks)
	q.addConcepts(words, verb)
	if verb < 0 {
		q.guessIntent(words, start, asks)
	}
	q.preferMany()
	return q
}

func queryWords(text string) []string {
	if len(text) > mostQueryBytes {
		text = strings.ToValidUTF8(text[:mostQueryBytes], "")
	}
	var words []string
	split(text, func(w string) {
		if len(words) < mostQueryWords {
			words = append(words, w)
		}
	})
	return words
}

// cutMethod takes a method in front of a path away.
func (q *query) cutMethod(text string, words []string) []string {
	before, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if len(words) > 1 && strings.HasPrefix(strings.TrimSpace(rest), "/") && methodLetter(before) != otherMethod {
		q.method = strings.ToUpper(before)
		return words[1:]
	}
	return words
}

// lead skips what people say before they say what they want, and reports whether
// the query is a question about how things are.
func lead(words []string) (start int, asks bool) {
	for start < len(words) && (isStop(words, start) || in(" me to ", words[start])) {
		w := words[start]
		if start == 0 && in(questions, w) {
			asks = true
		}
		if w == "how" && start+1 < len(words) && in(" many much often long big ", words[start+1]) {
			asks = true
		}
		start++
	}
	return start, asks
}

// isStop reports whether a word says nothing: "like" does not where something is
// wished, and does where it is done.
func isStop(words []string, i int) bool {
	if words[i] == "like" && (i == 0 || !in(" would should d i we ", words[i-1])) {
		return false
	}
	return in(stop, words[i])
}

// findVerb returns the place of the verb, or -1, and sets the intent.
func (q *query) findVerb(words []string, start int, asks bool) int {
	if asks {
		return -1
	}
	for i := start; i < len(words); i++ {
		if intent := verbAt(words, i, start); intent != noVerb {
			q.intent = intent
			return i
		}
	}
	return -1
}

// verbAt returns the intent of the verb at a place; noVerb when there is none.
// A word that is as often a noun is a verb only where something follows it that it
// can be done to.
func verbAt(words []string, i, start int) intent {
	two := pair(words, i)
	noun := in(nounVerbs, words[i]) &&
		(i > start || i+1 >= len(words) || !in(determiners, words[i+1]) && !hasObject(words[i+1:]))
	for n := range verbs {
		if g := &verbs[n]; two != "" && inGroup(g.words, two) || !noun && inGroup(g.words, words[i]) {
			return g.intent
		}
	}
	for _, g := range foreignVerbs {
		if inGroup(g.words, words[i]) {
			return g.intent
		}
	}
	return noVerb
}

// pair returns two words as vocabularies write them; empty at the end.
func pair(words []string, i int) string {
	if i < 0 || i+1 >= len(words) {
		return ""
	}
	return words[i] + "_" + words[i+1]
}

// hasObject reports whether words are a thing and where it goes, as behind a verb:
// "money to an account".
func hasObject(words []string) bool {
	for i, w := range words {
		if in(stop, w) || in(prepositions, w) {
			return i > 0 && in(" to from into as ", w)
		}
	}
	return false
}

// addConcepts makes the concepts of what is left.
func (q *query) addConcepts(words []string, verb int) {
	all := !slices.ContainsFunc(words, func(w string) bool { return !in(stop, w) }) // "who am i"
	named := false                                                                  // the name of the thing has ended
	for i, w := range words {
		switch {
		case in(mine, w):
			q.mine = true
			continue
		case i != verb && !all && (isStop(words, i) || in(prepositions, w) || w == "new" && q.intent == toCreate):
			named = named || in(prepositions, w) && q.head >= 0
			continue
		}
		c, generic := newConcept(words, i, i == verb)
		switch {
		case i == verb && generic:
			c.weight, q.generic = genericVerb, true
		case i == verb:
			c.weight = otherVerb
		case named:
			c.weight = behind
		default:
			c.names, q.head = true, len(q.concepts)
		}
		q.concepts = append(q.concepts, c)
	}
}

// guessIntent decides where no verb did: a question reads, "VERB the THING" acts,
// and a mere name reads.
func (q *query) guessIntent(words []string, start int, asks bool) {
	q.intent = toRead
	next := start + 1
	if next < len(words) && in(" up out off down on in back over ", words[next]) {
		next++ // hang up the, pick out the
	}
	if !asks && next < len(words) && len(q.concepts) > 1 && in(determiners, words[next]) {
		q.intent = toAct
	}
}

// preferMany takes a plural for the wish to see all.
func (q *query) preferMany() {
	if q.head < 0 || q.intent != toRead && q.intent != toGet {
		return
	}
	if w := q.concepts[q.head].word; plain(w) && singular(w) != w {
		q.intent = toList
	}
}
