package web

import (
	"net/url"
	"slices"
	"strings"

	"callout/internal/access"
	"callout/internal/operate"
)

// Tokens is what the page "accesstokens" shows.
type Tokens struct {
	List   *List
	Filter Filter
	Rows   []tokenRow
	Pager  Pager
	None   Empty
	Admin  bool
}

type tokenRow struct {
	access.Token
	May     string
	Few     []string // domains, the first of them
	More    int
	Scope   string // where no domains are named
	Over    bool   // it has expired
	Revoke  string // URL
	OwnerAt string // URL of the owner's other tokens
}

func (v *visit) tokenRows(all []access.Token) []tokenRow {
	rows := make([]tokenRow, 0, len(all))
	for _, t := range all {
		row := tokenRow{Token: t, May: "read", Revoke: "/access/tokens/" + url.PathEscape(t.ID) + "/revoke", OwnerAt: withQuery("/access/tokens", "owner", t.Owner)}
		if t.Write {
			row.May = "read and write"
		}
		row.Few, row.More = first(t.Domains, fewDomains)
		switch {
		case t.Role == access.RoleAdmin:
			row.Scope = "everything"
		case len(t.Domains) == 0:
			row.Scope = "all domains of " + t.Owner
		}
		row.Over = !t.Expires.IsZero() && !t.Expires.After(v.shell.now())
		rows = append(rows, row)
	}
	return rows
}

// tokens lists tokens: all of them for an admin, their own for others.
func (v *visit) tokens() error {
	l := ReadList(v.r, ListSpec{Filters: []string{"q", "owner"}, Columns: []Column{
		{Label: "Label"}, {Label: "Belongs to"}, {Label: "May"}, {Label: "Of what"}, {Label: "Created"}, {Label: "Last used"}, {Label: "Expires"}, {Label: "Change", Quiet: true},
	}})
	data := Tokens{List: l, Admin: v.who.Admin(), None: Empty{
		Title: "No token yet", Text: "A token lets a program in by the API: a control panel, a script, a monitor. It may be for some domains, and for reading only.",
		Links: []Link{{"Create a token", "/access/tokens/new"}, {"What the API does", "/api/docs"}},
	}}
	if l.Filtered() {
		data.None = Empty{Title: "No token fits", Text: "None has this in its label, domains or number.", Links: []Link{{"Show all", l.Clear()}}}
	}
	data.Filter = Filter{l, []Field{{Name: "q", Label: "Label, domain or number contains", Type: "search", Value: l.Get("q")}}}
	if data.Admin {
		data.Filter.Fields = append(data.Filter.Fields, Field{Name: "owner", Label: "Belongs to", Value: l.Get("owner"), Mono: true})
	}
	all := slices.DeleteFunc(v.desk.Tokens(v.who), func(t access.Token) bool {
		return !has(l.Get("q"), append([]string{t.Label, t.ID}, t.Domains...)...) || l.Get("owner") != "" && l.Get("owner") != t.Owner
	})
	key := func(t access.Token) string { return t.Label + " " + t.ID }
	slices.SortFunc(all, func(a, b access.Token) int { return strings.Compare(key(a), key(b)) })
	var err error
	if all, data.Pager, err = sliceOf(l, all, key, "token", "tokens"); err != nil {
		return err
	}
	data.Rows = v.tokenRows(all)
	return v.page("accesstokens", v.accessPage("Tokens", "tokens", data))
}

// token returns one that somebody may revoke.
func (v *visit) token() (access.Token, error) {
	id := v.r.PathValue("id")
	for _, t := range v.desk.Tokens(v.who) {
		if t.ID == id {
			return t, nil
		}
	}
	return access.Token{}, &operate.Error{Kind: operate.Missing, Detail: "There is no such token any more. The list shows those that there are."}
}

// revokingToken asks before a token is revoked.
func (v *visit) revokingToken() error {
	t, err := v.token()
	if err != nil {
		return err
	}
	row := v.tokenRows([]access.Token{t})[0]
	used := "It was never used."
	if !t.LastUsed.IsZero() {
		used = "It was last used " + relative(t.LastUsed, v.shell.now()) + "."
	}
	p := v.accessPage("Revoke a token", "tokens", Confirm{
		Text:  "This revokes the token " + t.Label + ". What uses it is refused from then on. " + used,
		Keeps: "What was done with it stays in the audit log. It can't be brought back: create another instead.",
		URL:   row.Revoke, Button: "Revoke it", Back: "/access/tokens",
	})
	p.Crumbs, p.Tabs = []Link{{"Tokens", "/access/tokens"}}, nil
	return v.page("accessconfirm", p)
}

func (v *visit) revokeToken() error {
	if err := v.desk.DeleteToken(v.ctx(), v.who, v.r.PathValue("id")); err != nil {
		return err
	}
	return v.done(DoneTokenGone, 0, "/access/tokens")
}
