package api

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"callout/internal/address"
	"callout/internal/domains"
)

// Entries of a page of local recipients. Each page costs the server a look at all of them, so it may be a large one.
const (
	defaultRecipients = 1000
	maxRecipients     = 100_000
)

// RecipientPage is one page of the local recipients of a domain.
type RecipientPage struct {
	Domain string   `json:"domain"`         // of an alias: the one that it is an alias of
	File   []string `json:"file"`           // of its settings
	Stored []string `json:"stored"`         // added at run time
	Next   string   `json:"next,omitempty"` // cursor of the next page, absent after the last
}

// RecipientList is what PUT takes: all the local recipients that a domain is to have from run time.
type RecipientList struct {
	Recipients *[]string `json:"recipients"`
}

// RecipientChange is what PATCH takes.
type RecipientChange struct {
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// RecipientsSet is what came of PUT.
type RecipientsSet struct {
	Domain string `json:"domain"`
	Stored int    `json:"stored"` // how many there are now
}

// RecipientsChanged is what came of PATCH.
type RecipientsChanged struct {
	Domain  string `json:"domain"`
	Added   int    `json:"added"`   // the others were there
	Removed int    `json:"removed"` // the others were not
}

func (a *API) listRecipients(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	values := r.URL.Query()
	p := recipientPager{text: address.Fold(values.Get("query"))}
	if p.left, err = limit(r, defaultRecipients, maxRecipients); err != nil {
		return 0, nil, err
	}
	if !p.begin(values.Get("cursor")) {
		return 0, nil, &refusal{http.StatusBadRequest, "the cursor is none of this list: pass on the one that the page before came with"}
	}
	file, stored, ok := a.domains.LocalRecipients(d.Name)
	if !ok {
		return 0, nil, notServed(d.Name)
	}
	page := RecipientPage{Domain: mainName(d), File: p.take(partFile, file), Stored: p.take(partStored, stored), Next: p.next}
	return http.StatusOK, page, nil
}

// The two lists of a domain, in the order in which they are paged.
const (
	partFile   = "f"
	partStored = "s"
)

// recipientPager takes a page out of lists that are in order. A cursor is the list and the entry that the page before
// ended with, so that entries which come and go meanwhile move nothing.
type recipientPager struct {
	text  string // only entries that contain it
	part  string // where the page begins: behind this entry of this list
	after string
	left  int // how many entries the page may still have
	last  string
	next  string
}

// begin reads a cursor; it is false for one that is none.
func (p *recipientPager) begin(cursor string) bool {
	if cursor == "" {
		return true
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < 2 {
		return false
	}
	p.part, p.after = string(b[:1]), string(b[1:])
	return p.part == partFile || p.part == partStored
}

// take returns what of a list is on the page, and sets next where there is more.
func (p *recipientPager) take(part string, list []string) []string {
	page := []string{}
	if part < p.part || p.next != "" {
		return page
	}
	if part == p.part {
		i, found := slices.BinarySearch(list, p.after)
		if found {
			i++
		}
		list = list[i:]
	}
	for _, entry := range list {
		if !strings.Contains(entry, p.text) {
			continue
		}
		if p.left == 0 {
			p.next = base64.RawURLEncoding.EncodeToString([]byte(p.last))
			break
		}
		p.left--
		p.last = part + entry
		page = append(page, entry)
	}
	return page
}

func (a *API) putRecipients(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	const example = `{"recipients": ["john", "sales-*"]}`
	var body RecipientList
	if err := readBody(r, &body, example); err != nil {
		return 0, nil, err
	}
	if body.Recipients == nil { // not taken for an empty list
		return 0, nil, &refusal{http.StatusUnprocessableEntity, "the body has no recipients; write for example " + example}
	}
	n, err := a.domains.SetRecipients(r.Context(), d.Name, *body.Recipients)
	if err != nil {
		return 0, nil, err
	}
	a.log.Info("local recipients set", "domain", mainName(d), "stored", n)
	return http.StatusOK, RecipientsSet{mainName(d), n}, nil
}

func (a *API) changeRecipients(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	var body RecipientChange
	if err := readBody(r, &body, `{"add": ["john"], "remove": ["jane"]}`); err != nil {
		return 0, nil, err
	}
	added, removed, err := a.domains.ChangeRecipients(r.Context(), d.Name, body.Add, body.Remove)
	if err != nil {
		return 0, nil, err
	}
	a.log.Info("local recipients changed", "domain", mainName(d), "added", added, "removed", removed)
	return http.StatusOK, RecipientsChanged{mainName(d), added, removed}, nil
}

// mainName returns the domain, for an alias the one that it is an alias of.
func mainName(d *domains.Domain) string {
	if d.AliasOf != "" {
		return d.AliasOf
	}
	return d.Name
}
