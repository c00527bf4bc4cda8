package oauthtest

import (
	_ "embed"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/internal/markup"
)

//go:embed page.css
var pageCSS string

// render returns the page as HTML.
func (v view) render() string {
	w := &markup.Writer{}
	w.Add(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>#</title>
<style>
`, v.Title)
	w.Add(markup.HTML(pageCSS)) // our own file
	tone, drawing := v.look()
	w.Add(`</style>
</head>
<body>
<main class="#">
<header>
<span class="mark" aria-hidden="true"><svg viewBox="0 0 24 24">`, tone)
	w.Add(drawing)
	w.Add(`</svg></span>
<h1>#</h1>
</header>
`, v.Title)
	if v.Form != "" {
		v.question(w)
		v.form(w)
	} else {
		w.Add(`<p class="last">#</p>`, v.Text)
	}
	w.Add("\n</main>\n</body>\n</html>\n")
	return w.String()
}

// look returns the class of a page and what its mark shows.
func (v view) look() (tone string, drawing markup.HTML) {
	switch {
	case v.Done:
		return "good", `<path d="M5 13l4 4L19 7"/>`
	case v.Wrong:
		return "wrong", `<path d="M12 6v8M12 18v.01"/>`
	}
	return "", `<circle cx="8" cy="12" r="4"/><path d="M12 12h9M18 12v4"/>`
}

// question says what is asked.
func (v view) question(w *markup.Writer) {
	if v.Device {
		w.Add("<p>Type the code that your device shows, and who you are.</p>\n")
		return
	}
	w.Add("<p><b>#</b>", v.Client)
	w.If(" on #", v.To)
	w.Add(" asks for access to your account")
	if len(v.Scopes) == 0 {
		w.Add(".</p>\n\n")
		return
	}
	w.Add(" to:</p>\n<ul>")
	for _, s := range v.Scopes {
		w.Add("<li><span>#</span><code>#</code></li>", s.Meaning, s.Name)
	}
	w.Add("</ul>\n")
}

// form is what a person fills in.
func (v view) form(w *markup.Writer) {
	w.If(`<p class="problem" role="alert">#</p>`, v.Problem)
	w.Add("\n<form method=\"post\" action=\"#\">\n", v.Form)
	if v.Device {
		w.Add(`<label>Code<input class="code" name="user_code" value="#" autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX"`, v.Code)
		if v.Code == "" {
			w.Add(" autofocus")
		}
		w.Add("></label>\n")
	} else {
		w.Add("<input type=\"hidden\" name=\"ticket\" value=\"#\">\n", v.Ticket)
	}
	w.Add(`<label>User name<input name="user" value="#" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64"`, v.User)
	if v.Code != "" || !v.Device {
		w.Add(" autofocus")
	}
	w.Add("></label>\n")
	if v.Password {
		w.Add("<label>Password<input type=\"password\" name=\"password\" autocomplete=\"current-password\"></label>\n")
	}
	w.Add(`<div class="buttons"><button class="allow" name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></div>
</form>
`)
	if !v.Password {
		w.Add("<footer>A server for trying things out: any user name will do.</footer>")
	}
	w.Add("\n")
}
