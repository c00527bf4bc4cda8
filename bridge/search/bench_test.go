package search

import "testing"

// BenchmarkBuild, BenchmarkOpen and BenchmarkSearch measure with GitHub's 1,223
// operations.
func BenchmarkBuild(b *testing.B) {
	entries := corpus(b, "github")
	for b.Loop() {
		Build(entries)
	}
}

func BenchmarkOpen(b *testing.B) {
	data, _ := Build(corpus(b, "github")).AppendBinary(nil)
	for b.Loop() {
		if _, err := Open(data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "file-bytes")
}

func BenchmarkSearch(b *testing.B) {
	x := Build(corpus(b, "github"))
	for _, q := range []string{"create an issue", "remove a self-hosted runner from the organization", "lst pul reqests of a repositry"} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Search(q, 10)
			}
		})
	}
}
