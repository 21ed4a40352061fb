package web

import (
	"net/http"
	"strings"

	"callout/internal/operate"
)

func (w *Web) cacheRoutes() map[string]action {
	return map[string]action{
		"GET /cache":        (*visit).cache,
		"GET /cache/clear":  (*visit).clearingAll,
		"POST /cache/clear": (*visit).clearEverything,
	}
}

// CachePage is what the page "cache" shows.
type CachePage struct {
	List   *List
	Search Field
	Tiles  []Tile
	Rows   []operate.DomainHeld // those with most
	Others int                  // domains that are not among Rows
	Left   int                  // verdicts of domains that are served no more; for admins
	None   Empty
	Clear  string // URL; "" for who may not, or where there is nothing
	Where  string // whose verdicts are counted
}

// heldShown are the domains that the cache is shown with.
const heldShown = 50

// cache searches: an address and a domain are gone to, a part of a name leaves the domains that have it.
func (v *visit) cache() error {
	l := ReadList(v.r, ListSpec{Filters: []string{"q"}})
	text := strings.TrimSpace(l.Get("q"))
	switch found := v.desk.Find(v.ctx(), v.who, text); {
	case found.Recipient != "":
		Redirect(v, v.r, recipientURL(found.Recipient))
		return nil
	case found.Domain != "":
		Redirect(v, v.r, domainURL(found.Domain)+"/verdicts")
		return nil
	}
	status, problem, part := http.StatusOK, "", text
	if strings.Contains(text, "@") {
		_, err := v.desk.Verdict(v.ctx(), v.who, text)
		if status = statuses[operate.KindOf(err)]; status == 0 {
			return err
		}
		if problem, part = sentence(err.Error()), ""; operate.KindOf(err) == operate.Missing {
			problem = "There is no domain " + domainOf(text) + " here. The domains that there are stand below and under Domains."
		}
	}
	data, err := v.cached(l, part)
	if err != nil {
		return err
	}
	data.Search = Field{Name: "q", Label: "Address, domain, or a part of its name", Type: "search", Value: text, Error: problem, Mono: true, Max: 400, Placeholder: "john@example.com"}
	return v.pageAs(status, "cache", &Page{Title: "Cache", Active: "cache", Data: data})
}

// cached says how many verdicts there are of the domains whose names have a part.
func (v *visit) cached(l *List, part string) (*CachePage, error) {
	all, err := v.desk.HeldByDomain(v.ctx(), v.who, part)
	if err != nil {
		return nil, err
	}
	sum := operate.Held{}
	for _, d := range all {
		sum.Valid += d.Valid
		sum.Invalid += d.Invalid
	}
	data := &CachePage{List: l, Rows: all[:min(len(all), heldShown)], Others: max(len(all)-heldShown, 0), Where: "your domains"}
	if v.who.Admin() {
		whole, err := v.desk.HeldAll(v.ctx(), v.who)
		if err != nil {
			return nil, err
		}
		if whole.All() > 0 {
			data.Clear = "/cache/clear"
		}
		if data.Where = "all domains"; part == "" {
			data.Left = max(whole.All()-sum.All(), 0)
			sum = whole
		}
	}
	if part != "" {
		data.Where = "these domains"
	}
	data.Tiles = []Tile{
		{Label: "Cached recipients", Value: Number(int64(sum.All())), Note: "of " + data.Where},
		{Label: "Valid", Value: Number(int64(sum.Valid)), Note: "they exist"},
		{Label: "Invalid", Value: Number(int64(sum.Invalid)), Note: "they do not"},
		{Label: "Domains", Value: Number(int64(len(all))), Note: "that have some"},
	}
	data.None = v.noneCached(l, part)
	return data, nil
}

// noneCached says what to do where no domain has a verdict.
func (v *visit) noneCached(l *List, part string) Empty {
	if part != "" {
		return Empty{Title: "Nothing cached of such a domain", Text: "No domain with such a name has a cached recipient.",
			Links: []Link{{"Show all", l.Clear()}, {"Search the domains", withQuery("/domains", "q", part)}}}
	}
	return Empty{Title: "Nothing is cached", Text: "What destinations say of recipients is kept here as mail comes. Test an address to see how one answers.",
		Links: []Link{{"Test an address", "/test"}, {"See the domains", "/domains"}}}
}
