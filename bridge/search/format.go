package search

import (
	"encoding/binary"
	"errors"
	"math"
)

// The flat form, all numbers little-endian:
//
//	header    magic, and the number or the size of each part
//	entries   what is known of each entry: entrySize bytes each
//	exact     hash of a name or path, entry: exactSize bytes each, sorted
//	terms     where text and postings begin, how many entries: termSize bytes each, sorted by text
//	text      the terms' letters, one behind the other
//	postings  for each term and entry: distance from the last entry (varint), fields, weight
//	words     for each entry the terms of its path
const (
	magic      = "MBSEARC2" // the digit is the version of format, word forms and weights
	headerSize = len(magic) + 6*4
	entrySize  = 8
	exactSize  = 12
	termSize   = 12
)

// ErrDamaged says that bytes are no index of this version. The index can be built
// again from its entries.
var ErrDamaged = errors.New("the search index is damaged or of another version")

// Index is a searchable index. It is immutable and safe for concurrent use.
type Index struct {
	data     []byte
	entries  []byte
	exact    []byte
	terms    []byte
	text     []byte
	postings []byte
	words    []byte
	n        int // entries
}

// Open returns the index that data holds, as [Index.AppendBinary] wrote it. It does
// not copy data, which must not change, and reads only its beginning. The error is
// [ErrDamaged]. Damage further in is not found here; it makes searches find less.
func Open(data []byte) (*Index, error) {
	if len(data) < headerSize || string(data[:len(magic)]) != magic {
		return nil, ErrDamaged
	}
	x := &Index{data: data, n: int(binary.LittleEndian.Uint32(data[len(magic):]))}
	rest := data[headerSize:]
	for i, part := range []struct {
		to   *[]byte
		unit int
	}{{&x.entries, entrySize}, {&x.exact, exactSize}, {&x.terms, termSize}, {&x.text, 1}, {&x.postings, 1}, {&x.words, 1}} {
		size := uint64(binary.LittleEndian.Uint32(data[len(magic)+4*i:])) * uint64(part.unit)
		if size > uint64(len(rest)) {
			return nil, ErrDamaged
		}
		*part.to, rest = rest[:size:size], rest[size:]
	}
	if len(rest) != 0 {
		return nil, ErrDamaged
	}
	return x, nil
}

// AppendBinary appends the flat form to b, for [Open]. The error is always nil.
func (x *Index) AppendBinary(b []byte) ([]byte, error) { return append(b, x.data...), nil }

// Len returns the number of entries.
func (x *Index) Len() int { return x.n }

// shape is what is known of an entry besides its words.
type shape struct {
	method byte // one of the letters of methodLetters
	flags  byte
	static int // parts of the path that are no parameter
	params int
	words  int // where its words begin
}

const (
	flagReadOnly = 1 << iota
	flagDeprecated
	flagItem // the path ends with a parameter
)

func (x *Index) shape(entry int) shape {
	e := x.entries[entry*entrySize:]
	return shape{method: e[0], flags: e[1], static: int(e[2]), params: int(e[3]), words: int(binary.LittleEndian.Uint32(e[4:]))}
}

func (x *Index) termCount() int { return len(x.terms) / termSize }

// term returns the text of a term; empty when the index is damaged there.
func (x *Index) term(i int) []byte {
	from := binary.LittleEndian.Uint32(x.terms[i*termSize:])
	to := uint32(len(x.text))
	if i+1 < x.termCount() {
		to = binary.LittleEndian.Uint32(x.terms[(i+1)*termSize:])
	}
	if from > to || uint64(to) > uint64(len(x.text)) {
		return nil
	}
	return x.text[from:to]
}

// find returns the first term that is not less than word, and whether it is word.
func (x *Index) find(word string) (at int, found bool) {
	low, high := 0, x.termCount()
	for low < high {
		mid := int(uint(low+high) >> 1)
		if string(x.term(mid)) < word {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < x.termCount() && string(x.term(low)) == word
}

// frequency returns how many entries have a term.
func (x *Index) frequency(term int) int {
	return min(int(binary.LittleEndian.Uint32(x.terms[term*termSize+8:])), x.n)
}

// idfBase is what a word tells even when every entry has it.
const idfBase = 1.75

// idf returns how much a term tells: less when many entries have it.
func (x *Index) idf(term int) float64 {
	df := float64(x.frequency(term))
	return idfBase + math.Log(1+(float64(x.n)-df+0.5)/(df+0.5))
}

// each calls f for every entry that has a term, in order, with the fields and the
// weight. On damage it ends early.
func (x *Index) each(term int, f func(entry int, fields byte, weight float64)) {
	from := uint64(binary.LittleEndian.Uint32(x.terms[term*termSize+4:]))
	if from > uint64(len(x.postings)) {
		return
	}
	data := x.postings[from:]
	entry := -1
	for range x.frequency(term) {
		step, size := binary.Uvarint(data)
		if size <= 0 || len(data) < size+2 || step == 0 || step > uint64(x.n-1-entry) {
			return
		}
		entry += int(step)
		f(entry, data[size], float64(data[size+1])/weightStep)
		data = data[size+2:]
	}
}

// word is one word of an entry's path.
type word struct {
	light, deep int // terms; deep is light when there is no other
	tail        bool
}

// eachWord calls f for the words of an entry's path.
func (x *Index) eachWord(s shape, f func(word)) {
	if s.words > len(x.words) {
		return
	}
	data := x.words[s.words:]
	count, size := binary.Uvarint(data)
	if size <= 0 || count > mostPathWords {
		return
	}
	data = data[size:]
	terms := uint64(x.termCount())
	for range count {
		lightAndTail, a := binary.Uvarint(data)
		if a <= 0 {
			return
		}
		deep, b := binary.Uvarint(data[a:])
		if b <= 0 || lightAndTail>>1 >= terms || deep >= terms {
			return
		}
		f(word{int(lightAndTail >> 1), int(deep), lightAndTail&1 == 1})
		data = data[a+b:]
	}
}

// eachExact calls f for the entries whose name or path has the hash.
func (x *Index) eachExact(hash uint64, f func(entry int)) {
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(x.exact[i*exactSize:]) }
	low, high := 0, len(x.exact)/exactSize
	for low < high {
		mid := int(uint(low+high) >> 1)
		if at(mid) < hash {
			low = mid + 1
		} else {
			high = mid
		}
	}
	for ; low < len(x.exact)/exactSize && at(low) == hash; low++ {
		if e := int(binary.LittleEndian.Uint32(x.exact[low*exactSize+8:])); e >= 0 && e < x.n {
			f(e)
		}
	}
}

// hash is FNV-1a, which every version and machine computes alike.
func hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(text); i++ {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}
