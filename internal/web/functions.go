package web

import (
	"fmt"
	"html/template"
	"net/netip"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// functions are what templates may call beside Go's own.
func (s *Shell) functions() template.FuncMap {
	return template.FuncMap{
		"asset":     s.assets.url,
		"ago":       s.ago,
		"now":       func() string { return s.now().UTC().Format("2006-01-02T15:04:05.000Z") },
		"when":      when,
		"dur":       Duration,
		"num":       func(n any) (string, error) { i, err := whole(n); return Number(i), err },
		"plural":    func(n any, one, many string) (string, error) { i, err := whole(n); return Plural(i, one, many), err },
		"text":      func(v any) template.HTML { return visibleHTML(fmt.Sprint(v)) },
		"commands":  commands,
		"plaintext": func(v any) string { return Visible(fmt.Sprint(v)) },
		"addr":      addr,
		"verdict":   func(v any) template.HTML { return badge(verdicts, v) },
		"action":    func(v any) template.HTML { return badge(actions, v) },
		"hoststate": func(v any) template.HTML { return badge(hostStates, v) },
		"sign":      sign,
		"front":     frontWord,
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

// How many characters of an address stay on one line, and of a name between its dots.
const (
	shortAddress = 24
	longName     = 30
)

// addr shows an address, host or domain in the fixed-width face. One that is not short may break behind its @ and dots, and
// elsewhere only within a long name. An IPv4 address stays whole. setAddress of static/stream.js does the same.
func addr(v any) template.HTML {
	text := fmt.Sprint(v)
	switch {
	case isIPv4(text):
		return template.HTML(`<span class="addr nowrap">` + template.HTMLEscapeString(text) + `</span>`)
	case utf8.RuneCountInString(text) <= shortAddress:
		return `<span class="addr">` + visibleHTML(text) + `</span>`
	}
	var b strings.Builder
	class, rest := "addr", text
	for rest != "" {
		part := rest
		if i := strings.IndexAny(rest, "@."); i >= 0 {
			part = rest[:i+1]
		}
		if rest = rest[len(part):]; utf8.RuneCountInString(part) > longName {
			class = "addr long"
		}
		b.WriteString(string(visibleHTML(part)))
		if rest != "" {
			b.WriteString("<wbr>")
		}
	}
	return template.HTML(`<span class="` + class + `">` + b.String() + `</span>`)
}

// isIPv4 reports whether a text is an IPv4 address, with or without a port.
func isIPv4(text string) bool {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Is4()
	}
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Is4()
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
	"up":          {"ok", "✓", "up"},
	"trouble":     {"warn", "!", "trouble"},
	"back_off":    {"bad", "✕", "left alone"},
	"unknown":     {"off", "–", "not asked yet"},
	"unreachable": {"bad", "✕", "can't be reached"}, // a next hop, as the last one is
	"refuses":     {"bad", "✕", "takes no mail"},
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
