package plaintext

import (
	"strings"
	"unicode/utf8"
)

// First returns the first n characters of s.
func First(s string, n int) string {
	if len(s) <= n {
		return s // at least as many bytes as characters
	}
	for i := range s {
		if n <= 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Shorten returns s when it has at most so many characters; else so many of them and
// an ellipsis.
func Shorten(s string, most int) string {
	if short := First(s, most); len(short) < len(s) {
		return short + "…"
	}
	return s
}

// ShortenBytes returns s when it has at most so many bytes; else as many whole
// characters as fit into them, without blanks at the end, and an ellipsis. Nothing is
// left when most is not positive.
func ShortenBytes(s string, most int) string {
	switch {
	case len(s) <= most:
		return s
	case most <= 0:
		return ""
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimRight(s[:most], " \t\r\n") + "…"
}

// Quote returns a stranger's word for a message of ours: at most so many characters
// of it in double quotes, as [Show] shows them, on one line. Quotes and backslashes
// in it stay as they are, so that a path can be copied.
func Quote(s string, most int) string {
	return `"` + strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(Show(Shorten(s, most))) + `"`
}

// longestWord is the most characters of a word of which the distance is counted.
const longestWord = 64

// Nearest returns the word among the given ones that word is a likely misspelling
// of, comparing without case and counting inserted, deleted, changed and swapped
// letters: a third of the word at most, and never more than three. It is "" when nothing is near; the first of several equally near wins.
func Nearest(word string, among []string) string {
	word = strings.ToLower(word)
	best, most := "", min((utf8.RuneCountInString(word)+1)/3, 3)
	for _, candidate := range among {
		lower := strings.ToLower(candidate)
		if d := Distance(word, lower, most); d <= most && d < utf8.RuneCountInString(lower) {
			best, most = candidate, d-1
		}
	}
	return best
}

// Distance counts the letters that are inserted, deleted, changed or swapped between
// two words (optimal string alignment). It is most+1 when there are more than most,
// or when a word has more than 64 characters.
func Distance(a, b string, most int) int {
	var left, right [longestWord]rune
	x, y := letters(left[:0], a), letters(right[:0], b)
	if x == nil || y == nil || len(x)-len(y) > most || len(y)-len(x) > most || most < 0 {
		return most + 1
	}
	var rows [3][longestWord + 1]int
	for j := range len(y) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		now, last, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		now[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			d := last[j-1]
			if x[i-1] != y[j-1] {
				d++
			}
			d = min(d, last[j]+1, now[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, before[j-2]+1)
			}
			now[j], least = d, min(least, d)
		}
		if least > most+1 { // a swap may still take one off
			return most + 1
		}
	}
	return min(rows[len(x)%3][len(y)], most+1)
}

// letters puts the characters of s into room; nil when there are too many.
func letters(room []rune, s string) []rune {
	for _, r := range s {
		if len(room) == cap(room) {
			return nil
		}
		room = append(room, r)
	}
	return room
}
