package search

import (
	"slices"
	"strings"
)

// mostAlternatives is how many alternatives a concept has before near words.
const mostAlternatives = 40

// concept is one word of the query, and what may stand for it.
type concept struct {
	word   string // as typed
	weight float64
	verb   bool
	names  bool // it belongs to the name of the thing that is wanted
	alts   []alternative
}

// alternative is one or two terms that stand for a concept. A term begins with "~"
// where it is a deep form.
type alternative struct {
	first, second string
	weight        float64
}

// What alternatives and concepts count for.
const (
	asShort     = 0.95 // the short or the long form: repo and repository
	asJoined    = 1.0  // two words written as one, or one as two
	asGeneric   = 0.85 // another verb that says the method
	asNoun      = 0.8  // another noun of the group
	asDeep      = 0.8
	asVerb      = 0.5 // another verb of the group
	genericVerb = 0.4
	otherVerb   = 0.65
	behind      = 0.75 // a word behind the thing that is named
)

// newConcept collects what may stand for one word, and reports whether it is a
// generic verb.
func newConcept(words []string, i int, verb bool) (c concept, generic bool) {
	w := words[i]
	c = concept{word: w, weight: 1, verb: verb}
	c.add(alternative{first: light(w), weight: 1})
	c.addDeep(light(w), 1)
	if again := repeated(w); again != "" {
		c.add(alternative{first: light(again), weight: asDeep})
		c.addDeep(light(again), asDeep)
	}
	for _, at := range [...]int{i, i - 1} {
		if two := pair(words, at); two != "" {
			c.addGroups(two, verb)
			c.add(alternative{first: light(words[at] + words[at+1]), weight: asJoined})
		}
	}
	return c, c.addGroups(w, verb)
}

// add adds an alternative that is not there yet.
func (c *concept) add(a alternative) {
	for _, known := range c.alts {
		if known.first == a.first && known.second == a.second {
			return
		}
	}
	if len(c.alts) < mostAlternatives {
		c.alts = append(c.alts, a)
	}
}

// addDeep adds the entries that share only the deep form.
func (c *concept) addDeep(l string, weight float64) {
	d := deep(l)
	c.add(alternative{first: deepMark + d, weight: weight * asDeep})
	c.add(alternative{first: deepMark + l, weight: weight * asDeep})
	if d != l {
		c.add(alternative{first: d, weight: weight * asDeep})
	}
}

// repeated returns the verb that a verb with re- in front says to do again; empty
// when it is no such verb.
func repeated(word string) string {
	rest, found := strings.CutPrefix(word, "re")
	if !found || isVerb(word) || !isVerb(rest) {
		return ""
	}
	return rest
}

func isVerb(word string) bool {
	return slices.ContainsFunc(verbs[:], func(g verbGroup) bool { return inGroup(g.words, word) })
}

// addGroups adds the words that mean the same as word, and reports whether it is a
// generic verb.
func (c *concept) addGroups(word string, verb bool) (generic bool) {
	base := singular(word)
	if !verb && c.addNouns(word, base) || !verb && in(nounVerbs, word) {
		return false // rather a noun
	}
	for _, g := range verbs {
		switch {
		case !inGroup(g.words, word) && (verb || !inGroup(g.words, base)):
		case !g.generic:
			c.addWords(g.words, word, asVerb)
		case verb:
			c.addWords(g.words, word, asGeneric)
			generic = true
		}
	}
	for _, g := range foreignVerbs {
		if inGroup(g.words, word) {
			c.addWords(g.words, word, asGeneric)
			c.addWords(g.english, word, asGeneric)
			generic = generic || verb && g.generic
		}
	}
	return generic
}

// addNouns adds the nouns that mean the same, and reports whether there are any.
func (c *concept) addNouns(word, base string) (known bool) {
	for _, g := range nouns {
		if inGroup(g, word) || inGroup(g, base) {
			c.addWords(g, base, asNoun)
			known = true
		}
	}
	return known
}

func (c *concept) addWords(group, except string, weight float64) {
	for w := range strings.SplitSeq(group, " ") {
		if w == except {
			continue
		}
		a := alternative{weight: weight}
		if len(w) > 2 && len(except) > 2 && (strings.HasPrefix(w, except) || strings.HasPrefix(except, w)) {
			a.weight = asShort
		}
		first, second, two := strings.Cut(w, "_")
		a.first = light(first)
		if two {
			a.second = light(second)
		} else {
			c.add(alternative{first: deepMark + a.first, weight: a.weight * asDeep})
		}
		c.add(a)
	}
}
