package web

import (
	"net/netip"
	"strings"
)

func (w *Web) searchRoutes() map[string]action {
	return map[string]action{"GET /search": (*visit).search}
}

// search goes to what was typed: an address, a domain, or the domains that contain it. What can't be a part of a domain's name
// is searched for among the decisions: addresses elsewhere, IP addresses.
func (v *visit) search() error {
	text := strings.TrimSpace(v.r.URL.Query().Get("q"))
	found := v.desk.Find(v.ctx(), v.who, text)
	part := strings.Trim(text, "<>")
	switch {
	case found.Recipient != "":
		Redirect(v, v.r, recipientURL(found.Recipient))
	case found.Domain != "":
		Redirect(v, v.r, domainURL(found.Domain))
	case strings.Contains(part, "@") || isIP(part):
		Redirect(v, v.r, withQuery("/decisions", "q", strings.Trim(part, "[]")))
	default:
		Redirect(v, v.r, withQuery("/domains", "q", part))
	}
	return nil
}

// isIP reports whether a text is an IP address, which may stand in brackets.
func isIP(text string) bool {
	_, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return err == nil
}
