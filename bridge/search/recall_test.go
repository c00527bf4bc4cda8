package search

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// task is something a person wants, and the operations that do it.
type task struct {
	api, words string
	want       map[string]bool // "METHOD path"
}

// tasks reads the tasks of one half. They were written before anything was tuned;
// nothing may be tuned by looking at the held-out half, which is every second line.
func tasks(t testing.TB, heldOut bool) (out []task) {
	t.Helper()
	for _, api := range []string{"github", "stripe", "digitalocean"} {
		f, err := os.Open(filepath.Join("testdata", "tasks-"+api+".tsv"))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for n := 0; lines.Scan(); n++ {
			columns := strings.Split(lines.Text(), "\t")
			if n%2 == 1 != heldOut {
				continue
			}
			one := task{api, columns[0], map[string]bool{}}
			for _, op := range columns[1:] {
				one.want[op] = true
			}
			out = append(out, one)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestTasksNameOperations(t *testing.T) {
	known := map[string]bool{}
	for api := range documents {
		for _, e := range corpus(t, api) {
			known[api+" "+e.Method+" "+e.Path] = true
		}
	}
	for _, half := range []bool{false, true} {
		for _, one := range tasks(t, half) {
			for op := range one.want {
				if !known[one.api+" "+op] {
					t.Errorf("%q: %s has no %s", one.words, one.api, op)
				}
			}
		}
	}
}

// searcher returns the entries for a query, best first.
type searcher func(api, words string) []int

// recall is the share of tasks whose operation is the first, or among the first
// five.
type recall struct {
	at1, at5 float64
	perAPI   map[string][3]int
}

func measure(entries map[string][]Entry, list []task, search searcher, miss func(task, []string)) recall {
	r := recall{perAPI: map[string][3]int{}}
	for _, one := range list {
		rank := 0
		var got []string
		for i, e := range search(one.api, one.words) {
			op := entries[one.api][e].Method + " " + entries[one.api][e].Path
			got = append(got, op)
			if one.want[op] && rank == 0 {
				rank = i + 1
			}
		}
		counts := r.perAPI[one.api]
		counts[2]++
		if rank == 1 {
			counts[0]++
			r.at1++
		}
		if rank >= 1 && rank <= 5 {
			counts[1]++
			r.at5++
		}
		r.perAPI[one.api] = counts
		if rank != 1 && miss != nil {
			miss(one, got[:min(len(got), 5)])
		}
	}
	r.at1 /= float64(len(list))
	r.at5 /= float64(len(list))
	return r
}

func (r recall) String() string {
	var apis []string
	for api, c := range r.perAPI {
		apis = append(apis, fmt.Sprintf("%s %d and %d of %d", api, c[0], c[1], c[2]))
	}
	sort.Strings(apis)
	return fmt.Sprintf("recall@1 %.1f %%, recall@5 %.1f %% (%s)", 100*r.at1, 100*r.at5, strings.Join(apis, ", "))
}

// TestRecall measures how often the operation that a task means comes first, next
// to BM25 as textbooks have it, and fails when that gets worse than it was.
func TestRecall(t *testing.T) {
	entries := map[string][]Entry{}
	indexes := map[string]*Index{}
	plain := map[string]*textbook{}
	for api := range documents {
		entries[api] = corpus(t, api)
		indexes[api] = Build(entries[api])
		plain[api] = newTextbook(entries[api])
	}
	ours := func(api, words string) (out []int) {
		hits, _ := indexes[api].Search(words, 5)
		for _, h := range hits {
			out = append(out, h.Index)
		}
		return out
	}
	theirs := func(api, words string) []int { return plain[api].search(words, 5) }
	for _, half := range []struct {
		name     string
		heldOut  bool
		at1, at5 float64 // the floors
	}{{"tuning", false, 0.82, 0.92}, {"held-out", true, 0.79, 0.9}} {
		t.Run(half.name, func(t *testing.T) {
			list := tasks(t, half.heldOut)
			var miss func(task, []string)
			if !half.heldOut {
				miss = func(one task, got []string) {
					t.Logf("%s: %q found\n\t%s", one.api, one.words, strings.Join(got, "\n\t"))
				}
			}
			got := measure(entries, list, ours, miss)
			base := measure(entries, list, theirs, nil)
			t.Logf("%d tasks: %s", len(list), got)
			t.Logf("plain BM25: %s", base)
			if got.at1 < half.at1 || got.at5 < half.at5 {
				t.Errorf("%s, want at least %.1f %% and %.1f %%", got, 100*half.at1, 100*half.at5)
			}
			if got.at1 < base.at1+0.2 || got.at5 < base.at5+0.1 {
				t.Error("that is less than 20 and 10 points better than plain BM25")
			}
		})
	}
}

// textbook is BM25 over the fields put together, split at what is no letter or
// digit: k1 = 1.2, b = 0.75.
type textbook struct {
	docs    []map[string]int
	lengths []int
	mean    float64
	df      map[string]int
}

func plainWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !isWord(r) })
}

func newTextbook(entries []Entry) *textbook {
	b := &textbook{df: map[string]int{}}
	total := 0
	for _, e := range entries {
		parts := append([]string{e.Name, e.Summary, e.Description, e.Method, e.Path}, e.Tags...)
		for _, a := range e.Arguments {
			parts = append(parts, a.Name)
		}
		counts := map[string]int{}
		length := 0
		for _, w := range plainWords(strings.Join(parts, " ")) {
			counts[w]++
			length++
		}
		for w := range counts {
			b.df[w]++
		}
		b.docs, b.lengths, total = append(b.docs, counts), append(b.lengths, length), total+length
	}
	b.mean = float64(total) / float64(len(entries))
	return b
}

func (b *textbook) search(text string, limit int) []int {
	scores := make([]float64, len(b.docs))
	order := make([]int, len(b.docs))
	for i, d := range b.docs {
		order[i] = i
		for _, w := range plainWords(text) {
			tf, df := float64(d[w]), float64(b.df[w])
			idf := math.Log(1 + (float64(len(b.docs))-df+0.5)/(df+0.5))
			scores[i] += idf * tf * 2.2 / (tf + 1.2*(0.25+0.75*float64(b.lengths[i])/b.mean))
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return scores[order[i]] > scores[order[j]] })
	return order[:min(limit, len(order))]
}
