package search

import (
	"testing"
)

// FuzzOpen: whatever bytes an index has, and whatever is searched for, the search
// ends without a panic, with hits that exist, in order and within the limit.
func FuzzOpen(f *testing.F) {
	data, _ := Build(library()).AppendBinary(nil)
	for _, q := range []string{"list books", "/v1/books/{id}", "suspnd membr", "my loans"} {
		f.Add(data, q, 10)
	}
	for i := headerSize; i < len(data); i += 97 {
		damaged := append([]byte(nil), data...)
		damaged[i] ^= 0xff
		f.Add(damaged, "list the reviews of my book", 50)
	}
	f.Fuzz(func(t *testing.T, data []byte, query string, limit int) {
		x, err := Open(data)
		if err != nil {
			return
		}
		hits, total := x.Search(query, limit)
		if len(hits) > MostHits || len(hits) > max(limit, 0) || len(hits) > total || total > x.Len() {
			t.Fatalf("%d hits of %d, limit %d, %d entries", len(hits), total, limit, x.Len())
		}
		seen := map[int]bool{}
		for i, h := range hits {
			if h.Index < 0 || h.Index >= x.Len() || seen[h.Index] {
				t.Fatalf("hit %d is entry %d", i, h.Index)
			}
			seen[h.Index] = true
			if i > 0 && !(hits[i-1].Score > h.Score || hits[i-1].Score == h.Score && hits[i-1].Index < h.Index) {
				t.Fatalf("hits %v and %v are in the wrong order", hits[i-1], h)
			}
		}
	})
}

// FuzzBuild: every entry is found by its name and by its path, and first.
func FuzzBuild(f *testing.F) {
	for _, e := range library() {
		f.Add(e.Name, e.Summary, e.Method, e.Path)
	}
	f.Add("a", "b \xff", "FOO", "//{}/{x}//:y")
	f.Fuzz(func(t *testing.T, name, summary, method, path string) {
		x := Build(append(library(), Entry{Name: name, Summary: summary, Method: method, Path: path, Tags: []string{summary}, Description: summary}))
		data, err := x.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		x, err = Open(data)
		if err != nil {
			t.Fatal(err)
		}
		last := x.Len() - 1
		find := func(query string, top float64) {
			hits, _ := x.Search(query, MostHits)
			for _, h := range hits {
				if h.Index == last && h.Score >= top {
					return
				}
			}
			t.Fatalf("%q is not found by %q: %v", name, query, hits)
		}
		if squash(name) != "" && len(name) <= mostQueryBytes {
			find(name, exactScore)
		}
		if len(path) > 1 && path[0] == '/' && pathKey(path) != "" && len(path) <= mostQueryBytes {
			find(path, exactScore)
		}
	})
}

// FuzzWords: the forms of a word are forms of themselves' length or shorter, and
// splitting loses no letter.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "running", "HTTPServerIDs", "déjàVu", "a1b2", "verification", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		split(s, func(w string) {
			if w == "" || len(w) > longestWord {
				t.Fatalf("%q has the word %q", s, w)
			}
			if l := light(w); len(l) > len(w) || l == "" || len(deep(l)) > len(l)+2 || deep(l) == "" {
				t.Fatalf("%q is %q and %q", w, l, deep(l))
			}
		})
	})
}
