package web

import "strings"

func (w *Web) searchRoutes() map[string]action {
	return map[string]action{"GET /search": (*visit).search}
}

// search goes to what was typed: an address, a domain, or the domains that contain it.
func (v *visit) search() error {
	text := strings.TrimSpace(v.r.URL.Query().Get("q"))
	found := v.desk.Find(v.ctx(), v.who, text)
	switch {
	case found.Recipient != "":
		Redirect(v, v.r, recipientURL(found.Recipient))
	case found.Domain != "":
		Redirect(v, v.r, domainURL(found.Domain))
	default:
		Redirect(v, v.r, withQuery("/domains", "q", strings.Trim(text[strings.LastIndexByte(text, '@')+1:], "<>")))
	}
	return nil
}
