package oracle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi/datamodel"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v2 "github.com/pb33f/libopenapi/datamodel/high/v2"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// theirFacts reads a document with libopenapi.
func theirFacts(t *testing.T, file string) facts {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config := datamodel.DocumentConfiguration{AllowFileReferences: true, BasePath: filepath.Dir(file), SpecFilePath: file,
		SkipCircularReferenceCheck: true, ExcludeExtensionRefs: true, SkipJSONConversion: true}
	d, err := libopenapi.NewDocumentWithConfiguration(data, &config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(d.GetVersion(), "2") {
		m, err := d.BuildV2Model()
		if m == nil {
			t.Fatal(err)
		}
		return oldFacts(&m.Model)
	}
	m, err := d.BuildV3Model()
	if m == nil {
		t.Fatal(err)
	}
	return newFacts(&m.Model)
}

// theirSecurity is the effective requirement; own is nil where the operation says nothing.
func theirSecurity(own, common []*base.SecurityRequirement) string {
	if own == nil {
		own = common
	}
	var alternatives [][]string
	for _, all := range own {
		one := []string{}
		for id, scopes := range all.Requirements.FromOldest() {
			one = append(one, strings.Join(append([]string{id}, scopes...), " "))
		}
		alternatives = append(alternatives, one)
	}
	return security(own != nil, alternatives)
}

func newFacts(d *v3.Document) facts {
	out := facts{}
	for path, item := range d.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			all := []string{"id " + op.OperationId, theirSecurity(op.Security, d.Security)}
			if op.Deprecated != nil && *op.Deprecated {
				all = append(all, "deprecated")
			}
			for _, p := range effective(op.Parameters, item.Parameters, func(p *v3.Parameter) string { return p.In + " " + p.Name }) {
				style, explode := theirStyle(p)
				all = append(all, parameter(p.In, p.Name, p.Required != nil && *p.Required, style, explode))
			}
			if b := op.RequestBody; b != nil {
				media := []string{}
				for m := range b.Content.KeysFromOldest() {
					media = append(media, m)
				}
				all = append(all, body(preferred(media), b.Required != nil && *b.Required))
			}
			out[strings.ToUpper(method)+" "+path] = all
		}
	}
	return out
}

// effective returns an operation's parameters and those of its path that it does not
// have itself, but for what the specification says to ignore (3.1, 4.8.12).
func effective[P any](own, common []P, key func(P) string) (out []P) {
	var seen []string
	for _, p := range slices.Concat(own, common) {
		k := key(p)
		switch strings.ToLower(k) {
		case "header accept", "header content-type", "header authorization":
			continue
		}
		if !slices.Contains(seen, k) {
			seen, out = append(seen, k), append(out, p)
		}
	}
	return out
}

// theirStyle fills in the defaults (3.1, 4.8.12.2).
func theirStyle(p *v3.Parameter) (style string, explode bool) {
	if p.Content != nil && p.Content.Len() > 0 {
		return "json", false
	}
	style = p.Style
	if style == "" {
		style = "simple"
		if p.In == "query" || p.In == "cookie" {
			style = "form"
		}
	}
	explode = style == "form"
	if p.Explode != nil {
		explode = *p.Explode
	}
	return style, explode
}

// preferred is the media type that the bridge says to prefer: JSON, then forms, then
// multipart, then the first.
func preferred(media []string) string {
	for _, want := range []func(m string) bool{
		func(m string) bool { return m == "application/json" },
		func(m string) bool { return strings.HasSuffix(m, "json") },
		func(m string) bool { return m == "application/x-www-form-urlencoded" },
		func(m string) bool { return m == "multipart/form-data" },
		func(string) bool { return true },
	} {
		for _, m := range media {
			kind, _, _ := strings.Cut(m, ";")
			if want(kind) {
				return m
			}
		}
	}
	return "nothing"
}

func oldFacts(d *v2.Swagger) facts {
	out := facts{}
	for path, item := range d.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			all := []string{"id " + op.OperationId, theirSecurity(op.Security, d.Security)}
			if op.Deprecated {
				all = append(all, "deprecated")
			}
			consumes := op.Consumes
			if consumes == nil {
				consumes = d.Consumes
			}
			required, sent := false, false
			for _, p := range effective(op.Parameters, item.Parameters, func(p *v2.Parameter) string { return p.In + " " + p.Name }) {
				must := p.Required != nil && *p.Required
				if p.In == "body" || p.In == "formData" {
					sent, required = true, required || must
					continue
				}
				style, explode := oldStyle(p)
				all = append(all, parameter(p.In, p.Name, must, style, explode))
			}
			if sent {
				all = append(all, body(preferred(consumes), required))
			}
			out[strings.ToUpper(method)+" "+path] = all
		}
	}
	return out
}

// oldStyle is a collectionFormat in the words of OpenAPI 3.
func oldStyle(p *v2.Parameter) (style string, explode bool) {
	switch p.CollectionFormat {
	case "ssv":
		return "spaceDelimited", false
	case "tsv":
		return "tabDelimited", false
	case "pipes":
		return "pipeDelimited", false
	}
	if p.In == "query" {
		return "form", p.CollectionFormat == "multi"
	}
	return "simple", false
}
