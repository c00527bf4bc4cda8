// Package search finds the operation of a large API that does what a few plain
// words say. It is pure: no network, no model, no clock; the same words give the
// same answer in the same order, always.
//
// # Terminology
//
// An entry is one operation as it is indexed. A term is a word of an entry in its
// light form: lower case, without the endings of plural, -ed and -ing. Its deep
// form has also lost -ment, -ion and the like; deep forms are kept beside, marked
// with "~", and count for less. A posting says which entries have a term, in which
// fields, and with what weight. A concept is one word of a query with everything
// that may stand for it: synonyms, a longer word that it begins, a word that is one
// slip of the keyboard away. The intent is what the query wants done, which says
// what method is likely. The tail of a path is its last part that is no parameter:
// what the operation is about.
//
// # Ranking
//
// Concepts are scored by BM25 over weighted fields, the weights being part of the
// postings. The sum is multiplied by how much of the query was found, by how much
// of the entry's path the query explains (so that the shorter path wins when no
// part of a thing is named), by how well method and shape of the path suit the
// intent, and by less than one for what is deprecated. A query that is the name or
// the path of an entry gives that one first.
//
// The index is one flat run of bytes that is searched in place: [Open] reads its
// header only.
package search
