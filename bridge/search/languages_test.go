package search

import (
	"strings"
	"testing"
)

// shop is an API whose documents are written in several languages.
func shop() []Entry {
	return []Entry{
		{Name: "get_order", Method: "GET", Path: "/order", Summary: "订单查询", Description: "根据订单号查询订单详情"},
		{Name: "post_refund", Method: "POST", Path: "/refund", Summary: "申请订单退款"},
		{Name: "get_user", Method: "GET", Path: "/user", Summary: "分页查询用户列表"},
		{Name: "get_jp", Method: "GET", Path: "/jp", Summary: "日本の法令を検索します", Description: "サーバーのカタログ"},
		{Name: "get_kr", Method: "GET", Path: "/kr", Summary: "사용자의 주문목록을 조회합니다"},
		{Name: "get_th", Method: "GET", Path: "/th", Summary: "ค้นหาสินค้าทั้งหมด"},
		{Name: "get_hi", Method: "GET", Path: "/hi", Summary: "उपयोगकर्ता खोजें"},
		{Name: "get_de", Method: "GET", Path: "/de", Summary: "Straßen und Größen auflisten"},
		{Name: "get_fr", Method: "GET", Path: "/fr", Summary: "Créer un résumé du café"},
		{Name: "get_pl", Method: "GET", Path: "/pl", Summary: "Pokaż zamówienia z Łodzi"},
		{Name: "get_ru", Method: "GET", Path: "/ru", Summary: "Учёт заказов"},
		{Name: "get_vi", Method: "GET", Path: "/vi", Summary: "Tìm đơn hàng"},
		{Name: "k8s", Method: "GET", Path: "/k8s", Summary: "查询K8s集群状态和ＧＰＵ数量"},
		{Name: "sms", Method: "POST", Path: "/sms", Summary: "发送短信 (SMS) 到手机", Description: "书"},
	}
}

// TestSearchLanguages: words inside of a run of characters are found, whatever the
// script, the width or the accents.
func TestSearchLanguages(t *testing.T) {
	entries := shop()
	x := Build(entries)
	for query, want := range map[string]string{
		"订单查询": "get_order", "退款": "post_refund", "用户列表": "get_user", "用户": "get_user", "详情": "get_order", "查询一下退款": "post_refund",
		"書": "", "书": "sms", "款": "post_refund", "検索": "get_jp", "法令": "get_jp", "ｶﾀﾛｸﾞ": "get_jp", "カタログ": "get_jp", "サーバ": "get_jp",
		"주문 목록": "get_kr", "주문": "get_kr", "목록": "get_kr", "사용자": "get_kr", "สินค้า": "get_th", "ค้นหา": "get_th", "उपयोगकर्ता": "get_hi",
		"strassen": "get_de", "Grossen": "get_de", "GRÖSSEN": "get_de", "resume": "get_fr", "résumé": "get_fr", "Cafe": "get_fr", "cafe\u0301": "get_fr",
		"zamowienia": "get_pl", "lodzi": "get_pl", "учет": "get_ru", "don hang": "get_vi", "đơn hàng": "get_vi",
		"gpu": "k8s", "ＧＰＵ": "k8s", "集群": "k8s", "k8s集群": "k8s", "怎样看 k8s": "k8s", "send an SMS": "sms", "发送 sms": "sms", "show me the k8s cluster": "k8s", "ship the refund": "post_refund",
	} {
		hits, _ := x.Search(query, 5)
		got := ""
		if len(hits) > 0 {
			got = entries[hits[0].Index].Name
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
}

// TestSearchAcrossLanguages: usual verbs of one language find the operations of a
// document in another, together with the words that both have.
func TestSearchAcrossLanguages(t *testing.T) {
	entries := []Entry{
		{Name: "list_issues", Method: "GET", Path: "/issues", Summary: "List issues"},
		{Name: "create_issue", Method: "POST", Path: "/issues", Summary: "Create an issue"},
		{Name: "delete_issue", Method: "DELETE", Path: "/issues/{id}", Summary: "Delete an issue"},
		{Name: "update_issue", Method: "PATCH", Path: "/issues/{id}", Summary: "Update an issue"},
		{Name: "delete_user", Method: "DELETE", Path: "/users/{id}", Summary: "Delete a user"},
	}
	x := Build(entries)
	for query, want := range map[string]string{
		"删除 issue": "delete_issue", "创建issue": "create_issue", "修改一个issue": "update_issue", "列出所有 issues": "list_issues", "issueを削除する": "delete_issue",
		"issueを作成": "create_issue", "issue 목록": "list_issues", "issue 삭제": "delete_issue", "user löschen": "delete_user", "créer une issue": "create_issue",
	} {
		hits, _ := x.Search(query, 3)
		names := ""
		for _, h := range hits {
			names += entries[h.Index].Name + " "
		}
		if want == "create_issue" && query == "créer une issue" { // no verbs of French: found by its Latin words
			if !strings.Contains(names, want) {
				t.Errorf("%s finds %s", query, names)
			}
			continue
		}
		if !strings.HasPrefix(names, want+" ") {
			t.Errorf("%s finds %s, want %s", query, names, want)
		}
	}
}

// FuzzFold: what is folded once is folded.
func FuzzFold(f *testing.F) {
	for _, e := range shop() {
		f.Add(e.Summary)
	}
	f.Add("ﬁ ① Å ǆ İ ẞ ΐ ￿ \xff")
	f.Fuzz(func(t *testing.T, text string) {
		once := fold(text)
		if twice := fold(once); twice != once {
			t.Errorf("%q becomes %q and then %q", text, once, twice)
		}
		split(text, func(w string) {
			if w == "" || len(w) > longestWord {
				t.Errorf("%q has the word %q", text, w)
			}
		})
	})
}
