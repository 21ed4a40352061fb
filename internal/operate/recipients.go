package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"callout/internal/access"
	"callout/internal/address"
	"callout/internal/domains"
)

// Local recipients of a page. Each page costs a look at all of them, so it may be a large one.
const (
	DefaultRecipients = 1000
	MaxRecipients     = 100_000
)

// RecipientPage is one page of the local recipients of a domain: first those of its settings, then those that were added
// at run time.
type RecipientPage struct {
	Domain   string   `json:"domain" doc:"Of an alias: the one that it is an alias of"`
	File     []string `json:"file" doc:"Of its settings"`
	Stored   []string `json:"stored" doc:"Added at run time"`
	Total    int      `json:"total" doc:"How many fit, on all pages"`
	Previous string   `json:"previous,omitempty" doc:"Cursor of the page before, absent on the first"`
	Next     string   `json:"next,omitempty" doc:"Cursor of the next page, absent on the last"`
	Held     int      `json:"-"` // how many were added at run time, whether or not they fit
}

// RecipientQuery selects local recipients.
type RecipientQuery struct {
	Text   string // only those that contain it, ASCII case ignored
	Cursor string
	Limit  int // 1 to MaxRecipients; 0: DefaultRecipients
}

// RecipientsSet is what came of replacing all that were added at run time.
type RecipientsSet struct {
	Domain string `json:"domain"`
	Stored int    `json:"stored" doc:"How many there are now"`
}

// RecipientsChanged is what came of adding and removing some.
type RecipientsChanged struct {
	Domain  string `json:"domain"`
	Added   int    `json:"added" doc:"The others were there"`
	Removed int    `json:"removed" doc:"The others were not"`
	Heading string `json:"heading,omitempty" doc:"Of CSV: what the first row says, where it was taken for a heading and left out"`
}

// Recipients returns a page of local recipients.
func (k *Desk) Recipients(ctx context.Context, who *access.Actor, domain string, q RecipientQuery) (RecipientPage, error) {
	d, err := k.domain(ctx, who, see, domain)
	if err != nil {
		return RecipientPage{}, err
	}
	limit, err := rows(q.Limit, DefaultRecipients, MaxRecipients)
	if err != nil {
		return RecipientPage{}, err
	}
	file, stored, ok := k.domains.LocalRecipients(d.Name)
	if !ok {
		return RecipientPage{}, notServed(d.Name)
	}
	held := len(stored)
	file, stored = containing(file, q.Text), containing(stored, q.Text)
	// The lists are one behind the other: a key is the list's letter and the entry.
	key := func(i int) string {
		if i < len(file) {
			return "f" + file[i]
		}
		return "s" + stored[i-len(file)]
	}
	n := len(file) + len(stored)
	from, to, previous, next, err := Span("recipients of "+mainName(d), n, key, false, q.Cursor, limit)
	if err != nil {
		return RecipientPage{}, err
	}
	part := func(list []string, skip int) []string {
		return slices.Clone(list[min(max(from-skip, 0), len(list)):min(max(to-skip, 0), len(list))])
	}
	page := RecipientPage{Domain: mainName(d), File: part(file, 0), Stored: part(stored, len(file)), Total: n, Previous: previous, Next: next, Held: held}
	if page.File == nil {
		page.File = []string{}
	}
	if page.Stored == nil {
		page.Stored = []string{}
	}
	return page, nil
}

// containing returns the entries that contain a text.
func containing(entries []string, text string) []string {
	text = address.Fold(strings.TrimSpace(text))
	if text == "" {
		return entries
	}
	var found []string
	for _, e := range entries {
		if strings.Contains(e, text) {
			found = append(found, e)
		}
	}
	return found
}

// SetRecipients replaces the local recipients that were added to a domain at run time.
func (k *Desk) SetRecipients(ctx context.Context, who *access.Actor, domain string, entries []string) (RecipientsSet, error) {
	d, err := k.writable(ctx, who, setRecipients, domain)
	if err != nil {
		return RecipientsSet{}, err
	}
	n, err := k.domains.SetRecipients(ctx, d.Name, entries)
	if err != nil {
		return RecipientsSet{}, err
	}
	k.done(ctx, who, setRecipients, mainName(d), number(n, "recipient"))
	return RecipientsSet{mainName(d), n}, nil
}

// ChangeRecipients adds and then removes local recipients of a domain, all or none.
func (k *Desk) ChangeRecipients(ctx context.Context, who *access.Actor, domain string, add, remove []string) (RecipientsChanged, error) {
	d, err := k.writable(ctx, who, changeRecipients, domain)
	if err != nil {
		return RecipientsChanged{}, err
	}
	added, removed, err := k.domains.ChangeRecipients(ctx, d.Name, add, remove)
	if err != nil {
		return RecipientsChanged{}, err
	}
	k.done(ctx, who, changeRecipients, mainName(d), fmt.Sprintf("%d added, %d removed: %s", added, removed, brief(add, remove)))
	return RecipientsChanged{Domain: mainName(d), Added: added, Removed: removed}, nil
}

// brief returns the first few of what was added and removed, for the audit log.
func brief(add, remove []string) string {
	const most = 5
	var words []string
	for i, entries := range [][]string{add, remove} {
		for n, e := range entries {
			if n == most {
				words = append(words, "…")
				break
			}
			words = append(words, fmt.Sprintf("%c%.100q", "+-"[i], e))
		}
	}
	return strings.Join(words, " ")
}

// writable returns a domain that somebody may see, where they may write.
func (k *Desk) writable(ctx context.Context, who *access.Actor, verb, domain string) (*domains.Domain, error) {
	d, err := k.domain(ctx, who, verb, domain)
	if err != nil {
		return nil, err
	}
	return d, k.writes(ctx, who, verb, mainName(d))
}
