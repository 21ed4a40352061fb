package decisions

import "callout/internal/address"

// Filter selects decisions: those that meet all of its fields. An empty one selects any.
type Filter struct {
	Domains   map[string]bool // of these domains alone, as A-labels; nil: of every domain, and on addresses without one
	Domain    string          // of this domain
	Recipient string          // on this recipient, ASCII case of its local-part ignored
	Text      string          // that have it in recipient, sender or client, ASCII case ignored

	Action, Verdict, Reason, Source, Front string // with this word
}

// folded returns the filter with its text in lower case.
func (f Filter) folded() Filter {
	f.Text, f.Recipient = address.Fold(f.Text), address.Fold(f.Recipient)
	return f
}

// selects reports whether a decision is one of those. The filter is folded.
func (f *Filter) selects(p *place) bool {
	if !is(f.Action, p.action.String()) || !is(f.Verdict, p.status.String()) || !is(f.Source, p.source.String()) ||
		!is(f.Reason, p.reason) || !is(f.Front, p.front) {
		return false
	}
	recipient, domain, sender, client := p.addresses()
	if f.Domains != nil && !f.Domains[string(domain)] || f.Domain != "" && f.Domain != string(domain) {
		return false
	}
	if f.Recipient != "" && (len(recipient) != len(f.Recipient) || !begins(recipient, f.Recipient)) {
		return false
	}
	return f.Text == "" || contains(recipient, f.Text) || contains(sender, f.Text) || contains(client, f.Text)
}

func is(want, word string) bool { return want == "" || want == word }

// contains reports whether b has text, which is in lower case, in it, ASCII case ignored.
func contains(b []byte, text string) bool {
	for ; len(b) >= len(text); b = b[1:] {
		if begins(b, text) {
			return true
		}
	}
	return false
}

func begins(b []byte, text string) bool {
	for i := range len(text) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != text[i] {
			return false
		}
	}
	return true
}
