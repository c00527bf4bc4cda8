package oauthflow

import (
	_ "embed"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/internal/markup"
)

//go:embed page.css
var pageCSS string

// render returns the page as HTML.
func (p page) render() []byte {
	w := &markup.Writer{}
	w.Add(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title># · mcp-bridge</title>
<style>`, p.Title)
	w.Add(markup.HTML(pageCSS)) // our own file
	w.Add(`</style>
</head>
<body class="#">
<main>
<div class="mark"><svg viewBox="0 0 24 24" aria-hidden="true">`, p.Tone)
	w.Add(drawing(p.Tone))
	w.Add(`</svg></div>
<h1>#</h1>
`, p.Title)
	p.body(w)
	if p.Footer == "" {
		p.Footer = ownFooter
	}
	w.Add(`</main>
<footer><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M2 17.5h20M2 14c5.5 0 5.5-8 10-8s4.5 8 10 8M7 17.5v-6M12 17.5V6M17 17.5v-6"/></svg>
<span>#</span></footer>
</body>
</html>
`, p.Footer)
	return []byte(w.String())
}

// body writes what stands between the heading and the footer.
func (p page) body(w *markup.Writer) {
	for _, text := range p.Text {
		w.Add("<p>#</p>\n", text)
	}
	if len(p.Facts) > 0 {
		w.Add("<dl>\n")
		for _, f := range p.Facts {
			w.Add("<div><dt>#</dt><dd>#</dd></div>\n", f.Name, f.Value)
		}
		w.Add("</dl>\n")
	}
	if p.Form != nil {
		p.Form.write(w)
	}
	w.If(`<p class="next">To try again, type this in a terminal:</p>
<p class="command"><code>#</code></p>
`, p.Command)
	w.If("<p class=\"next\">#</p>\n", p.Next)
}

// drawing is what the mark of a page shows.
func drawing(tone string) markup.HTML {
	switch tone {
	case "good":
		return `<path d="M5 12.5l4.7 4.7L19.2 7.5"/>`
	case "declined":
		return `<circle cx="12" cy="12" r="9"/><path d="M5.8 5.8l12.4 12.4"/>`
	case "failed":
		return `<circle cx="12" cy="12" r="9"/><path d="M12 7v5.8M12 16.4v.1"/>`
	case "key":
		return `<circle cx="8" cy="15.5" r="4.5"/><path d="M11.3 12.2l8.2-8.2M16 7.5l3 3"/>`
	}
	return `<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>`
}

// write writes the form. The first field that is empty has the cursor.
func (f *fields) write(w *markup.Writer) {
	w.If("<p class=\"problem\" role=\"alert\">#</p>\n", f.Problem)
	w.Add(`<form method="post" action="#" autocomplete="off">
<input type="hidden" name="token" value="#">
`, f.Action, f.Token)
	if f.User {
		w.Add(`<label>User name
<input type="text" name="user" value="#" autocomplete="off" autocapitalize="none" spellcheck="false"`, f.UserValue)
		if f.UserValue == "" {
			w.Add(" autofocus")
		}
		w.Add("></label>\n")
	}
	kind := markup.HTML("password")
	if f.Visible {
		kind = "text"
		w.Add("<input type=\"hidden\" name=\"show\" value=\"1\">\n")
	}
	w.Add(`<label>#
<input type="`+kind+`" name="secret" autocomplete="off" autocapitalize="none" spellcheck="false"`, f.Label)
	if !f.User || f.UserValue != "" {
		w.Add(" autofocus")
	}
	w.Add("></label>\n")
	if f.Visible {
		w.Add("<p class=\"help\"><a href=\"#\">Hide what I type</a></p>\n", f.Action)
	} else {
		w.Add("<p class=\"help\"><a href=\"#\">Show what I type</a> (empties the field)</p>\n", f.Action+"?"+showQuery)
	}
	w.If("<p class=\"help\">#</p>\n", f.Help)
	if f.Link != "" {
		w.Add(`<p class="help"><a href="#" rel="noreferrer noopener" target="_blank">The API’s documentation: #</a></p>
`, f.Link, f.Link)
	}
	if f.AskEmpty {
		w.Add(`<label class="check"><input type="checkbox" name="empty" value="yes"><span>This user has no password</span></label>
`)
	}
	w.Add(`<div class="to"><p>#</p>
`, f.Sent)
	if len(f.Origins) > 0 {
		w.Add("<ul>")
		for _, origin := range f.Origins {
			w.Add(`<li class="origin">#</li>`, origin)
		}
		w.Add("</ul>\n")
	}
	w.Add(`</div>
<div class="buttons"><button type="submit" class="save" name="action" value="save">Save</button>
<button type="submit" name="action" value="cancel" formnovalidate>Cancel</button></div>
</form>
`)
}
