package schema

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// longestWitness bounds the texts that are made for a pattern, in bytes.
const longestWitness = 10_000

// MatchingText returns a text that a pattern matches, with at least least characters
// and at most most (below 0: any number). false: none was found.
func MatchingText(re *regexp.Regexp, least, most int) (string, bool) {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return "", false
	}
	fits := func(s string) bool {
		n := utf8.RuneCountInString(s)
		return n >= least && (most < 0 || n <= most) && re.MatchString(s)
	}
	for _, pick := range [...]int{0, 1, 2} { // of alternatives
		for repeats := 0; repeats <= maxRepeat; repeats = 2*repeats + 1 {
			var b strings.Builder
			if !appendMatch(&b, tree, repeats, pick) {
				break
			}
			s := b.String()
			if fits(s) {
				return s, true
			}
			if n := least - utf8.RuneCountInString(s); n > 0 && n < longestWitness {
				for _, padded := range [...]string{s + strings.Repeat("a", n), strings.Repeat("a", n) + s, s + strings.Repeat("0", n)} {
					if fits(padded) {
						return padded, true
					}
				}
			}
		}
		for extra := 1; extra <= 64 && least > 0; extra++ { // exactly so many
			var b strings.Builder
			if appendMatch(&b, tree, least-extra, pick) && fits(b.String()) {
				return b.String(), true
			}
		}
	}
	return "", false
}

// appendMatch writes a text that the expression matches, each repetition at least so
// often, where that is allowed. false: it is too long, or there is none.
func appendMatch(b *strings.Builder, re *syntax.Regexp, repeats, pick int) bool {
	if b.Len() > longestWitness {
		return false
	}
	many := func(low, high int) bool {
		n := max(low, min(repeats, maxRepeat))
		if high >= 0 {
			n = min(n, high)
		}
		for range n {
			if !appendMatch(b, re.Sub[0], repeats, pick) {
				return false
			}
		}
		return true
	}
	switch re.Op {
	case syntax.OpNoMatch:
		return false
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return false
		}
		b.WriteRune(readableOf(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpStar:
		return many(0, -1)
	case syntax.OpPlus:
		return many(1, -1)
	case syntax.OpQuest:
		return many(0, 1)
	case syntax.OpRepeat:
		return many(re.Min, re.Max)
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			if !appendMatch(b, sub, repeats, pick) {
				return false
			}
		}
	case syntax.OpAlternate:
		return appendMatch(b, re.Sub[min(pick, len(re.Sub)-1)], repeats, pick)
	}
	return true
}

// readableOf picks a character of a class, a letter or a digit where there is one.
func readableOf(ranges []rune) rune {
	for _, want := range "aA0_-" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= ' ' {
			return max(ranges[i], ' ')
		}
	}
	return ranges[0]
}
