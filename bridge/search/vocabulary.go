package search

import "strings"

// intent is what a query wants done.
type intent byte

const (
	noIntent intent = iota
	toRead          // one or several
	toList
	toGet
	toCreate
	toUpdate
	toRemove
	toAct // anything else that changes something
	noVerb
)

// verbGroup is a group of verbs that people use for one another. A verb of two
// words is written with "_".
type verbGroup struct {
	intent  intent
	generic bool // the verb says no more than the method does
	words   string
}

// verbs are the verbs of APIs and of the people who use them. A verb may stand in
// several groups; the first says the intent.
var verbs = [...]verbGroup{
	{toList, true, "list enumerate browse all every index"},
	{toGet, true, "get show view read fetch retrieve display see describe inspect open_up look_at give detail info"},
	{toRead, false, "find search lookup look_up query locate"},
	{toRead, false, "download export save_as"},
	{noIntent, false, "check verify validate test"},
	{toRead, false, "count number"},
	{toRead, false, "compare diff"},
	{toRead, false, "preview estimate calculate compute"},
	{toCreate, true, "create add new make take insert post put_in build set_up"},
	{toCreate, false, "register enroll enrol sign_up onboard"},
	{toCreate, false, "open start launch begin run create"},
	{toCreate, false, "publish release deploy roll_out"},
	{toCreate, false, "upload import push"},
	{toCreate, false, "generate issue produce"},
	{toCreate, false, "provision spin_up create launch"},
	{toCreate, false, "send deliver email mail notify message"},
	{toCreate, false, "write commit create post"},
	{toCreate, false, "invite add"},
	{toCreate, false, "submit file report request"},
	{toCreate, false, "buy purchase order"},
	{toCreate, false, "reserve allocate book claim"},
	{toCreate, false, "schedule plan"},
	{toUpdate, true, "update change edit modify alter patch set put adjust"},
	{toUpdate, false, "rename"},
	{toUpdate, false, "replace overwrite swap"},
	{toUpdate, false, "configure customize customise set_up"},
	{toUpdate, false, "save store create update"},
	{toUpdate, false, "mark set"},
	{toUpdate, false, "upgrade update"},
	{toRemove, true, "delete remove drop destroy erase"},
	{toRemove, false, "cancel abort stop terminate end hang_up"},
	{toRemove, false, "revoke invalidate withdraw expire"},
	{toRemove, false, "clear purge flush empty clean clean_up wipe prune"},
	{toRemove, false, "kick kick_out expel evict remove"},
	{toRemove, false, "detach unlink disconnect disassociate unassign remove"},
	{toRemove, false, "unsubscribe unfollow unwatch unstar mute ignore delete"},
	{toAct, false, "enable activate turn_on switch_on allow"},
	{toAct, false, "disable deactivate turn_off switch_off"},
	{toAct, false, "suspend pause freeze lock block"},
	{toAct, false, "unlock unblock unfreeze resume unsuspend"},
	{toAct, false, "close finish complete resolve finalize end"},
	{toAct, false, "reopen open"},
	{toAct, false, "approve accept confirm grant"},
	{toAct, false, "reject decline deny refuse dismiss"},
	{toAct, false, "restart reboot rerun re_run retry redo redeliver again"},
	{toAct, false, "assign attach link connect associate apply add bind"},
	{toAct, false, "trigger dispatch execute invoke fire start run"},
	{toAct, false, "merge combine join"},
	{toAct, false, "copy clone duplicate fork"},
	{toAct, false, "pay charge"},
	{toAct, false, "refund return reverse reimburse"},
	{toAct, false, "move transfer migrate relocate"},
	{toAct, false, "restore recover undelete revert roll_back rollback undo"},
	{toAct, false, "resize scale"},
	{toAct, false, "sync synchronize synchronise refresh renew"},
	{toAct, false, "subscribe follow watch"},
	{toAct, false, "star like favorite favourite bookmark save"},
	{toAct, false, "archive"},
	{toAct, false, "void cancel annul"},
	{toAct, false, "share publish"},
	{toAct, false, "promote"},
	{toAct, false, "rotate regenerate reset renew"},
	{toAct, false, "render convert format"},
	{toAct, false, "log_in login sign_in authenticate"},
	{toAct, false, "log_out logout sign_out"},
	{toAct, false, "capture collect"},
	{toAct, false, "ban block"},
	{toAct, false, "react"},
	{toAct, false, "review examine"},
	{toAct, false, "protect secure"},
}

// foreignVerb is a verb of another language, with those that people use for it, and what
// it is in English: asked in that language, a document in either is found.
type foreignVerb struct {
	intent  intent
	generic bool
	words   string
	english string
}

// foreignVerbs are the usual verbs of APIs in Chinese, Japanese and Korean. An English
// query does not see them.
var foreignVerbs = [...]foreignVerb{
	{toList, true, "列出 列表 所有 全部", "list all"},
	{toGet, true, "获取 取得 查看 读取 显示 详情", "get show read"},
	{toRead, true, "查询 查詢 搜索 搜尋 查找 检索", "find search list get"},
	{toCreate, true, "创建 建立 新增 新建 添加 增加", "create add new"},
	{toCreate, false, "注册", "register"},
	{toCreate, false, "上传 导入", "upload import"},
	{toCreate, false, "发送", "send"},
	{toRead, false, "下载 导出", "download export"},
	{toRead, false, "统计", "count"},
	{toUpdate, true, "更新 修改 编辑 变更", "update edit change"},
	{toRemove, true, "删除 刪除 移除", "delete remove"},
	{toRemove, false, "取消 停止", "cancel stop"},
	{toAct, false, "支付", "pay"},
	{toList, true, "一覧", "list all"},
	{toRead, true, "検索", "find search list get"},
	{toCreate, true, "作成 登録 追加", "create add register"},
	{toUpdate, true, "変更 編集", "update edit"},
	{toRemove, true, "削除", "delete remove"},
	{toCreate, false, "送信", "send"},
	{toList, true, "목록", "list all"},
	{toRead, true, "조회 검색", "get find search list"},
	{toCreate, true, "생성 추가 등록", "create add register"},
	{toUpdate, true, "수정 변경", "update edit"},
	{toRemove, true, "삭제", "delete remove"},
	{toCreate, false, "전송", "send"},
	{toRemove, false, "취소", "cancel"},
}

// nounVerbs are verbs that are as often nouns. At the beginning they are verbs only
// where an article or the like follows.
const nounVerbs = " review issue order release test query export import run link charge star fork watch file report request book plan message email mail " +
	"number index copy return share format commit push deploy upgrade count check post block lock transfer save store schedule detail info new all every again "

// nouns are groups of words that mean about the same in many APIs; of several words
// with "_". A word may stand in several groups.
var nouns = [...]string{
	"repository repo project codebase",
	"organization organisation org company",
	"pull_request pr merge_request mr",
	"user person people member account someone somebody",
	"user username login",
	"me authenticated current whoami who_am",
	"account profile",
	"customer client buyer",
	"email mail e_mail",
	"image picture photo avatar",
	"vm virtual_machine machine server instance host node compute",
	"database db",
	"kubernetes k8s",
	"load_balancer lb",
	"configuration config setting option preference",
	"environment env",
	"variable var",
	"credential password secret token key auth",
	"certificate cert tls ssl",
	"license licence",
	"permission access right role privilege",
	"authentication auth authorization",
	"price cost pricing fee rate",
	"balance money fund credit",
	"invoice bill",
	"billing invoice payment",
	"payment charge",
	"dispute chargeback",
	"coupon discount voucher",
	"promotion_code promo_code promo promotion",
	"subscription plan membership",
	"tax vat gst",
	"bank_account iban",
	"webhook hook callback",
	"comment reply note remark",
	"message post chat",
	"notification alert notice",
	"issue ticket bug",
	"label tag",
	"board project kanban",
	"directory folder dir",
	"file document attachment content blob",
	"doc documentation",
	"description detail",
	"history log audit timeline",
	"event activity feed",
	"statistic stat metric analytic usage",
	"metric usage utilization",
	"traffic view visit",
	"dependency package library",
	"vulnerability security cve advisory",
	"workflow pipeline ci build action job",
	"job task build",
	"artifact output asset",
	"binary asset",
	"version release revision",
	"deployment deploy release rollout",
	"container docker",
	"storage disk volume",
	"memory ram",
	"cpu processor",
	"network vpc vnet",
	"ip address",
	"domain dns hostname",
	"record entry",
	"region location zone datacenter",
	"group team",
	"channel room conversation",
	"conversation discussion thread",
	"server guild",
	"song track music",
	"playlist queue",
	"artist musician band",
	"page site website",
	"website url endpoint",
	"template blueprint",
	"backup snapshot",
	"function lambda serverless",
	"model ai llm",
	"branch ref",
	"reaction emoji thumb like",
	"call phone",
	"sms text",
	"number phone",
	"recording audio",
	"seat license",
	"employee staff cardholder",
	"product item good",
	"item entry line",
	"limit quota",
	"size capacity",
	"zip archive zipball",
	"firewall rule",
	"port rule",
	"status state",
	"identity verification kyc",
	"reader terminal",
	"payout withdrawal",
	"country region",
	"app application",
	"device machine",
}

// stop are words that say nothing about the operation.
const stop = " a an the this that these those any some it its is are was were be been do does did has have had having there their his her our your yours ours " +
	"i we you us he she they them and or but if then so as just only also please can could would should will shall may might must want need like " +
	"what which who whom whose when where why how much many got s t re ve let way able using use via per about out up down off now currently ll m d " +
	"anyone everyone something anything everything thing stuff one each not no yes am did than too very still already yet all every "

// mine are words by which people mean themselves.
const mine = " my me mine myself "

// prepositions end the part of a query that names the thing itself.
const prepositions = " of to in from for on with by at into onto under behind within inside against between across without over after before when where who which that " +
	"is are was were does did has have can will if so "

// determiners begin the name of a thing.
const determiners = " a an the this that these those my our your his her their any some all every each someone somebody me it them both two one another new "

// questions begin a query that asks for something to be read.
const questions = " what which who whose when where why is are was were does did has have am "

func in(list, word string) bool { return strings.Contains(list, " "+word+" ") }

// inGroup reports whether a word stands in a group of words.
func inGroup(group, word string) bool {
	for len(group) > 0 {
		one, rest, _ := strings.Cut(group, " ")
		if one == word {
			return true
		}
		group = rest
	}
	return false
}
