package schema

import "testing"

// TestListedKey: a key in any script is listed under a readable name of its own, which
// what stands beside it does not change.
func TestListedKey(t *testing.T) {
	taken := map[string]bool{"filter_id": true, "id": true}
	for _, c := range []struct{ key, want string }{
		{"filter[name]", "filter_name"}, {"page[size]", "page_size"}, {"用户名", "Yong_Hu_Ming"}, {"名称", "Ming_Cheng"}, {"名字", "Ming_Zi"},
		{"имя пользователя", "imia_polzovatelia"}, {"größe", "grosse"}, {"año", "ano"}, {"ユーザー", "yuza"}, {"이름", "ireum"}, {"$select", "select"}, {"@type", "type"},
		{"😀", "arg_f0443a"[:8]}, {"🎉🎉", "arg_"}, {"", "arg_e3b0"}, {"[]", "arg_4f53"}, {"filter[id]", "filter_id_665d"}, {"id😀", "id_"},
	} {
		got := ListedKey(c.key, taken)
		if !LegalKey(got) || taken[got] || got != c.want && (len(c.want) > len(got) || got[:len(c.want)] != c.want) {
			t.Errorf("%q is listed as %q, want %q", c.key, got, c.want)
		}
		taken[got] = true
	}
	before := ListedKey("b(c)", map[string]bool{"b_c": true})
	if after := ListedKey("b(c)", map[string]bool{"b_c": true, "x": true, "b_c_2": true}); after != before {
		t.Errorf("%q becomes %q", before, after)
	}
}
