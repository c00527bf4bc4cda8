package search

import (
	"slices"
	"strings"
)

// The fields of an entry, as bits of a posting.
const (
	inName byte = 1 << iota
	inPath
	inTail
	inParams // of the path
	inTags
	inSummary
	inDescription
	inArguments
)

// The same fields as numbers.
const (
	fieldName = iota
	fieldPath
	fieldTail
	fieldParams
	fieldTags
	fieldSummary
	fieldDescription
	fieldArguments
	fields
)

// weights and lengthShare are BM25F's w and b of each field: what an occurrence
// counts for, and how much a long field lowers that.
var (
	weights     = [fields]float64{1.4, 4, 1.7, 0.4, 0.8, 2.2, 1.4, 0.5}
	lengthShare = [fields]float64{0.3, 0.3, 0.3, 0.5, 0.5, 0.7, 0.8, 0.7}
)

const (
	weightStep      = 8   // weights of postings are kept in eighths
	descriptionHead = 400 // bytes of a description that are indexed
	mostFieldWords  = 200 // of one field
	mostPathWords   = 64  // that are kept with an entry
	mostEntries     = 1e6 // that an index has
	deepMark        = "~" // before a deep form
)

// Build indexes the entries. The hits of [Index.Search] name them by their place.
// Entries beyond a million are left out.
func Build(entries []Entry) *Index {
	entries = entries[:min(len(entries), mostEntries)]
	b := &builder{terms: map[string]*list{}, forms: map[string]form{}}
	for i := range entries {
		b.read(i, &entries[i])
	}
	x, err := Open(b.bytes())
	if err != nil { // what was just written is whole
		panic(err)
	}
	return x
}

type builder struct {
	terms   map[string]*list
	forms   map[string]form // of the words so far
	lengths [][fields]int
	total   [fields]int
	entries []built
	exact   []exact
}

// list are the postings of one term.
type list struct{ postings []posting }

// form is where a word is posted: under its light form, and under its deep one unless
// that is the same.
type form struct{ light, deep *list }

type posting struct {
	entry  int
	counts [fields]uint8
}

type built struct {
	shape
	path []pathWord
}

type pathWord struct {
	text string
	tail bool
}

type exact struct {
	hash  uint64
	entry int
}

// read takes in one entry.
func (b *builder) read(i int, e *Entry) {
	b.lengths = append(b.lengths, [fields]int{})
	one := built{shape: shapeOf(e)}
	b.addAll(i, fieldName, e.Name)
	one.path = b.readPath(i, e)
	for _, tag := range e.Tags {
		b.addAll(i, fieldTags, tag)
	}
	b.addAll(i, fieldSummary, e.Summary)
	b.addAll(i, fieldDescription, head(e.Description))
	for _, a := range e.Arguments {
		b.addAll(i, fieldArguments, a.Name)
	}
	if len(one.path) == 0 {
		split(e.Name, func(w string) { one.path = append(one.path, pathWord{text: light(w)}) })
	}
	one.path = one.path[:min(len(one.path), mostPathWords)]
	b.entries = append(b.entries, one)
	keys := []string{squash(e.Name), squash(e.Operation), pathKey(e.Path)}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if key != "" {
			b.exact = append(b.exact, exact{hash(key), i})
		}
	}
}

// readPath indexes the path and returns its words.
func (b *builder) readPath(i int, e *Entry) []pathWord {
	parts := strings.Split(e.Path, "/")
	for at := range parts {
		parts[at] = withoutFormat(parts[at])
	}
	last := -1
	for at, part := range parts {
		if part != "" && !isParameter(part) {
			last = at
		}
	}
	var out []pathWord
	for at, part := range parts {
		switch {
		case part == "" || isVersion(part):
		case isParameter(part):
			b.addAll(i, fieldParams, part)
		default:
			split(part, func(w string) {
				b.add(i, fieldPath, w)
				if at == last {
					b.add(i, fieldTail, w)
				}
				out = append(out, pathWord{light(w), at == last})
			})
			characters(part, func(c string) { b.term(c).post(i, fieldPath) })
		}
	}
	return out
}

// head returns the beginning of a description, up to the end of a word.
func head(text string) string {
	if len(text) <= descriptionHead {
		return text
	}
	text = text[:descriptionHead]
	return text[:max(strings.LastIndexAny(text, " \n\t"), 0)]
}

func (b *builder) addAll(i, field int, text string) {
	split(text, func(w string) { b.add(i, field, w) })
	characters(text, func(c string) {
		if b.lengths[i][field] < mostFieldWords { // they are parts of words, and make no field longer
			b.term(c).post(i, field)
		}
	})
}

func (b *builder) add(i, field int, w string) {
	if b.lengths[i][field] >= mostFieldWords {
		return
	}
	b.lengths[i][field]++
	b.total[field]++
	f, known := b.forms[w]
	if !known {
		f = b.form(w)
		b.forms[w] = f
	}
	f.light.post(i, field)
	if f.deep != nil {
		f.deep.post(i, field)
	}
}

func (b *builder) form(w string) form {
	l := light(w)
	f := form{light: b.term(l)}
	if d := deep(l); d != l {
		f.deep = b.term(deepMark + d)
	}
	return f
}

func (b *builder) term(text string) *list {
	l := b.terms[text]
	if l == nil {
		l = &list{}
		b.terms[text] = l
	}
	return l
}

func (l *list) post(i, field int) {
	n := len(l.postings)
	if n == 0 || l.postings[n-1].entry != i {
		l.postings = append(l.postings, posting{entry: i})
		n++
	}
	if c := &l.postings[n-1].counts[field]; *c < 255 {
		*c++
	}
}

// weight is BM25F's weighted frequency of a posting.
func (b *builder) weight(p posting) (w float64, in byte) {
	for f, count := range p.counts {
		if count == 0 {
			continue
		}
		in |= 1 << f
		mean := float64(b.total[f]) / float64(len(b.entries))
		norm := 1 - lengthShare[f] + lengthShare[f]*float64(b.lengths[p.entry][f])/mean
		w += weights[f] * float64(count) / norm
	}
	return w, in
}
