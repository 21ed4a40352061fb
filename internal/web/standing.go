package web

import (
	"strings"
	"unicode/utf8"

	"callout/internal/operate"
)

// stand is how a thing that stands so is shown.
type stand struct{ kind, title string }

// stands are the words for how a domain stands, in the order in which they matter.
var stands = []struct {
	word string
	stand
}{
	{operate.StandsUnreachable, stand{"bad", "Unreachable"}},
	{operate.StandsPutOff, stand{"bad", "Mail is put off"}},
	{operate.StandsSuspect, stand{"warn", "Suspect"}},
	{operate.StandsPaused, stand{"warn", "Paused"}},
	{operate.StandsNotEnforced, stand{"info", "Not enforced"}},
	{operate.StandsListEmpty, stand{"bad", "Deferred"}},
	{operate.StandsAccepts, stand{"warn", "Accepts everything"}},
	{operate.StandsTrouble, stand{"warn", "Trouble"}},
	{operate.StandsUnproven, stand{"info", "Not proven yet"}},
	{operate.StandsVerifies, stand{"ok", "Verifies properly"}},
	{operate.StandsListed, stand{"ok", "Verified by its list"}},
	{operate.StandsOff, stand{"off", "Off"}},
	{operate.StandsNotAsked, stand{"info", "Not asked yet"}},
}

// standing returns how a standing is shown; one that it doesn't know, in its own word.
func standing(s operate.Standing) stand {
	for _, one := range stands {
		if one.word == s.Word {
			return one.stand
		}
	}
	return stand{"info", s.Word}
}

// standMark is a badge that says how a domain stands.
type standMark struct{ Kind, Word string }

func standMarks(all []operate.Standing) []standMark {
	marks := make([]standMark, 0, len(all))
	for _, s := range all {
		one := standing(s)
		marks = append(marks, standMark{one.kind, one.title})
	}
	return marks
}

// standingChoices are the choices of a filter by standing.
func standingChoices(chosen string) []Option {
	pairs := []string{"", "any"}
	for _, one := range stands {
		pairs = append(pairs, one.word, one.title)
	}
	return Choices(chosen, pairs...)
}

// standingStrips says how a domain stands, and where to do something about it.
func (v *visit) standingStrips(d *operate.Domain) []Strip {
	all := make([]Strip, 0, len(d.Standing))
	for _, s := range d.Standing {
		one := standing(s)
		text := withoutTitle(s.Text, one.title)
		if s.Word == operate.StandsPaused {
			text = pausedText(d.Paused)
		}
		all = append(all, Strip{Kind: one.kind, Word: one.title, Text: text, Do: s.Do, Link: v.standingLink(d, s.Word)})
	}
	return all
}

// pausedText says what a pause means for a domain that is in it.
func pausedText(p *operate.Pause) string {
	text := "Everything is accepted until somebody resumes it."
	if !p.Until.IsZero() {
		text = "Everything is accepted until " + p.Until.UTC().Format("2006-01-02 15:04") + " UTC."
	}
	if p.Domain == "" {
		text = "Every domain is paused, this one too. " + text
	}
	return text
}

// withoutTitle takes the title off the front of a sentence that stands below it.
func withoutTitle(text, title string) string {
	if strings.TrimSuffix(text, ".") == title {
		return ""
	}
	rest, ok := strings.CutPrefix(text, title+": ")
	if !ok {
		return text
	}
	return capital(rest)
}

// capital begins a text with a capital letter, unless it begins with a name, which is written as it is.
func capital(text string) string {
	if first, _, _ := strings.Cut(text, " "); text == "" || text[0] >= utf8.RuneSelf || strings.ContainsAny(strings.TrimSuffix(first, "."), "_.:@") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// standingLink leads to where something can be done about how a domain stands, for who may do it.
func (v *visit) standingLink(d *operate.Domain, word string) Link {
	at := domainURL(d.Name)
	switch word {
	case operate.StandsUnreachable, operate.StandsAccepts:
		return Link{"Run the doctor", at + "/doctor"}
	case operate.StandsSuspect:
		if d.CatchAll != nil && d.CatchAll.Turned {
			return Link{"Run the doctor", at + "/doctor"}
		}
		return Link{"Test an address", "#test"}
	case operate.StandsNotAsked, operate.StandsUnproven:
		return Link{"Test an address", "#test"}
	case operate.StandsNotEnforced:
		return Link{"See decisions", decisionsURL(d.Name)}
	case operate.StandsListEmpty:
		return Link{"Add recipients", at + "/recipients"}
	case operate.StandsPaused:
		if v.who.Admin() {
			if d.Paused != nil && d.Paused.Domain == "" {
				return Link{"Resume everything", "#pause"}
			}
			return Link{"Resume", "#pause"}
		}
	case operate.StandsTrouble:
		return Link{"See its hosts", "#hosts"}
	case operate.StandsPutOff:
		if v.who.Admin() {
			return Link{"See the next hops", "/destinations"}
		}
	case operate.StandsListed:
		return Link{"See the list", at + "/recipients"}
	}
	return Link{}
}

func decisionsURL(domain string) string { return withQuery("/decisions", "domain", domain) }
