package web

import (
	"fmt"
	"html/template"
	"reflect"
	"strings"
	"time"
)

// functions are what templates may call beside Go's own.
func (s *Shell) functions() template.FuncMap {
	return template.FuncMap{
		"asset":     s.assets.url,
		"ago":       s.ago,
		"when":      when,
		"dur":       Duration,
		"num":       func(n any) (string, error) { i, err := whole(n); return Number(i), err },
		"plural":    func(n any, one, many string) (string, error) { i, err := whole(n); return Plural(i, one, many), err },
		"rate":      Rate,
		"percent":   Percent,
		"text":      func(v any) template.HTML { return visibleHTML(fmt.Sprint(v)) },
		"commands":  commands,
		"plaintext": func(v any) string { return Visible(fmt.Sprint(v)) },
		"addr":      addr,
		"verdict":   func(v any) template.HTML { return badge(verdicts, v) },
		"action":    func(v any) template.HTML { return badge(actions, v) },
		"hoststate": func(v any) template.HTML { return badge(hostStates, v) },
		"sign":      sign,
		"link":      func(text, url string) Link { return Link{text, url} },
		"empty":     func(title, text string, do ...Link) Empty { return Empty{title, text, do} },
		"notice":    func(kind, title, text string) Notice { return Notice{Kind: kind, Title: title, Text: text} },
		"nav":       navigation,
	}
}

// ago says when something was or will be, with the exact time on hover; "never" for the zero time.
func (s *Shell) ago(t time.Time) template.HTML {
	if t.IsZero() {
		return `<span class="dim">never</span>`
	}
	return timeElement(t, relative(t, s.now()), " data-ago")
}

// when is the exact time.
func when(t time.Time) template.HTML {
	if t.IsZero() {
		return `<span class="dim">never</span>`
	}
	return timeElement(t, t.UTC().Format("2006-01-02 15:04:05"), "")
}

func timeElement(t time.Time, words, attr string) template.HTML {
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s UTC"%s>%s</time>`,
		t.Format(time.RFC3339), t.Format("2006-01-02 15:04:05"), attr, template.HTMLEscapeString(words)))
}

// whole takes any whole number.
func whole(n any) (int64, error) {
	switch v := reflect.ValueOf(n); {
	case !v.IsValid():
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint():
		return int64(v.Uint()), nil
	}
	return 0, fmt.Errorf("%T is not a whole number", n)
}

// addr shows an address, host or domain in the fixed-width face; a long one may break after its @.
func addr(v any) template.HTML {
	text := string(visibleHTML(fmt.Sprint(v)))
	return template.HTML(`<span class="addr">` + strings.Replace(text, "@", "@<wbr>", 1) + `</span>`)
}

// commands shows a text in which commands stand between backticks.
func commands(text string) template.HTML {
	var all template.HTML
	for {
		before, rest, _ := strings.Cut(text, "`")
		command, after, closed := strings.Cut(rest, "`")
		if !closed {
			return all + visibleHTML(text)
		}
		all += visibleHTML(before) + "<code>" + visibleHTML(command) + "</code>"
		text = after
	}
}

// look is how a state shows: by its word and its sign, and by colour for those who see it.
type look struct{ class, sign, word string }

var verdicts = map[string]look{
	"valid":     {"ok", "✓", "valid"},
	"invalid":   {"bad", "✕", "invalid"},
	"unknown":   {"warn", "?", "unknown"},
	"catch_all": {"info", "∗", "catch-all"},
}

var actions = map[string]look{
	"accept":     {"ok", "✓", "accept"},
	"reject":     {"bad", "✕", "reject"},
	"defer":      {"warn", "↻", "defer"},
	"no_opinion": {"off", "–", "no opinion"},
}

var hostStates = map[string]look{
	"up":       {"ok", "✓", "up"},
	"trouble":  {"warn", "!", "trouble"},
	"back_off": {"bad", "✕", "left alone"},
	"unknown":  {"off", "–", "not asked yet"},
}

// signs are those of the kinds of strips, tiles and notices.
var signs = map[string]string{"ok": "✓", "bad": "✕", "warn": "!", "info": "i", "off": "–"}

func sign(kind string) string { return signs[kind] }

// badge shows a state; one that it doesn't know, in its own word.
func badge(looks map[string]look, v any) template.HTML {
	name := fmt.Sprint(v)
	l, ok := looks[name]
	if !ok {
		return `<span class="badge off">` + visibleHTML(name) + `</span>`
	}
	return template.HTML(fmt.Sprintf(`<span class="badge %s"><span class="sign" aria-hidden="true">%s</span>%s</span>`, l.class, l.sign, l.word))
}

// place is an entry of the navigation.
type place struct{ Key, Text, URL string }

// navigation returns where the viewer may go. Hosts that several domains share are the admins' matter.
func navigation(v *Viewer) []place {
	all := []place{
		{"overview", "Overview", "/"},
		{"domains", "Domains", "/domains"},
		{"destinations", "Destinations", "/destinations"},
		{"cache", "Cache", "/cache"},
		{"decisions", "Decisions", "/decisions"},
		{"alerts", "Alerts", "/alerts"},
		{"access", "Access", "/access"},
	}
	if !v.Admin {
		all = append(all[:2], all[3:]...)
	}
	return all
}
