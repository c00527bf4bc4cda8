package search

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// library is a small API with the shapes that matter.
func library() []Entry {
	return []Entry{
		{Name: "list_books", Operation: "books/list", Summary: "List books", Method: "GET", Path: "/v1/books", Tags: []string{"books"}, ReadOnly: true},
		{Name: "create_book", Summary: "Create a book", Method: "POST", Path: "/v1/books",
			Arguments: []Argument{{"title", true}, {"isbn", false}}},
		{Name: "get_book", Summary: "Get a book", Method: "GET", Path: "/v1/books/{book_id}", ReadOnly: true},
		{Name: "update_book", Summary: "Update a book", Method: "PATCH", Path: "/v1/books/{book_id}"},
		{Name: "delete_book", Summary: "Delete a book", Method: "DELETE", Path: "/v1/books/{book_id}"},
		{Name: "list_book_reviews", Summary: "List the reviews of a book", Method: "GET", Path: "/v1/books/{book_id}/reviews", ReadOnly: true},
		{Name: "create_book_review", Summary: "Create a review of a book", Method: "POST", Path: "/v1/books/{book_id}/reviews"},
		{Name: "lend_book", Summary: "Lend a book to a member", Method: "POST", Path: "/v1/books/{book_id}/lend"},
		{Name: "old_list_books", Summary: "List books", Method: "GET", Path: "/v1/books", ReadOnly: true, Deprecated: true},
		{Name: "searchBooks", Summary: "Search the catalogue", Method: "POST", Path: "/v1/search", ReadOnly: true},
		{Name: "list_my_loans", Summary: "List loans of the authenticated member", Method: "GET", Path: "/v1/me/loans", ReadOnly: true},
		{Name: "list_member_loans", Summary: "List loans of a member", Method: "GET", Path: "/v1/members/{member_id}/loans", ReadOnly: true},
		{Name: "member_actions", Summary: "Initiate a member action", Method: "POST", Path: "/v1/members/{member_id}/actions",
			Description: "The action is one of suspend, remind and promote."},
		{Name: "get_organization_settings", Summary: "Get organization settings", Method: "GET", Path: "/v1/organization/settings", ReadOnly: true},
		{Name: "convert_unit", Description: "A tool without method and path: converts units."},
	}
}

func TestSearch(t *testing.T) {
	entries := library()
	x := Build(entries)
	for _, c := range []struct{ query, want string }{
		{"list books", "list_books"},
		{"all the books", "list_books"},
		{"what books are there?", "list_books"},
		{"add a book", "create_book"},
		{"how do I make a new book", "create_book"},
		{"show me one book", "get_book"},
		{"change a book", "update_book"},
		{"please remove the book", "delete_book"},
		{"reviews of a book", "list_book_reviews"},
		{"post a review", "create_book_review"},
		{"lending", "lend_book"},
		{"my loans", "list_my_loans"},
		{"loans of a member", "list_member_loans"},
		{"suspend a member", "member_actions"},
		{"who am i", "list_my_loans"},
		{"books of somebody", "list_books"},
		{"I would like to see a book", "get_book"},
		{"search", "searchBooks"},
		{"get org config", "get_organization_settings"},
		{"settngs of the organizaton", "get_organization_settings"}, // slips
		{"organis", "get_organization_settings"},
		{"catalog", "searchBooks"}, // the beginning of a word
		{"convert units", "convert_unit"},
		{"searchbooks", "searchBooks"},
		{"LIST_BOOKS", "list_books"},
		{"old list books", "old_list_books"},
		{"books/list", "list_books"},
		{"/v1/books/{id}", "get_book"},
		{"DELETE /v1/books/{}", "delete_book"},
		{"patch /v1/books/:id/", "update_book"},
	} {
		hits, total := x.Search(c.query, 3)
		if len(hits) == 0 || entries[hits[0].Index].Name != c.want {
			var got []string
			for _, h := range hits {
				got = append(got, fmt.Sprintf("%s %.2f", entries[h.Index].Name, h.Score))
			}
			t.Errorf("%q: %v of %d, want %s", c.query, got, total, c.want)
		}
	}
}

// TestFormatsOfPaths: what says only how an answer is written is no part of the thing.
func TestFormatsOfPaths(t *testing.T) {
	for path, want := range map[string]shape{
		"/Accounts/{Sid}/Calls/{Sid}.json": {method: 'G', flags: flagItem, static: 2, params: 2},
		"/Calls.json":                      {method: 'G', static: 1},
		"/containers/{id}/json":            {method: 'G', flags: flagItem, static: 1, params: 1},
		"/":                                {method: 'G'},
		"":                                 {method: 'G'},
	} {
		if got := shapeOf(&Entry{Method: "GET", Path: path}); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

func TestSearchBounds(t *testing.T) {
	entries := library()
	x := Build(entries)
	if hits, total := x.Search("", 10); len(hits) != 0 || total != 0 {
		t.Errorf("nothing was asked for and %v was found", hits)
	}
	if hits, total := x.Search("zzzzqqq the of", 10); len(hits) != 0 || total != 0 {
		t.Errorf("%v was found", hits)
	}
	for _, limit := range []int{-1, 0, 1, 2, 1000} {
		hits, total := x.Search("book", limit)
		if want := min(max(limit, 0), total); len(hits) != want || total < 8 {
			t.Errorf("limit %d: %d of %d", limit, len(hits), total)
		}
	}
	if empty := Build(nil); empty.Len() != 0 {
		t.Error(empty.Len())
	} else if hits, total := empty.Search("book", 5); len(hits) != 0 || total != 0 {
		t.Errorf("%v in nothing", hits)
	}
	many := make([]Entry, 200)
	for i := range many {
		many[i] = Entry{Name: fmt.Sprintf("same%d", i), Summary: "The same"}
	}
	hits, total := Build(many).Search("same", 1000)
	if len(hits) != MostHits || total != len(many) {
		t.Fatalf("%d of %d", len(hits), total)
	}
	for i, h := range hits { // of one score: in order
		if h.Index != i {
			t.Fatalf("hit %d is %d", i, h.Index)
		}
	}
	long := strings.Repeat("book ", 100_000)
	if hits, _ := x.Search(long, 1); len(hits) != 1 {
		t.Error("a long query finds nothing")
	}
}

// TestSearchIsDeterministic: the same bytes from the same entries, the same hits
// from the same query.
func TestSearchIsDeterministic(t *testing.T) {
	first, _ := Build(library()).AppendBinary(nil)
	for range 5 {
		x := Build(library())
		again, err := x.AppendBinary([]byte("before"))
		if err != nil || !bytes.Equal(again, append([]byte("before"), first...)) {
			t.Fatal("two builds differ")
		}
		opened, err := Open(first)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{"list books", "member", "my loans", "reviw"} {
			a, n := x.Search(q, 50)
			b, m := opened.Search(q, 50)
			if n != m || !reflect.DeepEqual(a, b) {
				t.Errorf("%q: %v and %v", q, a, b)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	data, _ := Build(library()).AppendBinary(nil)
	for n := range data {
		if _, err := Open(data[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken for an index", n, len(data))
		}
	}
	if _, err := Open(append(slices.Clone(data), 0)); err != ErrDamaged {
		t.Error(err)
	}
	other := slices.Clone(data)
	other[len(magic)-1]++
	if _, err := Open(other); err != ErrDamaged {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	if got := Arguments([]Argument{{"body", false}, {"owner", true}, {"repo", true}}); got != "owner*, repo*, body" {
		t.Error(got)
	}
	if got := Arguments(nil); got != "" {
		t.Error(got)
	}
	var many []Argument
	for i := range 30 {
		many = append(many, Argument{fmt.Sprint("a", i), i == 29})
	}
	if got := Arguments(many); !strings.HasPrefix(got, "a29*, a0, ") || !strings.HasSuffix(got, "a22, and 6 more") {
		t.Error(got)
	}
}

func TestSplit(t *testing.T) {
	for text, want := range map[string]string{
		"listPullRequests":       "list pull requests",
		"HTTPServerID":           "http server id",
		"repos/get-all_IDs":      "repos get all ids",
		"ipv6 K8s oauth2Token":   "ipv6 k8s oauth2 token",
		"{pull_number}":          "pull number",
		"":                       "",
		"déjàVu Straße":          "deja vu strasse",
		"Zażółć Łódź smørrebrød": "zazolc lodz smorrebrod",
		"cafe\u0301 ﬁle ＡＰＩ　ｋｅｙ": "cafe file api key",
		"Ёлка Άλφα":              "елка αλφα",
		"申请订单退款":                 "申请 请订 订单 单退 退款",
		"订单ID查询k8s集群":            "订单 id 查询 k8s 集群",
		"書":                      "書",
		"日本の法令を検索します":            "日本 本の の法 法令 令を を検 検索 索し しま ます",
		"ｶﾀｶﾅ サーバー":              "カタ タカ カナ サー ーバ バー",
		"사용자의 주문목록을":             "사용 용자 자의 주문 문목 목록 록을",
		"ค้นหา":                  "ค้ ้น นห หา",
		"उपयोगकर्ता खोजें": "उपयोगकर्ता खोजें",
		"a\xffb":                "a b",
		strings.Repeat("x", 99): strings.Repeat("x", longestWord),
	} {
		var got []string
		split(text, func(w string) { got = append(got, w) })
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestForms: words that belong together have one form, others do not.
func TestForms(t *testing.T) {
	for _, group := range [][]string{
		{"merge", "merges", "merged", "merging"}, {"repository", "repositories"}, {"branch", "branches"}, {"status", "statuses"},
		{"run", "runs", "running"}, {"copy", "copies", "copied", "copying"}, {"list", "lists", "listing", "listed"}, {"address", "addresses"},
		{"delete", "deleted", "deleting", "deletes"}, {"index", "indexes"}, {"key", "keys"}, {"issue", "issues"}, {"cancel", "cancelled"},
	} {
		for _, w := range group[1:] {
			if light(w) != light(group[0]) && !(w == "cancelled" && deep(light(w)) != "") {
				t.Errorf("%s is %s, %s is %s", group[0], light(group[0]), w, light(w))
			}
		}
	}
	for _, pair := range [][2]string{{"string", "str"}, {"need", "ne"}, {"this", "thi"}, {"bus", "bu"}, {"release", "lease"}, {"use", "us"}} {
		if light(pair[0]) == light(pair[1]) {
			t.Errorf("%s and %s are %s", pair[0], pair[1], light(pair[0]))
		}
	}
	for _, pair := range [][2]string{{"deploy", "deployment"}, {"verify", "verification"}, {"organisation", "organization"}, {"create", "creation"}, {"pay", "payment"}} {
		if deep(light(pair[0])) != deep(light(pair[1])) {
			t.Errorf("%s is %s, %s is %s", pair[0], deep(light(pair[0])), pair[1], deep(light(pair[1])))
		}
	}
}

// TestVocabulary: a group has no word twice, and words are as queries have them.
func TestVocabulary(t *testing.T) {
	check := func(group string) {
		words := strings.Split(group, " ")
		for i, w := range words {
			if slices.Contains(words[:i], w) || w == "" || w != strings.ToLower(w) {
				t.Errorf("%q in %q", w, group)
			}
		}
	}
	for _, g := range verbs {
		check(g.words)
	}
	for _, g := range foreignVerbs {
		check(g.words)
		check(g.english)
		for w := range strings.SplitSeq(g.words, " ") {
			if got := queryWords(w); len(got) != 1 || got[0] != w {
				t.Errorf("a query has %s as %v", w, got)
			}
		}
	}
	for _, g := range nouns {
		check(g)
	}
}
