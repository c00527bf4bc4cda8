// Package schema knows JSON Schema 2020-12 as clients and documents write it: its
// keywords and types, what is wrong with a schema and how it is mended. It is pure.
//
// Schemas are trees of package doc. A kind is one of the seven types of JSON Schema.
// Numbers keep their digits; they are compared by value, exactly.
package schema
