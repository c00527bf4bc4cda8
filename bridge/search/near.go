package search

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

const (
	asPrefix     = 0.7 // a word that the typed one begins
	asOneSlip    = 0.7
	asTwoSlips   = 0.5
	shortestSlip = 4 // letters of a word that may be mistyped
	longSlip     = 8 // letters of a word that may be mistyped twice
	mostNear     = 8 // words that are taken for an unknown one
)

// near returns what is near the word of a concept that no entry has: longer words,
// two in one, and words that differ by a slip.
func (r *ranking) near(c *concept) []alternative {
	for _, a := range c.alts {
		if a.weight >= asNoun && r.x.knows(a.first) && (a.second == "" || r.x.knows(a.second)) {
			return nil
		}
	}
	if r.unknown--; r.unknown < 0 {
		return nil
	}
	return r.x.near(light(c.word))
}

func (x *Index) knows(word string) bool {
	_, known := x.find(word)
	return known
}

func (x *Index) near(word string) []alternative {
	if first, _ := utf8.DecodeRuneInString(word); len(word) < 3 || isRunOn(first) {
		return nil // two characters with one other are another word
	}
	if out := x.longer(word); len(out) > 0 {
		return out
	}
	for cut := 3; cut+3 <= len(word); cut++ {
		if a, b := light(word[:cut]), light(word[cut:]); x.knows(a) && x.knows(b) {
			return []alternative{{first: a, second: b, weight: asJoined}}
		}
	}
	return x.slips(word)
}

// longer returns terms that begin with word, the commonest first.
func (x *Index) longer(word string) (out []alternative) {
	type term struct{ at, frequency int }
	var list []term
	at, _ := x.find(word)
	for ; at < x.termCount() && bytes.HasPrefix(x.term(at), []byte(word)); at++ {
		list = append(list, term{at, x.frequency(at)})
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].frequency > list[j].frequency })
	for _, t := range list[:min(len(list), mostNear)] {
		out = append(out, alternative{first: string(x.term(t.at)), weight: asPrefix})
	}
	return out
}

// slips returns the terms that differ from word by one slip or, if there are none,
// two. A slip is a letter too many, too few or another, or two in the wrong order.
func (x *Index) slips(word string) []alternative {
	if len(word) < shortestSlip || strings.ContainsAny(word, "0123456789") {
		return nil
	}
	most := 1
	if len(word) >= longSlip {
		most = 2
	}
	var found [3][]alternative
	for at := range x.termCount() {
		t := x.term(at)
		if len(t) < len(word)-most || len(t) > len(word)+most || len(t) < 3 || string(t[0]) == deepMark {
			continue
		}
		if d := plaintext.Distance(word, string(t), most); d <= most && len(found[d]) < mostNear {
			weight := asOneSlip
			if d == 2 {
				weight = asTwoSlips
			}
			found[d] = append(found[d], alternative{first: string(t), weight: weight})
		}
	}
	if len(found[1]) > 0 {
		return found[1]
	}
	return found[2]
}
