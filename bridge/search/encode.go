package search

import (
	"encoding/binary"
	"math"
	"slices"
)

// bytes writes the flat form.
func (b *builder) bytes() []byte {
	terms := make([]string, 0, len(b.terms))
	for t := range b.terms {
		terms = append(terms, t)
	}
	slices.Sort(terms)
	var termPart, text, postings []byte
	number := make(map[string]int, len(terms))
	for at, t := range terms {
		number[t] = at
		termPart = appendUint32(termPart, len(text), len(postings), len(b.terms[t].postings))
		text = append(text, t...)
		postings = b.appendPostings(postings, b.terms[t].postings)
	}
	var entryPart, words []byte
	for _, e := range b.entries {
		entryPart = append(entryPart, e.method, e.flags, byte(e.static), byte(e.params))
		entryPart = appendUint32(entryPart, len(words))
		words = binary.AppendUvarint(words, uint64(len(e.path)))
		for _, w := range e.path {
			words = appendWord(words, w, number)
		}
	}
	exactPart := b.appendExact(nil)
	out := append([]byte(nil), magic...)
	out = appendUint32(out, len(b.entries), len(b.exact), len(terms), len(text), len(postings), len(words))
	for _, part := range [][]byte{entryPart, exactPart, termPart, text, postings, words} {
		out = append(out, part...)
	}
	return out
}

func (b *builder) appendPostings(out []byte, list []posting) []byte {
	before := -1
	for _, p := range list {
		w, in := b.weight(p)
		out = binary.AppendUvarint(out, uint64(p.entry-before))
		out = append(out, in, byte(min(max(math.Round(w*weightStep), 1), 255)))
		before = p.entry
	}
	return out
}

func appendWord(out []byte, w pathWord, number map[string]int) []byte {
	n := uint64(number[w.text]) << 1
	if w.tail {
		n |= 1
	}
	at, ok := number[deepMark+deep(w.text)]
	if !ok {
		at = number[w.text]
	}
	return binary.AppendUvarint(binary.AppendUvarint(out, n), uint64(at))
}

func (b *builder) appendExact(out []byte) []byte {
	slices.SortFunc(b.exact, func(p, q exact) int {
		if p.hash != q.hash {
			if p.hash < q.hash {
				return -1
			}
			return 1
		}
		return p.entry - q.entry
	})
	for _, e := range b.exact {
		out = binary.LittleEndian.AppendUint64(out, e.hash)
		out = appendUint32(out, e.entry)
	}
	return out
}

func appendUint32(out []byte, numbers ...int) []byte {
	for _, n := range numbers {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	return out
}
